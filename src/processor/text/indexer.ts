import { type BatchHeader, type Codecs, decodeRecords, readBatchHeader } from '../../../protocol/records/index.ts';
import { copyOf } from '../../base/bytes.ts';
import type { Logger } from '../../base/logger.ts';
import { type AbortedRange, isAborted } from '../../log/committed-read.ts';
import { expiresAt } from '../../log/record-expiry.ts';
import { markerOf } from '../../log/producer-states.ts';
import type { Slice, TextPartition } from './partition.ts';
import type { HeldBatch } from './transactions.ts';

/** Bytes of batches of one partition that may wait for the end of a transaction. */
const HELD_BYTES = 4 * 1024 * 1024;

/** Puts the records of batches into live indexes. What cannot be decoded is said once, counted and left out. */
export class TextIndexer {
  readonly #codecs: Codecs;
  readonly #limitBytes: number;
  readonly #logger: Logger;
  records = 0;
  bytes = 0;
  errors = 0;

  constructor(codecs: Codecs, limitBytes: number, logger: Logger) {
    this.#codecs = codecs;
    this.#limitBytes = limitBytes;
    this.#logger = logger;
  }

  /**
   * Indexes a batch that follows in the WAL, or holds it while it is not known whether its records exist; false when its offsets are taken care of
   * already. What would be held in too many bytes is indexed from the log when its time has come.
   */
  follow(partition: TextPartition, batch: Uint8Array, walSegment: number, now: number): boolean {
    const header = readBatchHeader(batch, 0);
    if (header.lastOffset < partition.followed) return false;
    partition.reach(header.baseOffset, header.baseOffset);
    const { followed: from, transactions } = partition;
    partition.reach(from, header.lastOffset + 1);
    const followed = { bytes: batch, header, from, walSegment, since: now };
    if (!transactions.concerns(header)) {
      this.#grow(partition, followed, false, now);
      return true;
    }
    if (header.isControl) partition.unstableUntil = 0;
    const abort = header.isControl && markerOf(batch)?.type === 'abort';
    for (const released of transactions.add({ ...followed, bytes: copyOf(batch) }, abort))
      this.#grow(partition, released, released.aborted, now);
    if (transactions.bytes > HELD_BYTES) partition.passOverHeld();
    return true;
  }

  #grow(partition: TextPartition, { bytes, header, from, walSegment }: HeldBatch, aborted: boolean, now: number): void {
    const slice = partition.growing(from, walSegment, now);
    const end = this.#add(partition, slice, { bytes, header, aborted }, from);
    // An index that was full in the middle is sealed first: the rest comes from the log, when there is room.
    partition.leave(end, header.lastOffset + 1);
  }

  /** Indexes whole batches, one after another, as far as they lie in the partition's first gap; all of them are stable. */
  fill(partition: TextPartition, batches: Uint8Array, aborted: readonly AbortedRange[], now: number): void {
    const gap = partition.gaps[0];
    if (gap === undefined) return;
    const { to } = gap;
    for (let position = 0; position < batches.length; ) {
      const bytes = batches.subarray(position);
      const header = readBatchHeader(bytes, 0);
      position += header.sizeInBytes;
      if (header.lastOffset < gap.from) continue;
      if (header.baseOffset >= to) return this.skip(partition, to, now);
      const slice = partition.filling(gap.from, now);
      const end = this.#add(partition, slice, { bytes, header, aborted: isAborted(header, aborted) }, gap.from, to);
      partition.filledTo(end);
      if (partition.gaps[0] !== gap || end <= header.lastOffset) return;
    }
  }

  /** The first gap holds nothing up to `upTo`: an index covers that too, so that searches know it was looked at. */
  skip(partition: TextPartition, upTo: number, now: number): void {
    const gap = partition.gaps[0];
    if (gap === undefined) return;
    const end = Math.min(gap.to, upTo);
    partition.filling(gap.from, now).index.endOffset = end;
    partition.filledTo(end);
  }

  /**
   * Indexes the records of a batch in [from, to). The slice then covers them, those of aborted transactions and control batches included, which
   * are no documents. An index that is full takes no more in the middle of a batch either. Gives the offset after the last one that is covered.
   */
  #add(
    partition: TextPartition,
    slice: Slice,
    { bytes, header, aborted }: { bytes: Uint8Array; header: BatchHeader; aborted: boolean },
    from: number,
    to: number = Number.POSITIVE_INFINITY,
  ): number {
    const { index } = slice;
    let end = Math.min(to, header.lastOffset + 1);
    this.bytes += header.sizeInBytes;
    if (!header.isControl && !aborted) {
      try {
        decodeRecords(bytes, this.#codecs, this.#limitBytes, (record) => {
          if (record.offset < from || record.offset >= to) return true;
          if (index.full) {
            end = record.offset;
            return false;
          }
          const { expiry } = partition;
          index.add(record, expiry === undefined ? undefined : expiresAt(expiry, record));
          this.records++;
          return true;
        });
      } catch (err) {
        this.errors++;
        const { topicId, partition: number } = partition;
        const where = { err, topicId, partition: number, offset: header.baseOffset };
        this.#logger.error(where, 'a batch cannot be decoded for search; its records are not found by it');
      }
    }
    index.endOffset = end;
    return end;
  }
}
