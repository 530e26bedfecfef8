import { unreachable } from '../../base/assert.ts';
import { Draft } from './draft.ts';
import { completeJoin, onInitialDelay, onSessionTimeout, onSyncTimeout, prepareRebalance } from './rebalance.ts';
import type { Environment } from '../types.ts';
import type { ClassicStep, ClassicTimerEvent, Group } from './types.ts';

/** A timer of the group fired. */
export function timeout(group: Group, event: ClassicTimerEvent, env: Environment): ClassicStep {
  const draft = new Draft(group, env);
  switch (event.kind) {
    case 'session':
      onSessionTimeout(draft, event.memberId);
      break;
    case 'initial-join':
      onInitialDelay(draft, event.delayMs, event.remainingMs);
      break;
    case 'join':
      completeJoin(draft);
      break;
    case 'sync':
      onSyncTimeout(draft, event.generation);
      break;
    default:
      unreachable(event);
  }
  return draft.finish();
}

/** After a restart: every member gets a whole session to show up; a group over `group.max.size` rebalances. */
export function resume(group: Group, env: Environment): ClassicStep {
  const draft = new Draft(group, env);
  for (const memberId of group.members.keys()) draft.renewSession(memberId);
  if (group.members.size > env.settings.maxSize) prepareRebalance(draft);
  return draft.finish();
}
