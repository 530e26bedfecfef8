// ConsumerGroupDescribe v0-1 (KIP-848): members, epochs and assignments; from v1 also which members speak the classic protocol.
// Needs DESCRIBE on each group, and on each topic that is assigned in it.
import { errorCode } from '../../../protocol/errors.ts';
import { consumerGroupDescribeApi } from '../../../protocol/messages/index.ts';
import type { ResponseOf } from '../../../protocol/schema/index.ts';
import type { DescribedConsumerGroup, DescribedConsumerMember } from '../../coordination/consumer/describe.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import type { GroupTopics } from '../../coordination/types.ts';
import { type Handler, handler } from '../handler.ts';
import { describedGroups, namedPartitions } from './group-describe.ts';

/** Kinds of members in the response. */
const CLASSIC_MEMBER = 0;
const CONSUMER_MEMBER = 1;

type Described = ResponseOf<typeof consumerGroupDescribeApi>['groups'][number];
type Member = Described['members'][number];

export function consumerGroupDescribeHandler(
  coordinator: GroupCoordinator,
  topics: GroupTopics,
  isEnabled: () => boolean,
): Handler {
  return handler(consumerGroupDescribeApi, (request, context) => ({
    groups: describedGroups<DescribedConsumerGroup, Described>(request, context, {
      isEnabled,
      find: (groupId) => coordinator.consumer.describe(groupId),
      missing: (groupId) => `There is no consumer group '${groupId}'.`,
      topicsOf: (group) => assignedTopics(group, topics),
      describe: (group) => described(group, topics),
      failed: (undescribed) => ({ ...undescribed, assignorName: '' }),
    }),
  }));
}

/** Names of the topics that are assigned in the group, or are to be. */
function assignedTopics({ members }: DescribedConsumerGroup, topics: GroupTopics): string[] {
  const ids = new Set(members.flatMap(({ assignment, target }) => [...assignment.keys(), ...target.keys()]));
  return [...ids].flatMap((topicId) => topics.byId(topicId)?.name ?? []);
}

function described(group: DescribedConsumerGroup, topics: GroupTopics): Described {
  return {
    errorCode: errorCode.NONE,
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.epoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: group.assignor,
    members: group.members.map((member) => describedMember(member, topics)),
  };
}

function describedMember(member: DescribedConsumerMember, topics: GroupTopics): Member {
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.epoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: [...member.topics],
    subscribedTopicRegex: member.regex ?? '',
    assignment: { topicPartitions: namedPartitions(member.assignment, topics) },
    targetAssignment: { topicPartitions: namedPartitions(member.target, topics) },
    memberType: member.isClassic ? CLASSIC_MEMBER : CONSUMER_MEMBER,
  };
}
