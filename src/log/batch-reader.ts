import { copyOf } from '../base/bytes.ts';
import type { Logger } from '../base/logger.ts';
import type { Part, WalPartition } from '../wal/partition.ts';
import type { Wal } from '../wal/wal.ts';
import { isEmptyBatch, lastOffsetOf } from './batch-fields.ts';
import type { ColdData } from './options.ts';
import type { PartitionTail } from './tail.ts';
import type { Take } from '../objects/types.ts';
import { LogError } from './types.ts';

const ownMemory: Take = (size) => Buffer.allocUnsafeSlow(size);

/** A part of the WAL may go while it is being looked up; more often than this it is a fault of ours. */
const MAX_LOOKUPS = 8;

/** The three places where the batches of a partition are. */
export interface BatchSources {
  readonly topicId: string;
  readonly partition: number;
  readonly tail: PartitionTail;
  readonly wal: Wal;
  readonly walPartition: WalPartition;
  readonly cold: ColdData;
  readonly logger: Logger;
}

/** What a read is asked for. */
export interface BatchRead {
  readonly offset: number;
  /** Only batches that end before this offset. */
  readonly below: number;
  readonly maxBytes: number;
  readonly atLeastOne: boolean;
  /** Memory for what is read of disk or packs; without it they are the caller's own. */
  readonly take?: Take | undefined;
}

/**
 * Batches from the tail, or undefined when it does not reach back to the offset. Its memory is filled again: where no lease holds it the batches are
 * copies.
 */
export function readTail({ tail }: BatchSources, read: BatchRead, leased = false): readonly Uint8Array[] | undefined {
  const found = tail.read(read.offset, read.below, read.maxBytes, read.atLeastOne);
  return leased ? found : found?.map(copyOf);
}

/**
 * Batches that are no longer in the tail: from the WAL, or else from packs. One read takes from one place; the next goes on at the next offset, wherever
 * that is then. Rejects with LogError KAFKA_STORAGE_ERROR.
 */
export function readStored(sources: BatchSources, read: BatchRead): Promise<readonly Uint8Array[]> {
  return orStorageError(sources, () => lookUp(sources, read));
}

/** What `task` gives; every error but the log's own is logged and becomes KAFKA_STORAGE_ERROR. */
export async function orStorageError<T>(sources: BatchSources, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (cause) {
    if (cause instanceof LogError) throw cause;
    const { topicId, partition, logger } = sources;
    logger.error({ err: cause, topicId, partition }, 'cannot read stored batches');
    throw new LogError('KAFKA_STORAGE_ERROR', `stored batches of partition ${partition} cannot be read`, { cause });
  }
}

async function lookUp(sources: BatchSources, read: BatchRead): Promise<readonly Uint8Array[]> {
  let { offset, maxBytes } = read;
  // A client that is given nothing but batches without records may ask for them again for ever: what comes behind them is given, too.
  const before: Uint8Array[] = [];
  const behind = (found: readonly Uint8Array[]): readonly Uint8Array[] =>
    before.length === 0 ? found : [...before, ...found];
  for (let attempt = 0; attempt < MAX_LOOKUPS && offset < read.below; attempt++) {
    const cached = readTail(sources, { ...read, offset, maxBytes });
    if (cached !== undefined) return behind(cached);
    const part = sources.walPartition.partAt(offset);
    if (part !== undefined && part.baseOffset <= offset) {
      const found = await fromWal(sources, part, { ...read, offset, maxBytes });
      if (Array.isArray(found)) return behind(found);
      if (found > offset) attempt = 0;
      offset = found;
      continue;
    }
    const below = Math.min(read.below, part?.baseOffset ?? read.below);
    const found = await fromCold(sources, { ...read, offset, maxBytes, below });
    if (found !== undefined) {
      maxBytes -= found.reduce((bytes, batch) => bytes + batch.length, 0);
      if (found.length === 0 || maxBytes <= 0 || !found.every(isEmptyBatch)) return behind(found);
      before.push(...found);
      offset = lastOffsetOf(found.at(-1)!) + 1;
      attempt = 0;
      continue;
    }
    // Nothing holds the offsets up to the next part of the WAL: they were corrupt, or deleted.
    if (part === undefined) break;
    offset = part.baseOffset;
  }
  if (offset >= read.below || before.length > 0) return before;
  throw new LogError('KAFKA_STORAGE_ERROR', `nothing holds the offsets from ${offset} on`);
}

/** Batches of a part, or the offset at which to look again. */
async function fromWal(sources: BatchSources, part: Part, read: BatchRead): Promise<Uint8Array[] | number> {
  const { wal, walPartition } = sources;
  const index = wal.index(part);
  if (index === undefined) return read.offset;
  const from = index.find(read.offset);
  if (from === index.count) return part.lastOffset + 1;
  const { maxBytes, below, atLeastOne, take = ownMemory } = read;
  const found = await wal.read(walPartition, part, { from, maxBytes, below, atLeastOne, take });
  if (found === undefined) return read.offset;
  const allBad = found.batches.length === 0 && found.seen > 0;
  return allBad ? index.lastOffset(from + found.seen - 1) + 1 : found.batches;
}

/** Batches of a pack that end before `below`; undefined when packs hold nothing there. */
async function fromCold(sources: BatchSources, read: BatchRead): Promise<readonly Uint8Array[] | undefined> {
  const { cold, topicId, partition } = sources;
  const found = await cold.read(topicId, partition, read.offset, read.maxBytes, read.take);
  if (found === undefined) return undefined;
  if (found.nextOffset <= read.below) {
    const first = found.batches[0]?.length ?? 0;
    return first > read.maxBytes && !read.atLeastOne ? [] : found.batches;
  }
  const inside = found.batches.filter((batch) => lastOffsetOf(batch) < read.below);
  return inside.length > 0 ? inside : undefined;
}
