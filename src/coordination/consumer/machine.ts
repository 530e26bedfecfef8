import type { CommitCaller, CommitCheck, FetchCaller, GroupMachine } from '../machine.ts';
import type { GroupError } from '../types.ts';
import { stateOf, subscribedTopics } from './group.ts';
import { decodeGroup, snapshot } from './record.ts';
import { resume, timeout } from './timeouts.ts';
import type { ConsumerGroup, ConsumerMember } from './types.ts';

/** Groups of KIP-848: the broker assigns. */
export const consumerMachine: GroupMachine<ConsumerGroup> = {
  kind: 'consumer',
  decode: decodeGroup,
  snapshot,
  resume,
  timeout,
  list: (group) => ({ state: stateOf(group), protocolType: 'consumer' }),
  validateCommit,
  sessionAfterCommit: () => undefined,
  validateFetch,
  validateOffsetDelete: () => 'NONE',
  validateDelete: ({ members }) => (members.size === 0 ? 'NONE' : 'NON_EMPTY_GROUP'),
  isSubscribed: (group, topic) => subscribedTopics(group).has(topic),
  unusedSince: (_, { commitTimestamp }) => commitTimestamp,
  isDisposable: ({ members }) => members.size === 0,
};

const outdated = ({ classic }: ConsumerMember): GroupError =>
  classic === undefined ? 'STALE_MEMBER_EPOCH' : 'ILLEGAL_GENERATION';

/** A commit with an older epoch counts for the partitions that the member has had since then (KIP-1251). */
function validateCommit(group: ConsumerGroup, caller: CommitCaller): CommitCheck {
  const { generation, memberId, instanceId, transactional, version } = caller;
  if (generation < 0 && group.members.size === 0) return 'NONE';
  // A transactional producer that knows nothing of the group: KIP-447 came later than TxnOffsetCommit.
  if (transactional && generation === -1 && memberId === '' && instanceId === null) return 'NONE';
  const member = group.members.get(memberId);
  if (member === undefined) return 'UNKNOWN_MEMBER_ID';
  if (!transactional && member.classic === undefined && version < 9) return 'UNSUPPORTED_VERSION';
  if (generation === member.epoch) return 'NONE';
  if (generation > member.epoch) return outdated(member);
  return ({ topicId }, partition) => {
    const since = member.assigned.get(topicId)?.get(partition) ?? member.revoking.get(topicId)?.get(partition);
    return since === undefined || generation < since ? outdated(member) : 'NONE';
  };
}

function validateFetch(group: ConsumerGroup, { memberId, generation }: FetchCaller): GroupError {
  if (memberId === null && generation < 0) return 'NONE';
  const member = group.members.get(memberId ?? '');
  if (member === undefined) return 'UNKNOWN_MEMBER_ID';
  return generation === member.epoch ? 'NONE' : outdated(member);
}
