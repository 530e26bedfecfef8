import { unreachable } from '../../base/assert.ts';
import type { Environment, Step } from '../types.ts';
import { sessionTimeoutMs } from './configs.ts';
import { watchRevocation, watchSession } from '../member-timers.ts';
import { StreamsDraft } from './draft.ts';
import { fence } from './heartbeat.ts';
import { updateTarget } from './target.ts';
import type { StreamsGroup, StreamsTimerEvent } from './types.ts';

/** A timer of the group fired. */
export function timeout(group: StreamsGroup, event: StreamsTimerEvent, env: Environment): Step {
  const draft = new StreamsDraft(group, env);
  switch (event.kind) {
    case 'session':
      return group.members.has(event.memberId) ? fence(draft, event.memberId) : draft.finish();
    case 'rebalance': {
      // A member that went on to another epoch has given up what it had to.
      const isStuck = group.members.get(event.memberId)?.epoch === event.epoch;
      return isStuck ? fence(draft, event.memberId) : draft.finish();
    }
    case 'initial':
      draft.change({ isDelayed: false });
      if (group.members.size > 0) updateTarget(draft);
      return draft.finish();
    default:
      return unreachable(event);
  }
}

/** After a restart: every member gets a whole session to show up, and as long as it was given to give up tasks. */
export function resume(group: StreamsGroup, env: Environment): Step {
  const draft = new StreamsDraft(group, env);
  for (const member of group.members.values()) {
    watchSession(draft, member.memberId, sessionTimeoutMs(env));
    if (member.state === 'unrevoked') watchRevocation(draft, member);
  }
  return draft.finish();
}
