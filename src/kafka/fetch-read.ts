import { errorCode } from '../../protocol/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Isolation, Log, PartitionLog, ReadLease, ReadResult } from '../log/types.ts';
import type { MemoryBudget } from './budget.ts';
import { responseErrorOf } from './errors.ts';
import { checkLeaderEpoch, endOfEpoch, type EpochEnd, locate, type TopicRight } from './partitions.ts';

/** What a fetch wants of one partition. */
export interface FetchPartition {
  /** Empty where the version carries ids. */
  readonly topic: string;
  /** All zero where the version carries names. */
  readonly topicId: string;
  readonly partition: number;
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: number;
  readonly lastFetchedEpoch: number;
  readonly partitionMaxBytes: number;
}

/** What one partition answers. */
export interface PartitionResult {
  readonly request: FetchPartition;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly abortedTransactions: ReadResult['abortedTransactions'] | null;
  readonly diverging: EpochEnd | undefined;
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
}

/** One pass over the partitions of a fetch. */
export interface FetchRound {
  readonly results: readonly PartitionResult[];
  readonly bytes: number;
  /** A partition failed or diverged: the client has to know at once. */
  readonly urgent: boolean;
}

export interface FetchLimits {
  readonly maxBytes: number;
  readonly isolation: Isolation;
  readonly usesTopicIds: boolean;
  /** Asked at each reading: what may be read can change while a fetch waits. */
  readonly mayRead: TopicRight;
}

/** Where readable offsets end for a reader. */
export function readableEnd(log: PartitionLog, isolation: Isolation): number {
  return isolation === 'read_committed' ? log.lastStableOffset : log.highWatermark;
}

function failed(request: FetchPartition, code: number): PartitionResult {
  return {
    request,
    errorCode: code,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: null,
    diverging: undefined,
    chunks: [],
    bytes: 0,
  };
}

function withoutData(request: FetchPartition, log: PartitionLog, isolation: Isolation): PartitionResult {
  return {
    request,
    errorCode: errorCode.NONE,
    highWatermark: log.highWatermark,
    lastStableOffset: log.lastStableOffset,
    logStartOffset: log.logStartOffset,
    abortedTransactions: isolation === 'read_committed' ? [] : null,
    diverging: undefined,
    chunks: [],
    bytes: 0,
  };
}

function withData(request: FetchPartition, read: ReadResult, isolation: Isolation): PartitionResult {
  return {
    request,
    errorCode: errorCode.NONE,
    highWatermark: read.highWatermark,
    lastStableOffset: read.lastStableOffset,
    logStartOffset: read.logStartOffset,
    abortedTransactions: isolation === 'read_committed' ? read.abortedTransactions : null,
    diverging: undefined,
    chunks: read.chunks,
    bytes: read.bytes,
  };
}

/**
 * KIP-595: the reader's last epoch ended before the offset that it asks for, so that it holds records which we do not. The end
 * is -1 for an epoch that we have never seen.
 */
function divergence(log: PartitionLog, request: FetchPartition): EpochEnd | undefined {
  if (request.lastFetchedEpoch < 0) return undefined;
  const end = endOfEpoch(log, request.lastFetchedEpoch);
  return end.endOffset < request.fetchOffset || end.leaderEpoch < request.lastFetchedEpoch ? end : undefined;
}

/** Reads of the disk or of objects that one fetch has under way at once: they are waiting, while the thread checks what another one brought. */
const MAX_COLD_READS = 4;

/** Whether a partition has to wait for the reads under way: there are enough of them, or `room` may not be all that is left for it. */
function mustWait(reads: number, maxReads: number, room: number, { partitionMaxBytes }: FetchPartition): boolean {
  return reads > 0 && (reads >= maxReads || room < partitionMaxBytes);
}

/** Reads partitions for fetches. Bytes of cold reads are counted against `memory` while they are held. */
export class FetchReader {
  readonly #log: Log;
  readonly #memory: MemoryBudget;
  readonly #logger: Logger;

  constructor(log: Log, memory: MemoryBudget, logger: Logger) {
    this.#log = log;
    this.#memory = memory;
    this.#logger = logger;
  }

  /**
   * Reads the partitions in order, up to `maxBytes` together, but at least one batch when there is one. When too much is on its way to
   * slow readers already, one batch is all that there is. What is read may be used until `lease` ends.
   */
  async read(partitions: Iterable<FetchPartition>, limits: FetchLimits, lease: ReadLease): Promise<FetchRound> {
    const all = [...partitions];
    const { atOnce, round } = await this.#pass(all, limits, lease, MAX_COLD_READS);
    // Only the first batch of a fetch may be above the limits, and reads that began beside another one kept to them: then one after another.
    return atOnce && round.bytes === 0 ? (await this.#pass(all, limits, lease, 1)).round : round;
  }

  /** One pass over the partitions with at most `maxCold` reads of the disk or of objects at once. `atOnce` says that there were several. */
  async #pass(
    all: readonly FetchPartition[],
    limits: FetchLimits,
    lease: ReadLease,
    maxCold: number,
  ): Promise<{ round: FetchRound; atOnce: boolean }> {
    const results: PartitionResult[] = new Array<PartitionResult>(all.length);
    const cold = new Set<Promise<void>>();
    let [bytes, reserved, atOnce] = [0, 0, false];
    const enter = (at: number, result: PartitionResult): void => {
      results[at] = result;
      bytes += result.bytes;
      this.#memory.take(result.bytes);
    };
    try {
      for (const [at, request] of all.entries()) {
        while (mustWait(cold.size, maxCold, limits.maxBytes - bytes - reserved, request)) await Promise.race(cold);
        const room = this.#memory.exhausted ? 0 : Math.max(0, limits.maxBytes - bytes - reserved);
        const most = Math.max(0, Math.min(request.partitionMaxBytes, room));
        const alone = cold.size === 0;
        const attempt = this.#readOne(request, limits, most, bytes === 0 && alone, lease);
        atOnce ||= !alone;
        // Most reads come from memory: they cost no turn of the event loop.
        if (!(attempt instanceof Promise)) {
          enter(at, attempt);
          continue;
        }
        reserved += most;
        const reading: Promise<void> = this.#cold(attempt, most)
          .then((result) => enter(at, result))
          .finally(() => {
            reserved -= most;
            cold.delete(reading);
          });
        cold.add(reading);
      }
      await Promise.all(cold);
      const urgent = results.some((one) => one.errorCode !== errorCode.NONE || one.diverging !== undefined);
      return { round: { results, bytes, urgent }, atOnce };
    } finally {
      await Promise.allSettled(cold);
      // From here on the connection counts what it sends.
      this.#memory.release(bytes);
    }
  }

  async #cold(attempt: Promise<PartitionResult>, most: number): Promise<PartitionResult> {
    this.#memory.take(most);
    try {
      return await attempt;
    } finally {
      this.#memory.release(most);
    }
  }

  #readOne(
    request: FetchPartition,
    { isolation, usesTopicIds, mayRead }: FetchLimits,
    maxBytes: number,
    atLeastOne: boolean,
    lease: ReadLease,
  ): PartitionResult | Promise<PartitionResult> {
    const located = locate(this.#log, request, usesTopicIds, mayRead);
    if (located.error !== undefined) return failed(request, located.error);
    const { log } = located;
    const epochError = checkLeaderEpoch(log, request.currentLeaderEpoch);
    if (epochError !== errorCode.NONE) return failed(request, epochError);
    const { fetchOffset } = request;
    if (fetchOffset < log.logStartOffset || fetchOffset > log.logEndOffset) {
      return failed(request, errorCode.OFFSET_OUT_OF_RANGE);
    }
    const diverging = divergence(log, request);
    if (diverging?.endOffset === -1) return failed(request, errorCode.OFFSET_OUT_OF_RANGE);
    if (diverging !== undefined) return { ...withoutData(request, log, isolation), diverging };
    // What Apache Kafka answers to it.
    if (request.partitionMaxBytes < 0) return failed(request, errorCode.UNKNOWN_SERVER_ERROR);
    if (fetchOffset >= readableEnd(log, isolation) || (maxBytes === 0 && !atLeastOne)) {
      return withoutData(request, log, isolation);
    }
    const refuse = (error: unknown): PartitionResult => failed(request, responseErrorOf(error, log, this.#logger).code);
    try {
      const read = log.read(fetchOffset, maxBytes, isolation, atLeastOne, lease);
      if (!(read instanceof Promise)) return withData(request, read, isolation);
      return read.then((result) => withData(request, result, isolation), refuse);
    } catch (error) {
      return refuse(error);
    }
  }
}
