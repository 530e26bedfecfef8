// StreamsGroupHeartbeat v0 (KIP-1071): a member of a Kafka Streams application joins, stays, and learns its tasks; the broker creates the
// application's internal topics, as far as the client's quota of mutations goes. Needs READ on the group, DESCRIBE on the topics of the
// topology, and CREATE for the topics that are missing. Without the feature streams.version there is no such protocol:
// UNSUPPORTED_VERSION. Deviation: the answer to the heartbeat that finds topics missing waits until they are there.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { streamsGroupHeartbeatApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import type { Partitions } from '../../coordination/partitions.ts';
import {
  type InternalTopic,
  STATUS,
  type Status,
  type StreamsHeartbeat,
  type StreamsHeartbeatReply,
} from '../../coordination/streams/types.ts';
import { isInternalName, isTopicName } from '../../log/catalog-names.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';
import { topologyNames, topologyOf } from './streams-topology.ts';

type Request = RequestOf<typeof streamsGroupHeartbeatApi>;
type Response = ResponseOf<typeof streamsGroupHeartbeatApi>;
type TaskIds = { subtopologyId: string; partitions: number[] }[];

/** Creates topics of an application; resolves with why some of them could not be, else empty. */
export type CreateInternalTopics = (topics: readonly InternalTopic[], context: RequestContext) => Promise<string>;

export function streamsGroupHeartbeatHandler(
  coordinator: GroupCoordinator,
  create: CreateInternalTopics,
  isEnabled: () => boolean,
): Handler {
  return handler(streamsGroupHeartbeatApi, async (request, context): Promise<Response> => {
    const refusal = refusalOf(request, context, isEnabled());
    if (refusal !== undefined) return failed(refusal, errorMessage(refusal));
    const reply = await coordinator.streams.heartbeat(heartbeatOf(request, context));
    if (reply.error !== 'NONE') {
      const code = errorCode[reply.error];
      return failed(code, reply.message ?? errorMessage(code));
    }
    const trouble = reply.missingTopics.length === 0 ? '' : await create(reply.missingTopics, context);
    return answered({ ...reply, status: withTrouble(reply.status, trouble) });
  });
}

const NOTHING = {
  heartbeatIntervalMs: 0,
  acceptableRecoveryLag: 0,
  taskOffsetIntervalMs: 0,
  endpointInformationEpoch: 0,
};

const failed = (code: number, message: string): Response => ({
  ...NOTHING,
  errorCode: code,
  errorMessage: message,
  memberId: '',
  memberEpoch: 0,
  status: [],
});

function refusalOf({ groupId, topology }: Request, { may }: RequestContext, isEnabled: boolean): number | undefined {
  if (!isEnabled) return errorCode.UNSUPPORTED_VERSION;
  if (!may('read', 'group', groupId)) return errorCode.GROUP_AUTHORIZATION_FAILED;
  const names = topology === null ? [] : topologyNames(topology);
  if (names.some((name) => isInternalName(name) || !isTopicName(name))) return errorCode.STREAMS_INVALID_TOPOLOGY;
  return names.every((name) => may('describe', 'topic', name)) ? undefined : errorCode.TOPIC_AUTHORIZATION_FAILED;
}

const withTrouble = (status: readonly Status[], trouble: string): readonly Status[] =>
  trouble === ''
    ? status
    : status.map((one) =>
        one.code === STATUS.MISSING_INTERNAL_TOPICS ? { ...one, detail: `${one.detail}; ${trouble}` } : one,
      );

function heartbeatOf(request: Request, context: RequestContext): StreamsHeartbeat {
  const { activeTasks, standbyTasks, warmupTasks, topology, clientTags } = request;
  return {
    groupId: request.groupId,
    memberId: request.memberId,
    epoch: request.memberEpoch,
    endpointEpoch: request.endpointInformationEpoch,
    instanceId: request.instanceId,
    rackId: request.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    topology: topology && topologyOf(topology),
    owned: { active: tasksOf(activeTasks), standby: tasksOf(standbyTasks), warmup: tasksOf(warmupTasks) },
    processId: request.processId,
    endpoint: request.userEndpoint,
    tags: clientTags && Object.fromEntries(clientTags.map(({ key, value }) => [key, value])),
    shutdown: request.shutdownApplication,
    clientId: context.clientId ?? '',
    clientHost: `/${context.clientHost}`,
  };
}

const tasksOf = (tasks: Request['activeTasks']): Partitions | null =>
  tasks && new Map(tasks.map(({ subtopologyId, partitions }) => [subtopologyId, partitions]));

const taskIds = (tasks: Partitions): TaskIds =>
  [...tasks].map(([subtopologyId, partitions]) => ({ subtopologyId, partitions: [...partitions] }));

const topicPartitions = (partitions: Partitions): { topic: string; partitions: number[] }[] =>
  [...partitions].map(([topic, list]) => ({ topic, partitions: [...list] }));

function answered(reply: StreamsHeartbeatReply): Response {
  const { tasks, endpoints } = reply;
  return {
    ...NOTHING,
    errorCode: errorCode.NONE,
    memberId: reply.memberId,
    memberEpoch: reply.epoch,
    heartbeatIntervalMs: reply.heartbeatIntervalMs,
    status: reply.status.map(({ code, detail }) => ({ statusCode: code, statusDetail: detail })),
    activeTasks: tasks && taskIds(tasks.active),
    standbyTasks: tasks && taskIds(tasks.standby),
    warmupTasks: tasks && taskIds(tasks.warmup),
    endpointInformationEpoch: reply.endpointEpoch,
    partitionsByUserEndpoint:
      endpoints &&
      endpoints.map(({ endpoint, active, standby }) => ({
        userEndpoint: endpoint,
        activePartitions: topicPartitions(active),
        standbyPartitions: topicPartitions(standby),
      })),
  };
}
