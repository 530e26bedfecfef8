import { readCommitted } from '../log/committed-read.ts';
import { LogError, type Log, type PartitionLog } from '../log/types.ts';
import type { LogPiece, PartitionRange, ResolvedTopic } from './messages.ts';

/** Bytes of the log that are on their way to a query at once. */
const READ_BYTES = 1024 * 1024;

/**
 * The offsets of a topic that a query has to read from the log: up to the last stable offset of now, less those that are read elsewhere (below
 * `readFrom`, by partition) and what its bounds leave out.
 */
export async function rangesOf(
  log: Pick<Log, 'partition'>,
  { name, partitions, bounds }: Pick<ResolvedTopic, 'name' | 'partitions' | 'bounds'>,
  readFrom: ReadonlyMap<number, number> = new Map(),
): Promise<PartitionRange[]> {
  const ranges: PartitionRange[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    if (partition < (bounds.partition?.min ?? 0) || partition > (bounds.partition?.max ?? partition)) continue;
    const found = log.partition(name, partition);
    if (found === undefined) continue;
    const to = Math.min(found.lastStableOffset, (bounds.offset?.max ?? Infinity) + 1);
    let from = Math.max(found.logStartOffset, bounds.offset?.min ?? 0, readFrom.get(partition) ?? 0);
    if (from < to) from = Math.max(from, await firstAt(found, bounds.timestamp?.min));
    if (from < to) ranges.push({ partition, from, to });
  }
  return ranges;
}

/** The first offset whose record is not older than `timestamp`: all before it are. */
async function firstAt(partition: PartitionLog, timestamp: number | undefined): Promise<number> {
  if (timestamp === undefined || timestamp <= 0) return 0;
  const found = await partition.findOffset({ timestamp }, 'read_uncommitted');
  return found?.offset ?? Infinity;
}

/** Committed batches from `from` on. */
export async function readPiece(
  log: Pick<Log, 'partition'>,
  { topic, partition, from, to }: PartitionRange & { readonly topic: string },
): Promise<LogPiece> {
  const nothing = (next: number): LogPiece => ({ batches: new Uint8Array(0), aborted: [], next });
  try {
    const read = await readCommitted(log.partition(topic, partition), from, READ_BYTES);
    if ('batches' in read) return { ...read, next: from };
    // Retention came between, or the topic has gone.
    return nothing('logStart' in read ? read.logStart : to);
  } catch (error) {
    // Another topic of the same name, which is shorter.
    if (error instanceof LogError && error.code === 'OFFSET_OUT_OF_RANGE') return nothing(to);
    throw error;
  }
}
