// ConsumerGroupDescribe v0-1 (KIP-848): members, epochs and assignments; from v1 also which members speak the classic protocol.
// Needs DESCRIBE on each group, and on each topic that is assigned in it.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { consumerGroupDescribeApi } from '../../../protocol/messages/index.ts';
import type { ResponseOf } from '../../../protocol/schema/index.ts';
import type { DescribedConsumerGroup, DescribedConsumerMember } from '../../coordination/consumer/describe.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import type { Partitions } from '../../coordination/partitions.ts';
import type { GroupTopics } from '../../coordination/types.ts';
import { authorizedOperations, NOT_ASKED } from '../authorized-operations.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';

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
  return handler(consumerGroupDescribeApi, ({ groupIds, includeAuthorizedOperations }, context) => ({
    groups: groupIds.map((groupId): Described => {
      if (!isEnabled()) return failed(groupId, errorCode.UNSUPPORTED_VERSION);
      if (!context.may('describe', 'group', groupId)) return failed(groupId, errorCode.GROUP_AUTHORIZATION_FAILED);
      if (groupId === '') return failed(groupId, errorCode.INVALID_GROUP_ID);
      const group = coordinator.consumer.describe(groupId);
      if (group === undefined)
        return failed(groupId, errorCode.GROUP_ID_NOT_FOUND, `There is no consumer group '${groupId}'.`);
      if (!maySee(group, topics, context)) return failed(groupId, errorCode.TOPIC_AUTHORIZATION_FAILED);
      const operations = includeAuthorizedOperations ? authorizedOperations(context, 'group', groupId) : NOT_ASKED;
      return { ...described(group, topics), authorizedOperations: operations };
    }),
  }));
}

function failed(groupId: string, code: number, message: string = errorMessage(code)): Described {
  return {
    errorCode: code,
    errorMessage: message,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  };
}

/** False when a topic is assigned in the group, or is to be, that the principal may not describe. */
function maySee(group: DescribedConsumerGroup, topics: GroupTopics, { may }: RequestContext): boolean {
  const ids = group.members.flatMap(({ assignment, target }) => [...assignment.keys(), ...target.keys()]);
  return [...new Set(ids)].every((topicId) => {
    const topic = topics.byId(topicId);
    return topic === undefined || may('describe', 'topic', topic.name);
  });
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
    assignment: { topicPartitions: named(member.assignment, topics) },
    targetAssignment: { topicPartitions: named(member.target, topics) },
    memberType: member.isClassic ? CLASSIC_MEMBER : CONSUMER_MEMBER,
  };
}

function named(partitions: Partitions, topics: GroupTopics): Member['assignment']['topicPartitions'] {
  return [...partitions].flatMap(([topicId, list]) => {
    const topic = topics.byId(topicId);
    return topic === undefined ? [] : [{ topicId, topicName: topic.name, partitions: [...list] }];
  });
}
