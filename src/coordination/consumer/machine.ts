import type { GroupMachine } from '../machine.ts';
import { checkCommitEpoch, checkFetchEpoch, type EpochMembers } from '../member-epochs.ts';
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
  validateCommit: (group, caller) => checkCommitEpoch(epochsOf(group), caller),
  sessionAfterCommit: () => undefined,
  validateFetch: (group, caller) => checkFetchEpoch(epochsOf(group), caller),
  validateOffsetDelete: () => 'NONE',
  validateDelete: ({ members }) => (members.size === 0 ? 'NONE' : 'NON_EMPTY_GROUP'),
  isSubscribed: (group, topic) => subscribedTopics(group).has(topic),
  unusedSince: (_, { commitTimestamp }) => commitTimestamp,
  isDisposable: ({ members }) => members.size === 0,
};

const epochsOf = ({ members }: ConsumerGroup): EpochMembers<ConsumerMember> => ({
  members,
  isClassic: ({ classic }) => classic !== undefined,
  heldSince: ({ assigned, revoking }, { topicId }, partition) =>
    assigned.get(topicId)?.get(partition) ?? revoking.get(topicId)?.get(partition),
});
