import { type Codecs, decodeRecords } from '../../protocol/records/index.ts';
import type { BatchIndex } from '../wal/batch-index.ts';
import type { Part } from '../wal/partition.ts';
import { lastOffsetOf, leaderEpochOf } from './batch-fields.ts';
import { type BatchSources, readStored, readTail } from './batch-reader.ts';
import { LogError, type TimestampOffset } from './types.ts';

/** What a lookup by time may see: offsets in [from, below). */
export interface TimeBounds {
  readonly from: number;
  readonly below: number;
  readonly codecs: Codecs;
  readonly decompressedLimitBytes: number;
}

/** The first record of a batch, within the bounds, whose timestamp is at least `timestamp`. */
function findInBatch(batch: Uint8Array, timestamp: number, bounds: TimeBounds): TimestampOffset | undefined {
  let found: TimestampOffset | undefined;
  decodeRecords(batch, bounds.codecs, bounds.decompressedLimitBytes, (record) => {
    if (record.offset >= bounds.below) return false;
    if (record.offset < bounds.from || record.timestamp < timestamp) return true;
    found = { timestamp: record.timestamp, offset: record.offset, leaderEpoch: leaderEpochOf(batch) };
    return false;
  });
  return found;
}

/** The first batch at or after `offset`; undefined when there is none below the bound. */
async function batchAt(sources: BatchSources, offset: number, below: number): Promise<Uint8Array | undefined> {
  const wanted = { offset, below, maxBytes: 0, atLeastOne: true };
  const batches = readTail(sources, wanted) ?? (await readStored(sources, wanted));
  return batches[0];
}

/** Segments may go while a lookup is under way; more often than this it is a fault of ours. */
const MAX_LOOKUPS = 16;

/**
 * What `task` finds while no part of the WAL goes. One that goes is in a pack by then, but the task may have looked there before that: it is
 * done again.
 */
async function whileSteady<T>(sources: BatchSources, task: () => Promise<T>): Promise<T> {
  for (let attempt = 0; attempt < MAX_LOOKUPS; attempt++) {
    const { parts } = sources.walPartition;
    const found = await task();
    if (sources.walPartition.parts === parts) return found;
  }
  throw new LogError('KAFKA_STORAGE_ERROR', 'the WAL changes too fast for a lookup by time');
}

/** Parts of the WAL that hold something within the bounds, with their indexes. */
function* partsIn(sources: BatchSources, bounds: TimeBounds): Generator<{ part: Part; index: BatchIndex }> {
  for (const part of sources.walPartition.parts) {
    if (part.lastOffset < bounds.from || part.baseOffset >= bounds.below) continue;
    const index = sources.wal.index(part);
    if (index !== undefined) yield { part, index };
  }
}

async function findInWal(
  sources: BatchSources,
  timestamp: number,
  bounds: TimeBounds,
): Promise<TimestampOffset | undefined> {
  for (const { part, index } of partsIn(sources, bounds)) {
    if (part.maxTimestamp < timestamp) continue;
    let at = index.findTimestamp(timestamp, index.find(bounds.from));
    for (; at < index.count; at = index.findTimestamp(timestamp, at + 1)) {
      const offset = index.offsets[at]!;
      if (offset >= bounds.below) return undefined;
      const batch = await batchAt(sources, offset, bounds.below);
      const found = batch && lastOffsetOf(batch) >= offset ? findInBatch(batch, timestamp, bounds) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Whether packs may hold something within the bounds that the WAL does not: segments may go in any order and leave holes. */
function reachesCold(sources: BatchSources, bounds: TimeBounds): boolean {
  const { parts } = sources.walPartition;
  let next = bounds.from;
  for (const part of parts) {
    if (part.baseOffset > next) return true;
    next = Math.max(next, part.lastOffset + 1);
  }
  return parts.length === 0;
}

/** The first record, by offset, whose timestamp is at least `timestamp`; exact. Rejects with LogError. */
export function findTimestamp(
  sources: BatchSources,
  timestamp: number,
  bounds: TimeBounds,
): Promise<TimestampOffset | undefined> {
  return whileSteady(sources, () => findFirst(sources, timestamp, bounds));
}

async function findFirst(
  sources: BatchSources,
  timestamp: number,
  bounds: TimeBounds,
): Promise<TimestampOffset | undefined> {
  let { below } = bounds;
  let packed: TimestampOffset | undefined;
  if (reachesCold(sources, bounds)) {
    const { cold, topicId, partition } = sources;
    packed = await cold.findTimestamp(topicId, partition, timestamp, bounds.from);
    if (packed !== undefined && packed.offset >= below) packed = undefined;
    below = packed?.offset ?? below;
  }
  return (await findInWal(sources, timestamp, { ...bounds, below })) ?? packed;
}

/** Whether `one` has the higher timestamp, or the same one earlier. */
function isLater(one: TimestampOffset, other: { timestamp: number; offset: number } | undefined): boolean {
  if (other === undefined || one.timestamp !== other.timestamp) return one.timestamp > (other?.timestamp ?? -1);
  return one.offset <= other.offset;
}

/** The batch of the WAL with the highest timestamp; the first one of those. */
function latestInWal(sources: BatchSources, bounds: TimeBounds): { timestamp: number; offset: number } | undefined {
  let latest: { timestamp: number; offset: number } | undefined;
  for (const { part, index } of partsIn(sources, bounds)) {
    if (part.maxTimestamp <= (latest?.timestamp ?? -1)) continue;
    for (let at = index.find(bounds.from); at < index.count && index.offsets[at]! < bounds.below; at++)
      if (index.timestamps[at]! > (latest?.timestamp ?? -1))
        latest = { timestamp: index.timestamps[at]!, offset: index.offsets[at]! };
  }
  return latest;
}

/** The record with the highest timestamp; the first one of those (KIP-734). Rejects with LogError. */
export function findLatest(sources: BatchSources, bounds: TimeBounds): Promise<TimestampOffset | undefined> {
  return whileSteady(sources, () => findLast(sources, bounds));
}

async function findLast(sources: BatchSources, bounds: TimeBounds): Promise<TimestampOffset | undefined> {
  const { cold, topicId, partition } = sources;
  const latest = latestInWal(sources, bounds);
  if (reachesCold(sources, bounds)) {
    const found = await cold.latestTimestamp(topicId, partition, bounds.from);
    if (found !== undefined && found.offset < bounds.below && isLater(found, latest)) return found;
  }
  return latest && findFirst(sources, latest.timestamp, { ...bounds, from: Math.max(bounds.from, latest.offset) });
}
