// ShareGroupDescribe v1 (KIP-932). Needs DESCRIBE on each group, and on every topic of its members: whoever may not see one of them is told
// nothing of the group (KIP-932 as KIP-848).
import { errorCode } from '../../../protocol/errors.ts';
import { shareGroupDescribeApi } from '../../../protocol/messages/index.ts';
import type { ResponseOf } from '../../../protocol/schema/index.ts';
import { type ShareGroup, type ShareMember, stateOf } from '../../coordination/share/group.ts';
import type { ShareGroups } from '../../coordination/share/groups.ts';
import type { GroupTopics } from '../../coordination/types.ts';
import { type Handler, handler } from '../handler.ts';
import { describedGroups, namedPartitions } from './group-describe.ts';

type Described = ResponseOf<typeof shareGroupDescribeApi>['groups'][number];

function describeMember(member: ShareMember, topics: GroupTopics): Described['members'][number] {
  const { memberId, rackId, epoch, clientId, clientHost, subscribedTopicNames, assignment } = member;
  return {
    memberId,
    rackId,
    memberEpoch: epoch,
    clientId,
    clientHost,
    subscribedTopicNames: [...subscribedTopicNames],
    assignment: { topicPartitions: namedPartitions(assignment, topics) },
  };
}

function describe(group: ShareGroup, topics: GroupTopics): Described {
  return {
    errorCode: errorCode.NONE,
    groupId: group.groupId,
    groupState: stateOf(group),
    groupEpoch: group.epoch,
    assignmentEpoch: group.epoch,
    assignorName: 'simple',
    members: [...group.members.values()].map((member) => describeMember(member, topics)),
  };
}

export function shareGroupDescribeHandler(groups: ShareGroups, topics: GroupTopics, isEnabled: () => boolean): Handler {
  return handler(shareGroupDescribeApi, (request, context) => ({
    groups: describedGroups<ShareGroup, Described>(request, context, {
      isEnabled,
      find: (groupId) => groups.group(groupId),
      topicsOf: ({ members }) => [...members.values()].flatMap(({ subscribedTopicNames }) => subscribedTopicNames),
      describe: (group) => describe(group, topics),
      failed: (undescribed) => ({ ...undescribed, assignorName: '' }),
    }),
  }));
}
