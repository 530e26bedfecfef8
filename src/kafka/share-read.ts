import { batchesOf } from '../../protocol/records/index.ts';
import { abortedBatches, archiveAborted, type TransactionalBatch, without } from '../coordination/share/aborted.ts';
import type { PartitionLane } from '../coordination/share/partition-lane.ts';
import type { AcquiredRange } from '../coordination/share/types.ts';
import { type Isolation, LogError, type PartitionLog, type ReadLease, type ReadResult } from '../log/types.ts';

/** One partition of a share fetch. */
export interface SharedPartition {
  readonly topicId: string;
  readonly partition: number;
  readonly log: PartitionLog;
  readonly lane: PartitionLane;
}

/** What a member wants of a partition. */
export interface Wanted {
  readonly memberId: string;
  readonly recordLimit: boolean;
  readonly batchSize: number;
  readonly maxRecords: number;
  readonly maxBytes: number;
  readonly isolation: Isolation;
  readonly atLeastOne: boolean;
  /** It gets records of the partition already. */
  readonly follows: boolean;
}

/** What a member got of a partition: ranges, and the batches that hold them. */
export interface Given {
  readonly ranges: readonly AcquiredRange[];
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
  /** Records, those of aborted transactions included. */
  readonly count: number;
  /** Nothing more of the partition may go out with them. */
  readonly alone: boolean;
}

export const NOTHING: Given = { ranges: [], chunks: [], bytes: 0, count: 0, alone: false };

/** Both together, in this order. */
export function joined(left: Given, right: Given): Given {
  return {
    ranges: [...left.ranges, ...right.ranges],
    chunks: [...left.chunks, ...right.chunks],
    bytes: left.bytes + right.bytes,
    count: left.count + right.count,
    alone: left.alone || right.alone,
  };
}

/** Where a share partition would be read next, or undefined when there is nothing to hand out now. What the log has lost is passed over. */
export function readableFrom({ log, lane }: SharedPartition, isolation: Isolation): number | undefined {
  if (lane.isClosed || lane.reading) return undefined;
  if (log.logStartOffset > lane.partition.start) lane.moveToLogStart(log.logStartOffset);
  if (!lane.canAcquire) return undefined;
  const offset = lane.nextFetchOffset;
  return offset < (isolation === 'read_committed' ? log.lastStableOffset : log.highWatermark) ? offset : undefined;
}

interface Placed extends TransactionalBatch {
  readonly chunk: Uint8Array;
  readonly position: number;
  readonly sizeInBytes: number;
}

function placed(chunks: readonly Uint8Array[]): Placed[] {
  return chunks.flatMap((chunk) =>
    Array.from(
      batchesOf(chunk),
      ({ baseOffset, lastOffset, producerId, isTransactional, isControl, position, sizeInBytes }) => {
        return { baseOffset, lastOffset, producerId, isTransactional, isControl, chunk, position, sizeInBytes };
      },
    ),
  );
}

/** The batches that hold acquired records, as slices of what was read; neighbours stay together. */
function slices(batches: readonly Placed[], ranges: readonly AcquiredRange[]): Uint8Array[] {
  const kept: { chunk: Uint8Array; from: number; to: number }[] = [];
  let at = 0;
  for (const { baseOffset, lastOffset, chunk, position, sizeInBytes } of batches) {
    while (at < ranges.length && ranges[at]!.last < baseOffset) at++;
    const range = ranges[at];
    if (range === undefined) break;
    if (range.first > lastOffset) continue;
    const before = kept.at(-1);
    if (before?.chunk === chunk && before.to === position) before.to += sizeInBytes;
    else kept.push({ chunk, from: position, to: position + sizeInBytes });
  }
  return kept.map(({ chunk, from, to }) => chunk.subarray(from, to));
}

/** Hands what was read at `fetchOffset` to the member. */
function give({ lane }: SharedPartition, fetchOffset: number, read: ReadResult, wanted: Wanted): Given {
  const batches = placed(read.chunks);
  if (batches.length === 0) return NOTHING;
  const { memberId, recordLimit, batchSize, maxRecords, follows } = wanted;
  const acquired = lane.acquire({ memberId, recordLimit, batchSize, maxRecords, follows, fetchOffset, read: batches });
  const aborted = wanted.isolation === 'read_committed' ? abortedBatches(batches, read.abortedTransactions) : [];
  if (aborted.length > 0) lane.settle((partition) => archiveAborted(partition, acquired.ranges, aborted));
  const ranges = aborted.length > 0 ? without(acquired.ranges, aborted) : acquired.ranges;
  const chunks = slices(batches, ranges);
  const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
  return { ranges, chunks, bytes, count: acquired.count, alone: acquired.alone };
}

/**
 * Reads a share partition and hands out what is there. A read from memory is done at once; while one of the disk is under way nobody else
 * reads that partition. Throws and rejects as the log does, but for records that the log lost meanwhile: those are passed over.
 */
export function readAndGive(
  shared: SharedPartition,
  fetchOffset: number,
  wanted: Wanted,
  lease: ReadLease,
  isGone: () => boolean,
): Given | Promise<Given> {
  const { log, lane } = shared;
  // What it held has gone back by now: what it were given would wait for the end of its lock.
  if (isGone()) return NOTHING;
  const lost = (error: unknown): Given => {
    if (!(error instanceof LogError) || error.code !== 'OFFSET_OUT_OF_RANGE') throw error;
    lane.moveToLogStart(log.logStartOffset);
    return NOTHING;
  };
  try {
    const read = log.read(fetchOffset, wanted.maxBytes, wanted.isolation, wanted.atLeastOne, lease);
    if (!(read instanceof Promise)) return give(shared, fetchOffset, read, wanted);
    lane.reading = true;
    return read
      .then((result) => (isGone() ? NOTHING : give(shared, fetchOffset, result, wanted)), lost)
      .finally(() => lane.endReading());
  } catch (error) {
    return lost(error);
  }
}
