// ConsumerGroupHeartbeat v0-1 (KIP-848): a member joins, stays, and learns what it is to have. Regular expressions and member ids
// made by the client from v1. Needs READ on the group and DESCRIBE on the topics named; an expression finds what one may DESCRIBE.
// Without the feature group.version there is no such protocol: UNSUPPORTED_VERSION.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { consumerGroupHeartbeatApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { ConsumerHeartbeat } from '../../coordination/consumer/types.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import type { Partitions } from '../../coordination/partitions.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';

const OWN_MEMBER_ID_SINCE = 1;

type Request = RequestOf<typeof consumerGroupHeartbeatApi>;
type Response = ResponseOf<typeof consumerGroupHeartbeatApi>;

export function consumerGroupHeartbeatHandler(coordinator: GroupCoordinator, isEnabled: () => boolean): Handler {
  return handler(consumerGroupHeartbeatApi, async (request, context): Promise<Response> => {
    const refusal = refusalOf(request, context, isEnabled());
    if (refusal !== undefined) return failed(refusal, errorMessage(refusal));
    const reply = await coordinator.consumer.heartbeat(heartbeatOf(request, context));
    if (reply.error !== 'NONE') {
      const code = errorCode[reply.error];
      return failed(code, reply.message ?? errorMessage(code));
    }
    return {
      errorCode: errorCode.NONE,
      memberId: reply.memberId,
      memberEpoch: reply.epoch,
      heartbeatIntervalMs: reply.heartbeatIntervalMs,
      assignment: reply.assignment && {
        topicPartitions: [...reply.assignment].map(([topicId, partitions]) => ({
          topicId,
          partitions: [...partitions],
        })),
      },
    };
  });
}

const failed = (code: number, message: string): Response => ({
  errorCode: code,
  errorMessage: message,
  memberEpoch: 0,
  heartbeatIntervalMs: 0,
});

function refusalOf(request: Request, { may }: RequestContext, isEnabled: boolean): number | undefined {
  if (!isEnabled) return errorCode.UNSUPPORTED_VERSION;
  if (!may('read', 'group', request.groupId)) return errorCode.GROUP_AUTHORIZATION_FAILED;
  const topics = request.subscribedTopicNames ?? [];
  return topics.every((topic) => may('describe', 'topic', topic)) ? undefined : errorCode.TOPIC_AUTHORIZATION_FAILED;
}

function heartbeatOf(request: Request, context: RequestContext): ConsumerHeartbeat {
  return {
    groupId: request.groupId,
    memberId: request.memberId,
    epoch: request.memberEpoch,
    instanceId: request.instanceId,
    rackId: request.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    topics: request.subscribedTopicNames,
    regex: request.subscribedTopicRegex,
    assignor: request.serverAssignor,
    owned: request.topicPartitions && partitionsOf(request.topicPartitions),
    clientId: context.clientId ?? '',
    clientHost: `/${context.clientHost}`,
    makesOwnId: context.apiVersion >= OWN_MEMBER_ID_SINCE,
    requester: { principal: context.principal, host: context.clientHost },
  };
}

function partitionsOf(topics: readonly { topicId: string; partitions: readonly number[] }[]): Partitions {
  return new Map(topics.map(({ topicId, partitions }) => [topicId, partitions]));
}
