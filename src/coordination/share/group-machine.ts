import type { GroupMachine } from '../machine.ts';
import type { Step, TimerEvent } from '../types.ts';
import { type ShareGroup, stateOf } from './group.ts';
import { decodeShareGroup, snapshot } from './group-record.ts';
import { removeMember, renewSession, type SessionEvent } from './heartbeat.ts';

const nothing = (group: ShareGroup): Step => ({ group, replies: [], records: [], timers: [], rebalanced: false });

/** Share groups (KIP-932). They commit no offsets: what is done with, their share partitions know. */
export const shareMachine: GroupMachine<ShareGroup> = {
  kind: 'share',
  decode: decodeShareGroup,
  snapshot,
  resume: (group, env) => ({
    ...nothing(group),
    timers: [...group.members.keys()].map((memberId) => renewSession(memberId, env)),
  }),
  timeout: (group, event: TimerEvent, env) => {
    const { memberId } = event as SessionEvent;
    return group.members.has(memberId) ? removeMember(group, memberId, env) : nothing(group);
  },
  list: (group) => ({ state: stateOf(group), protocolType: 'share' }),
  validateCommit: () => 'GROUP_ID_NOT_FOUND',
  sessionAfterCommit: () => undefined,
  validateFetch: () => 'GROUP_ID_NOT_FOUND',
  validateOffsetDelete: () => 'GROUP_ID_NOT_FOUND',
  validateDelete: (group) => (stateOf(group) === 'Empty' ? 'NONE' : 'NON_EMPTY_GROUP'),
  isSubscribed: () => false,
  unusedSince: () => undefined,
  // Its share partitions are kept until somebody deletes them.
  isDisposable: () => false,
};
