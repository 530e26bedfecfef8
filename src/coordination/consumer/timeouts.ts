import { unreachable } from '../../base/assert.ts';
import type { Environment, Step } from '../types.ts';
import { sessionTimeoutMs } from './configs.ts';
import { watchRevocation, watchSession } from '../member-timers.ts';
import { ConsumerDraft } from './draft.ts';
import { fence } from './fence.ts';
import { resolveRegexes } from './regexes.ts';
import type { ConsumerGroup, ConsumerTimerEvent } from './types.ts';

/** A timer of the group fired. */
export function timeout(group: ConsumerGroup, event: ConsumerTimerEvent, env: Environment): Step {
  const draft = new ConsumerDraft(group, env);
  switch (event.kind) {
    case 'session':
    case 'join':
    case 'sync':
      return fence(draft, group.members.has(event.memberId) ? [event.memberId] : []);
    case 'rebalance': {
      // A member that went on to another epoch has given up what it had to.
      const isStuck = group.members.get(event.memberId)?.epoch === event.epoch;
      return fence(draft, isStuck ? [event.memberId] : []);
    }
    case 'regexes':
      resolveRegexes(draft, event.requester);
      return draft.finish();
    default:
      return unreachable(event);
  }
}

/** After a restart: every member gets a whole session to show up, and as long as it was given to give up partitions. */
export function resume(group: ConsumerGroup, env: Environment): Step {
  const draft = new ConsumerDraft(group, env);
  for (const member of group.members.values()) {
    const { memberId, classic, state } = member;
    watchSession(draft, memberId, classic?.sessionTimeoutMs ?? sessionTimeoutMs(env));
    if (state === 'unrevoked' && classic === undefined) watchRevocation(draft, member);
  }
  return draft.finish();
}
