/**
 * Fetch v4–18, with incremental sessions from v7 on (KIP-227) and topic ids from v13 on (KIP-516). At least one batch is answered when there is one, even above
 * max bytes; batches go out whole, byte for byte, as slices. A fetch with too little to read waits without polling. As a single broker has no followers,
 * a replica id means nothing; there is no preferred replica. Needs READ on each topic.
 */
import { errorCode } from '../../../protocol/errors.ts';
import { fetchApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log, ReadLease } from '../../log/types.ts';
import {
  FetchReader,
  type FetchLimits,
  type FetchPartition,
  type FetchRound,
  type PartitionResult,
} from '../fetch-read.ts';
import type { FetchSessions } from '../fetch-sessions.ts';
import { type Awaited, waitForBytes } from '../fetch-wait.ts';
import { type Handler, handler } from '../handler.ts';
import type { ClientQuotas } from '../quotas/client-quotas.ts';
import { locate } from '../partitions.ts';

type Request = RequestOf<typeof fetchApi>;
type Response = ResponseOf<typeof fetchApi>;
type TopicResponse = Response['responses'][number];

const TOPIC_IDS_SINCE = 13;
const READ_COMMITTED = 1;

/** Each partition once: of one that is named twice the last counts, as in Apache Kafka. */
function partitionsOf(request: Request): FetchPartition[] {
  const found = new Map<string, FetchPartition>();
  for (const { topic, topicId, partitions } of request.topics) {
    for (const partition of partitions) {
      found.set(`${topic}/${topicId}/${partition.partition}`, {
        topic,
        topicId,
        partition: partition.partition,
        currentLeaderEpoch: partition.currentLeaderEpoch,
        fetchOffset: partition.fetchOffset,
        lastFetchedEpoch: partition.lastFetchedEpoch,
        partitionMaxBytes: partition.partitionMaxBytes,
      });
    }
  }
  return [...found.values()];
}

function partitionResponse(result: PartitionResult): TopicResponse['partitions'][number] {
  const { diverging } = result;
  return {
    partitionIndex: result.request.partition,
    errorCode: result.errorCode,
    highWatermark: result.highWatermark,
    lastStableOffset: result.lastStableOffset,
    logStartOffset: result.logStartOffset,
    abortedTransactions: result.abortedTransactions,
    records: result.chunks,
    ...(diverging === undefined
      ? {}
      : { divergingEpoch: { epoch: diverging.leaderEpoch, endOffset: diverging.endOffset } }),
  };
}

/** What Apache Kafka answers to an isolation level that does not exist. */
function refusal({ topics }: Request): Response {
  const code = errorCode.UNKNOWN_SERVER_ERROR;
  const refused = { errorCode: code, highWatermark: -1, abortedTransactions: null, records: null };
  const responses = topics.map(({ topic, topicId, partitions }) => ({
    topic,
    topicId,
    partitions: partitions.map(({ partition }) => ({ partitionIndex: partition, ...refused })),
  }));
  return { errorCode: code, responses };
}

/** Results of one topic that follow one another share an entry; the order of reading is kept. */
function topicResponses(results: readonly PartitionResult[]): TopicResponse[] {
  const topics: { topic: string; topicId: string; partitions: TopicResponse['partitions'][number][] }[] = [];
  for (const result of results) {
    const { topic, topicId } = result.request;
    const last = topics.at(-1);
    if (last?.topic === topic && last.topicId === topicId) last.partitions.push(partitionResponse(result));
    else topics.push({ topic, topicId, partitions: [partitionResponse(result)] });
  }
  return topics;
}

/** What the handler needs. */
export interface FetchDependencies {
  readonly log: Log;
  readonly reader: FetchReader;
  readonly sessions: FetchSessions;
  readonly clock: Clock;
  readonly quotas: ClientQuotas;
  /** `fetch.max.bytes`. */
  readonly maxBytes: number;
}

function awaited(log: Log, partitions: readonly FetchPartition[], limits: FetchLimits): Awaited[] {
  const found: Awaited[] = [];
  for (const partition of partitions) {
    const located = locate(log, partition, limits.usesTopicIds, limits.mayRead);
    if (located.error !== undefined) continue;
    found.push({ log: located.log, fetchOffset: partition.fetchOffset, maxBytes: partition.partitionMaxBytes });
  }
  return found;
}

export function fetchHandler({ log, reader, sessions, clock, quotas, maxBytes }: FetchDependencies): Handler {
  return handler(fetchApi, async (request, client) => {
    const { apiVersion, signal, afterSent, may } = client;
    if (request.isolationLevel > READ_COMMITTED || request.isolationLevel < 0) return refusal(request);
    const usesTopicIds = apiVersion >= TOPIC_IDS_SINCE;
    const { sessionId, sessionEpoch, forgottenTopicsData } = request;
    const forgotten = forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
      partitions.map((partition) => ({ topic, topicId, partition })),
    );
    const requested = partitionsOf(request);
    const context = sessions.begin({ sessionId, sessionEpoch, usesTopicIds, partitions: requested, forgotten });
    if (context.errorCode !== errorCode.NONE) return { errorCode: context.errorCode, responses: [] };
    const limits: FetchLimits = {
      maxBytes: Math.min(request.maxBytes, maxBytes, quotas.mostFetched(client)),
      isolation: request.isolationLevel === READ_COMMITTED ? 'read_committed' : 'read_uncommitted',
      usesTopicIds,
      mayRead: (topic) => may('read', 'topic', topic),
    };
    const minBytes = Math.min(request.minBytes, limits.maxBytes);
    // Answers are slices of the log's memory: it must hold until they are sent, or never will be.
    const read = (): { lease: ReadLease; reading: Promise<FetchRound> } => {
      const lease = log.beginRead();
      afterSent(() => lease.end());
      return { lease, reading: reader.read(context.partitions, limits, lease) };
    };
    const { lease, reading } = read();
    let round = await reading;
    const enough = round.urgent || round.bytes >= minBytes || context.partitions.length === 0;
    if (!enough && request.maxWaitMs > 0 && !signal.aborted) {
      const waiting = awaited(log, context.partitions, limits);
      // Not over a long wait.
      lease.end();
      const { isolation } = limits;
      await waitForBytes({
        partitions: waiting,
        minBytes,
        isolation,
        maxWaitMs: request.maxWaitMs,
        log,
        clock,
        signal,
      });
      round = await read().reading;
    }
    const { throttleMs: throttleTimeMs, refused } = quotas.fetched(client, round.bytes);
    if (refused) return { throttleTimeMs, errorCode: errorCode.NONE, sessionId: context.nothing(), responses: [] };
    const { error, sessionId: answered, results } = context.answer(round.results);
    return { throttleTimeMs, errorCode: error, sessionId: answered, responses: topicResponses(results) };
  });
}
