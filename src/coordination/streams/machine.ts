import type { CommitCaller, CommitCheck, FetchCaller, GroupMachine } from '../machine.ts';
import type { GroupError } from '../types.ts';
import { inputsOf, stateOf } from './group.ts';
import { decodeGroup, snapshot } from './record.ts';
import { resume, timeout } from './timeouts.ts';
import type { StreamsGroup, StreamsMember } from './types.ts';

/** Groups of KIP-1071: the broker assigns the tasks of a Kafka Streams application. */
export const streamsMachine: GroupMachine<StreamsGroup> = {
  kind: 'streams',
  decode: decodeGroup,
  snapshot,
  resume,
  timeout,
  list: (group) => ({ state: stateOf(group), protocolType: 'streams' }),
  validateCommit,
  sessionAfterCommit: () => undefined,
  validateFetch,
  validateOffsetDelete: () => 'NONE',
  validateDelete: ({ members }) => (members.size === 0 ? 'NONE' : 'NON_EMPTY_GROUP'),
  isSubscribed: ({ members, topology }, topic) =>
    members.size > 0 && topology?.subtopologies.some((one) => inputsOf(one).includes(topic)) === true,
  unusedSince: (_, { commitTimestamp }) => commitTimestamp,
  isDisposable: ({ members }) => members.size === 0,
};

function validateCommit(group: StreamsGroup, caller: CommitCaller): CommitCheck {
  const { generation, memberId, instanceId, transactional, version } = caller;
  if (generation < 0 && group.members.size === 0) return 'NONE';
  if (transactional && generation === -1 && memberId === '' && instanceId === null) return 'NONE';
  const member = group.members.get(memberId);
  if (member === undefined) return 'UNKNOWN_MEMBER_ID';
  if (!transactional && version < 9) return 'UNSUPPORTED_VERSION';
  if (generation === member.epoch) return 'NONE';
  if (generation > member.epoch) return 'STALE_MEMBER_EPOCH';
  return ({ topic }, partition) => {
    const since = activeSince(group, member, topic, partition);
    return since === undefined || generation < since ? 'STALE_MEMBER_EPOCH' : 'NONE';
  };
}

/** The epoch since which the member has had the task that reads the partition. */
function activeSince(group: StreamsGroup, member: StreamsMember, topic: string, partition: number): number | undefined {
  const readers = group.topology?.subtopologies.filter((one) => inputsOf(one).includes(topic)) ?? [];
  for (const { id } of readers) {
    const since = member.assigned.active.get(id)?.get(partition) ?? member.revoking.active.get(id)?.get(partition);
    if (since !== undefined) return since;
  }
  return undefined;
}

function validateFetch(group: StreamsGroup, { memberId, generation }: FetchCaller): GroupError {
  if (memberId === null && generation < 0) return 'NONE';
  const member = group.members.get(memberId ?? '');
  if (member === undefined) return 'UNKNOWN_MEMBER_ID';
  return generation === member.epoch ? 'NONE' : 'STALE_MEMBER_EPOCH';
}
