import { readInt32, readInt64 } from '../../protocol/records/integers.ts';
import { BatchIndex } from './batch-index.ts';
import { uuidToString } from '../base/random.ts';
import { addBatch, type WalPartition } from './partition.ts';
import type { PartitionTable } from './partition-table.ts';
import { batchOf } from './record-entry.ts';
import type { SegmentIndex } from './segment-index.ts';
import type { WalEntry } from './segment-reader.ts';

/** Enters a segment's index into the partitions: nothing of the segment itself is read. */
export function addIndexed(partitions: PartitionTable, index: SegmentIndex): void {
  const { sequence } = index.directory;
  for (const indexed of index.directory.partitions) {
    const { baseOffset, lastOffset, bytes, maxTimestamp } = indexed;
    const part = { sequence, baseOffset, lastOffset, bytes, maxTimestamp, index: undefined, indexed };
    partitions.obtain(indexed.topicId, indexed.partition).parts.push(part);
  }
}

/** Enters one scanned entry; gives its batch, or undefined for a version 1 entry that holds no record. */
export function addScanned(
  partition: WalPartition,
  sequence: number,
  entry: WalEntry,
  touched: Set<WalPartition>,
): Uint8Array | undefined {
  const batch = batchOf(entry);
  if (batch === undefined) return undefined;
  touched.add(partition);
  const part = partition.partIn(sequence, () => new BatchIndex());
  addBatch(part, entry.baseOffset, readInt32(batch, 23), entry.position, entry.length, readInt64(batch, 35));
  return batch;
}

/** Text that names a partition for people, by topic id. */
export function nameOf(partition: Pick<WalPartition, 'topicId' | 'partition'>): string {
  return `${uuidToString(partition.topicId)}-${partition.partition}`;
}
