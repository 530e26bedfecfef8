import { type BatchHeader, type Codecs, decodeRecords, readBatchHeader } from '../../protocol/records/index.ts';
import type { Logger } from '../base/logger.ts';
import type { Slice, TextPartition } from './text-partition.ts';

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

  /** Indexes a batch that follows in the WAL; false when its offsets are taken care of already. */
  follow(partition: TextPartition, batch: Uint8Array, walSegment: number, now: number): boolean {
    const header = readBatchHeader(batch, 0);
    if (header.lastOffset < partition.followed) return false;
    partition.reach(header.baseOffset, header.baseOffset);
    const slice = partition.growing(partition.followed, walSegment, now);
    this.#add(partition, slice, batch, header, partition.followed);
    partition.reach(partition.followed, header.lastOffset + 1);
    return true;
  }

  /** Indexes whole batches, one after another, as far as they lie in the partition's first gap. */
  fill(partition: TextPartition, batches: Uint8Array, now: number): void {
    const gap = partition.gaps[0];
    if (gap === undefined) return;
    const { to } = gap;
    for (let position = 0; position < batches.length; ) {
      const batch = batches.subarray(position);
      const header = readBatchHeader(batch, 0);
      position += header.sizeInBytes;
      if (header.lastOffset < gap.from) continue;
      if (header.baseOffset >= to) return this.skip(partition, to, now);
      const slice = partition.filling(gap.from, now);
      this.#add(partition, slice, batch, header, gap.from, to);
      partition.filledTo(Math.min(to, header.lastOffset + 1));
      if (partition.gaps[0] !== gap) return;
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

  /** Indexes the records of a batch in [from, to). The slice then covers them, control batches included, which hold no documents. */
  #add(
    partition: TextPartition,
    slice: Slice,
    batch: Uint8Array,
    header: BatchHeader,
    from: number,
    to: number = Number.POSITIVE_INFINITY,
  ): void {
    const { index } = slice;
    this.bytes += header.sizeInBytes;
    if (!header.isControl) {
      try {
        decodeRecords(batch, this.#codecs, this.#limitBytes, (record) => {
          if (record.offset < from || record.offset >= to) return;
          index.add(record);
          this.records++;
        });
      } catch (err) {
        this.errors++;
        const { topicId, partition: number } = partition;
        const where = { err, topicId, partition: number, offset: header.baseOffset };
        this.#logger.error(where, 'a batch cannot be decoded for search; its records are not found by it');
      }
    }
    index.endOffset = Math.min(to, header.lastOffset + 1);
  }
}
