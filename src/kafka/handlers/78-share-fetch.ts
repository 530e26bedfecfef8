// ShareFetch v1-2 (KIP-932): records for a member of a share group, by a share session, with acknowledgements of earlier ones. v2 has record limits (KIP-1206)
// and renewal of locks (KIP-1222). Needs READ on the group and the topics. Only batches with acquired records are answered, as slices; a fetch with nothing
// to hand out waits without polling. Unknown topic ids are refused one by one with UNKNOWN_TOPIC_ID, where Kafka 4.3.1 fails the whole request with
// UNKNOWN_SERVER_ERROR. A group that never subscribed the topic is answered with UNKNOWN_SERVER_ERROR, as by Kafka.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { shareFetchApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { ShareCoordinator } from '../../coordination/share/coordinator.ts';
import { FINAL_EPOCH, type SessionPartition, type ShareSession } from '../../coordination/share/sessions.ts';
import type { Log } from '../../log/types.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';
import { locate } from '../partitions.ts';
import { type Acknowledger, type AcknowledgeResult, acknowledges } from '../share-acknowledgements.ts';
import type { ShareFetcher, ShareFetchRequest, ShareResult } from '../share-fetch.ts';
import { NOTHING } from '../share-read.ts';
import { checkMember, endWithConnection } from '../share-session.ts';

type Request = RequestOf<typeof shareFetchApi>;
type Response = ResponseOf<typeof shareFetchApi>;
type PartitionResponse = Response['responses'][number]['partitions'][number];

const RECORD_LIMIT = 1;

/** What the handler needs. */
export interface ShareFetchHandlerDependencies {
  readonly share: ShareCoordinator;
  readonly fetcher: ShareFetcher;
  readonly acknowledger: Acknowledger;
  readonly log: Log;
  /** `fetch.max.bytes`. */
  readonly maxBytes: number;
  /** Whether share groups are switched on. */
  readonly isOn: () => boolean;
}

function failed(code: number): Response {
  return {
    errorCode: code,
    errorMessage: errorMessage(code),
    acquisitionLockTimeoutMs: 0,
    responses: [],
    nodeEndpoints: [],
  };
}

/** A request that renews locks fetches nothing (KIP-1222). */
function checkRenewal({ isRenewAck, maxBytes, minBytes, maxRecords, maxWaitMs }: Request): number {
  const fetches = maxBytes !== 0 || minBytes !== 0 || maxRecords !== 0 || maxWaitMs !== 0;
  return isRenewAck && fetches ? errorCode.INVALID_REQUEST : errorCode.NONE;
}

/** Partitions of the session that exist and may be read, and why the others are not. */
function readable(
  log: Log,
  session: ShareSession,
  { may }: RequestContext,
): { partitions: ShareFetchRequest['partitions'][number][]; refused: ShareResult[] } {
  const partitions: ShareFetchRequest['partitions'][number][] = [];
  const refused: ShareResult[] = [];
  const mayRead = (topic: string): boolean => may('read', 'topic', topic);
  for (const { topicId, partition } of session.partitions.values()) {
    const located = locate(log, { topic: '', topicId, partition }, true, mayRead);
    if (located.error === undefined) partitions.push({ topicId, partition, log: located.log });
    else refused.push({ topicId, partition, errorCode: located.error, given: NOTHING });
  }
  return { partitions, refused };
}

/** Each request begins with another partition, so that none starves. */
function rotated<T>(all: readonly T[], epoch: number): T[] {
  const by = all.length === 0 ? 0 : epoch % all.length;
  return [...all.slice(by), ...all.slice(0, by)];
}

function fetchResponse({ partition, errorCode: code, given }: ShareResult): PartitionResponse {
  return {
    partitionIndex: partition,
    errorCode: code,
    acknowledgeErrorCode: errorCode.NONE,
    currentLeader: { leaderId: 0, leaderEpoch: 0 },
    records: given.chunks,
    acquiredRecords: given.ranges.map(({ first, last, deliveryCount }) => ({
      firstOffset: first,
      lastOffset: last,
      deliveryCount,
    })),
  };
}

/** What was fetched and what was acknowledged, together by topic and partition. */
function responses(fetched: readonly ShareResult[], acknowledged: readonly AcknowledgeResult[]): Response['responses'] {
  const topics = new Map<string, Map<number, PartitionResponse>>();
  const partitionsOf = (topicId: string): Map<number, PartitionResponse> => {
    const known = topics.get(topicId) ?? new Map<number, PartitionResponse>();
    topics.set(topicId, known);
    return known;
  };
  for (const one of fetched) partitionsOf(one.topicId).set(one.partition, fetchResponse(one));
  for (const { topicId, partition, errorCode: code, errorMessage: message } of acknowledged) {
    const partitions = partitionsOf(topicId);
    const response = partitions.get(partition) ?? fetchResponse({ topicId, partition, errorCode: 0, given: NOTHING });
    partitions.set(partition, { ...response, acknowledgeErrorCode: code, acknowledgeErrorMessage: message });
  }
  return [...topics].map(([topicId, partitions]) => ({ topicId, partitions: [...partitions.values()] }));
}

const partitionsOf = (topics: Request['topics']): SessionPartition[] =>
  topics.flatMap(({ topicId, partitions }) => partitions.map((one) => ({ topicId, partition: one.partitionIndex })));

const forgottenOf = (topics: Request['forgottenTopicsData']): SessionPartition[] =>
  topics.flatMap(({ topicId, partitions }) => partitions.map((partition) => ({ topicId, partition })));

export function shareFetchHandler(deps: ShareFetchHandlerDependencies): Handler {
  const { share, fetcher, acknowledger, log, maxBytes, isOn } = deps;
  return handler(shareFetchApi, async (request, context) => {
    const { shareSessionEpoch: epoch, topics } = request;
    if (!isOn()) return failed(errorCode.UNSUPPORTED_VERSION);
    const member = checkMember(request, context);
    if (member.error !== undefined) return failed(member.error);
    const wrong = checkRenewal(request);
    if (wrong !== errorCode.NONE) return failed(wrong);
    const { groupId, memberId } = member;
    const asked = { groupId, memberId, connectionId: context.connectionId, epoch };
    const added = partitionsOf(topics);
    const session = share.sessions.fetch(asked, added, forgottenOf(request.forgottenTopicsData), acknowledges(topics));
    if (typeof session === 'string') return failed(errorCode[session]);
    if (epoch === 0) endWithConnection(share, context);
    const config = share.config(groupId);
    const acknowledging = acknowledges(topics)
      ? acknowledger.acknowledge(session, topics, request.isRenewAck, context.may)
      : Promise.resolve([]);
    const done = await acknowledging;
    const fetched = epoch === FINAL_EPOCH ? [] : await fetchFor(session);
    if (epoch === FINAL_EPOCH) void share.endSession(session);
    return {
      errorCode: errorCode.NONE,
      acquisitionLockTimeoutMs: config.lockMs,
      responses: responses(fetched, done),
      nodeEndpoints: [],
    };

    async function fetchFor(current: ShareSession): Promise<ShareResult[]> {
      const { partitions, refused } = readable(log, current, context);
      const results = await fetcher.fetch({
        groupId,
        memberId,
        partitions: rotated(partitions, epoch),
        isolation: config.isolation,
        maxWaitMs: refused.length > 0 || done.length > 0 ? 0 : request.maxWaitMs,
        minBytes: Math.min(request.minBytes, request.maxBytes, maxBytes),
        maxBytes: Math.min(request.maxBytes, maxBytes),
        maxRecords: request.maxRecords,
        batchSize: request.batchSize,
        recordLimit: request.shareAcquireMode === RECORD_LIMIT,
        signal: context.signal,
        beginRead: () => {
          const lease = log.beginRead();
          context.afterSent(() => lease.end());
          return lease;
        },
      });
      return [...refused, ...results];
    }
  });
}
