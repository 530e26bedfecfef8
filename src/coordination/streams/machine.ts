import type { GroupMachine } from '../machine.ts';
import { checkCommitEpoch, checkFetchEpoch, type EpochMembers } from '../member-epochs.ts';
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
  validateCommit: (group, caller) => checkCommitEpoch(epochsOf(group), caller),
  sessionAfterCommit: () => undefined,
  validateFetch: (group, caller) => checkFetchEpoch(epochsOf(group), caller),
  validateOffsetDelete: () => 'NONE',
  validateDelete: ({ members }) => (members.size === 0 ? 'NONE' : 'NON_EMPTY_GROUP'),
  isSubscribed: ({ members, topology }, topic) =>
    members.size > 0 && topology?.subtopologies.some((one) => inputsOf(one).includes(topic)) === true,
  unusedSince: (_, { commitTimestamp }) => commitTimestamp,
  isDisposable: ({ members }) => members.size === 0,
};

const epochsOf = (group: StreamsGroup): EpochMembers<StreamsMember> => ({
  members: group.members,
  isClassic: () => false,
  heldSince: (member, { topic }, partition) => activeSince(group, member, topic, partition),
});

/** The epoch since which the member has had the task that reads the partition. */
function activeSince(group: StreamsGroup, member: StreamsMember, topic: string, partition: number): number | undefined {
  const readers = group.topology?.subtopologies.filter((one) => inputsOf(one).includes(topic)) ?? [];
  for (const { id } of readers) {
    const since = member.assigned.active.get(id)?.get(partition) ?? member.revoking.active.get(id)?.get(partition);
    if (since !== undefined) return since;
  }
  return undefined;
}
