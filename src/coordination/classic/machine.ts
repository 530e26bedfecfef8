import type { CommitCaller, GroupMachine } from '../machine.ts';
import type { CommittedOffset, GroupError } from '../types.ts';
import { sessionTimer } from './draft.ts';
import { isSubscribedTo, usesConsumerProtocol, validateMember } from './group.ts';
import { decodeGroup } from './record.ts';
import { resume, timeout } from './timeouts.ts';
import type { Group } from './types.ts';

/** Groups whose members agree among themselves; also those that only hold offsets. */
export const classicMachine: GroupMachine<Group> = {
  kind: 'classic',
  decode: ({ groupId, state }) => decodeGroup(groupId, state),
  resume,
  timeout,
  list: ({ state, protocolType }) => ({ state, protocolType: protocolType ?? '' }),
  validateCommit,
  sessionAfterCommit(group, memberId) {
    const member = group.members.get(memberId);
    if (member === undefined) return undefined;
    return { key: sessionTimer(memberId), delayMs: member.sessionTimeoutMs, event: { kind: 'session', memberId } };
  },
  validateFetch: () => 'NONE',
  validateOffsetDelete: (group) =>
    group.state === 'Empty' || usesConsumerProtocol(group) ? 'NONE' : 'NON_EMPTY_GROUP',
  validateDelete: ({ state }) => (state === 'Empty' ? 'NONE' : 'NON_EMPTY_GROUP'),
  isSubscribed: isSubscribedTo,
  unusedSince,
  isDisposable: ({ state, pendingJoin }) => state === 'Empty' && pendingJoin.size === 0,
};

function validateCommit(group: Group, caller: CommitCaller): GroupError {
  const { generation, memberId, instanceId, transactional } = caller;
  if (generation < 0 && group.state === 'Empty') return 'NONE';
  // Older versions of TxnOffsetCommit do not tell the member.
  if (generation < 0 && memberId === '' && instanceId === null) return transactional ? 'NONE' : 'UNKNOWN_MEMBER_ID';
  const error = validateMember(group, memberId, instanceId);
  if (error !== 'NONE') return error;
  if (generation !== group.generation) return 'ILLEGAL_GENERATION';
  return !transactional && group.state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
}

function unusedSince(group: Group, offset: CommittedOffset): number | undefined {
  if (group.protocolType === null) return offset.commitTimestamp;
  if (group.state === 'Empty') return group.stateTimestamp;
  if (group.state === 'Stable' && usesConsumerProtocol(group) && group.subscribedTopics !== null)
    return offset.commitTimestamp;
  return undefined;
}
