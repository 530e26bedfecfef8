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
import type { ClientQuotas } from '../quotas/client-quotas.ts';
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
  readonly quotas: ClientQuotas;
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

/** Reads the partitions of the session. Answers are slices of the log's memory: it must hold until they are sent, or never will be. */
async function fetchFor(
  session: ShareSession,
  request: Request,
  context: RequestContext,
  { share, fetcher, log, quotas, maxBytes }: ShareFetchHandlerDependencies,
): Promise<ShareResult[]> {
  const { partitions, refused } = readable(log, session, context);
  const most = Math.min(request.maxBytes, maxBytes, quotas.mostFetched(context));
  const { groupId, memberId } = session;
  const results = await fetcher.fetch({
    groupId,
    memberId,
    partitions: rotated(partitions, Math.max(0, request.shareSessionEpoch)),
    isolation: share.config(groupId).isolation,
    maxWaitMs: refused.length > 0 ? 0 : request.maxWaitMs,
    minBytes: Math.min(request.minBytes, most),
    maxBytes: most,
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

/** The session of the request, or the code why it has none. */
function sessionOf(share: ShareCoordinator, request: Request, context: RequestContext): ShareSession | number {
  const member = checkMember(request, context);
  if (member.error !== undefined) return member.error;
  const wrong = checkRenewal(request);
  if (wrong !== errorCode.NONE) return wrong;
  const { groupId, memberId } = member;
  const { shareSessionEpoch: epoch, topics } = request;
  const asked = { groupId, memberId, connectionId: context.connectionId, epoch };
  const forgotten = forgottenOf(request.forgottenTopicsData);
  const session = share.sessions.fetch(asked, partitionsOf(topics), forgotten, acknowledges(topics));
  if (typeof session === 'string') return errorCode[session];
  endWithConnection(share, context);
  return session;
}

export function shareFetchHandler(deps: ShareFetchHandlerDependencies): Handler {
  const { share, acknowledger, quotas, isOn } = deps;
  return handler(shareFetchApi, async (request, context) => {
    if (!isOn()) return failed(errorCode.UNSUPPORTED_VERSION);
    const session = sessionOf(share, request, context);
    if (typeof session === 'number') return failed(session);
    const done = acknowledges(request.topics)
      ? await acknowledger.acknowledge(session, request.topics, request.isRenewAck, context.may)
      : [];
    const isLast = request.shareSessionEpoch === FINAL_EPOCH;
    // Who is above its quota is given nothing: what is handed out must reach it.
    const quiet = quotas.fetched(context, 0);
    const fetched = isLast || quiet.refused ? [] : await fetchFor(session, request, context, deps);
    const bytes = fetched.reduce((sum, { given }) => sum + given.bytes, 0);
    if (isLast) void share.endSession(session);
    return {
      throttleTimeMs: quiet.refused ? quiet.throttleMs : quotas.handedOut(context, bytes),
      errorCode: errorCode.NONE,
      acquisitionLockTimeoutMs: share.config(session.groupId).lockMs,
      responses: responses(fetched, done),
      nodeEndpoints: [],
    };
  });
}
