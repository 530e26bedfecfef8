// ShareGroupHeartbeat v1 (KIP-932): joins, stays in and leaves a share group; answers the member's partitions where they are news.
// Needs READ on the group and DESCRIBE on the topics that are subscribed. A first answer has the partitions already, where Kafka still prepares
// them and tells them with a later one.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { shareGroupHeartbeatApi } from '../../../protocol/messages/index.ts';
import type { ResponseOf } from '../../../protocol/schema/index.ts';
import type { ShareGroups } from '../../coordination/share/groups.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';

type Response = ResponseOf<typeof shareGroupHeartbeatApi>;

function failed(code: number): Response {
  return { errorCode: code, errorMessage: errorMessage(code), memberEpoch: 0, heartbeatIntervalMs: 0 };
}

function refusal(groupId: string, topics: readonly string[] | null, { may }: RequestContext): number {
  if (!may('read', 'group', groupId)) return errorCode.GROUP_AUTHORIZATION_FAILED;
  const isVisible = topics === null || topics.every((topic) => may('describe', 'topic', topic));
  return isVisible ? errorCode.NONE : errorCode.TOPIC_AUTHORIZATION_FAILED;
}

export function shareGroupHeartbeatHandler(groups: ShareGroups, isOn: () => boolean): Handler {
  return handler(shareGroupHeartbeatApi, async (request, context) => {
    const { groupId, memberId, memberEpoch, rackId, subscribedTopicNames } = request;
    if (!isOn()) return failed(errorCode.UNSUPPORTED_VERSION);
    const refused = refusal(groupId, subscribedTopicNames, context);
    if (refused !== errorCode.NONE) return failed(refused);
    const reply = await groups.heartbeat({
      groupId,
      memberId,
      memberEpoch,
      rackId,
      clientId: context.clientId ?? '',
      clientHost: `/${context.clientHost}`,
      subscribedTopicNames,
    });
    if (reply.error !== 'NONE') return failed(errorCode[reply.error]);
    const { assignment } = reply;
    return {
      errorCode: errorCode.NONE,
      memberId,
      memberEpoch: reply.memberEpoch,
      heartbeatIntervalMs: reply.heartbeatIntervalMs,
      assignment:
        assignment === null
          ? null
          : {
              topicPartitions: [...assignment].map(([topicId, partitions]) => ({
                topicId,
                partitions: [...partitions],
              })),
            },
    };
  });
}
