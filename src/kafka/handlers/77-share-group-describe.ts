// ShareGroupDescribe v1 (KIP-932). Needs DESCRIBE on each group, and on every topic of its members: whoever may not see one of them is told
// nothing of the group (KIP-932 as KIP-848).
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { shareGroupDescribeApi } from '../../../protocol/messages/index.ts';
import type { ResponseOf } from '../../../protocol/schema/index.ts';
import { type ShareGroup, type ShareMember, stateOf } from '../../coordination/share/group.ts';
import type { ShareGroups } from '../../coordination/share/groups.ts';
import type { GroupTopics } from '../../coordination/types.ts';
import { authorizedOperations, NOT_ASKED } from '../authorized-operations.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';

type Described = ResponseOf<typeof shareGroupDescribeApi>['groups'][number];

function failed(groupId: string, code: number): Described {
  return {
    errorCode: code,
    errorMessage: errorMessage(code),
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  };
}

function describeMember(member: ShareMember, topics: GroupTopics): Described['members'][number] {
  const { memberId, rackId, epoch, clientId, clientHost, subscribedTopicNames, assignment } = member;
  const topicPartitions = [...assignment].flatMap(([topicId, partitions]) => {
    const topic = topics.byId(topicId);
    return topic === undefined ? [] : [{ topicId, topicName: topic.name, partitions: [...partitions] }];
  });
  return {
    memberId,
    rackId,
    memberEpoch: epoch,
    clientId,
    clientHost,
    subscribedTopicNames: [...subscribedTopicNames],
    assignment: { topicPartitions },
  };
}

function maySee({ members }: ShareGroup, { may }: RequestContext): boolean {
  const names = new Set([...members.values()].flatMap(({ subscribedTopicNames }) => subscribedTopicNames));
  return [...names].every((name) => may('describe', 'topic', name));
}

export function shareGroupDescribeHandler(groups: ShareGroups, topics: GroupTopics, isOn: () => boolean): Handler {
  return handler(shareGroupDescribeApi, ({ groupIds, includeAuthorizedOperations }, context) => ({
    groups: groupIds.map((groupId): Described => {
      if (!isOn()) return failed(groupId, errorCode.UNSUPPORTED_VERSION);
      if (!context.may('describe', 'group', groupId)) return failed(groupId, errorCode.GROUP_AUTHORIZATION_FAILED);
      if (groupId === '') return failed(groupId, errorCode.INVALID_GROUP_ID);
      const group = groups.group(groupId);
      if (group === undefined) return failed(groupId, errorCode.GROUP_ID_NOT_FOUND);
      if (!maySee(group, context)) return failed(groupId, errorCode.TOPIC_AUTHORIZATION_FAILED);
      return {
        errorCode: errorCode.NONE,
        groupId,
        groupState: stateOf(group),
        groupEpoch: group.epoch,
        assignmentEpoch: group.epoch,
        assignorName: 'simple',
        members: [...group.members.values()].map((member) => describeMember(member, topics)),
        authorizedOperations: includeAuthorizedOperations ? authorizedOperations(context, 'group', groupId) : NOT_ASKED,
      };
    }),
  }));
}
