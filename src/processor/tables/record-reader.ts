import { type BatchHeader, type Codecs, decodeRecords, readBatchHeader } from '../../../protocol/records/index.ts';
import type { Logger } from '../../base/logger.ts';
import { type CommittedRead, isAborted, NO_PARTITION } from '../../log/committed-read.ts';
import { type ExpiryRule, isExpired } from '../../log/record-expiry.ts';
import type { TablePartition } from './topic-table.ts';

export interface RecordReaderParts {
  readonly codecs: Codecs;
  readonly logger: Logger;
  readonly limitBytes: number;
  /** Records after which other work of the thread has its turn. */
  readonly turnRecords: number;
  readonly now: () => number;
  /** Milliseconds since the epoch. */
  readonly time: () => number;
}

/** Puts what was read of a partition into its table's memtable. What cannot be decoded is said, counted and left out. */
export class RecordReader {
  readonly #parts: RecordReaderParts;
  records = 0;
  lost = 0;
  errors = 0;

  constructor(parts: RecordReaderParts) {
    this.#parts = parts;
  }

  /** Applies a read that began at the partition's next offset; stops early when `full` says so. False when there is nothing more to read. */
  async apply(partition: TablePartition, read: CommittedRead, full: () => boolean): Promise<boolean> {
    if ('unstable' in read) return false;
    if ('logStart' in read) {
      if (read.logStart === NO_PARTITION) return false;
      this.#skip(partition, read.logStart, 'records were deleted before they became rows of the table');
    } else if ('nothingBefore' in read) {
      this.#skip(partition, read.nothingBefore, 'records that cannot be read are not in the table');
    } else await this.#append(partition, read, full);
    return true;
  }

  #skip(partition: TablePartition, to: number, why: string): void {
    const { table, next } = partition;
    // At offset 0 a table begins: what was deleted before there was a table is not missed.
    if (next > 0) {
      this.lost += Math.max(0, to - next);
      this.#parts.logger.warn({ topic: table.name, partition: partition.partition, from: next, to }, why);
    }
    table.advance(partition, to, this.#parts.now());
  }

  async #append(
    partition: TablePartition,
    read: Extract<CommittedRead, { batches: Uint8Array }>,
    full: () => boolean,
  ): Promise<void> {
    const { table } = partition;
    const { epoch } = table;
    const { batches, aborted, expiry } = read;
    const { turnRecords } = this.#parts;
    let turn = this.records + turnRecords;
    for (let position = 0; position < batches.length && !full(); ) {
      const bytes = batches.subarray(position);
      const header = readBatchHeader(bytes, 0);
      position += header.sizeInBytes;
      if (header.lastOffset < partition.next) continue;
      // A batch goes in whole: a memtable is frozen between two batches only, so that its offsets say exactly what is in it.
      if (!header.isControl && !isAborted(header, aborted)) this.#rows(partition, bytes, header, expiry);
      table.advance(partition, header.lastOffset + 1, this.#parts.now());
      if (this.records < turn) continue;
      turn = this.records + turnRecords;
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      if (table.epoch !== epoch || table.removed) return;
    }
  }

  #rows(partition: TablePartition, bytes: Uint8Array, header: BatchHeader, expiry: ExpiryRule | undefined): void {
    const time = this.#parts.time();
    const { codecs, limitBytes, logger } = this.#parts;
    const { table, next, partition: number } = partition;
    const timestampType = header.timestampType === 'LogAppendTime' ? 1 : 0;
    try {
      decodeRecords(bytes, codecs, limitBytes, (record) => {
        if (record.offset < next || isExpired(expiry, record, time)) return;
        const headers = record.headerCount === 0 ? [] : record.headers;
        table.memtable.append(
          number,
          record.offset,
          record.timestamp,
          timestampType,
          record.key,
          record.value,
          headers,
        );
        this.records++;
      });
    } catch (err) {
      this.errors++;
      const where = { err, topic: table.name, partition: number, offset: header.baseOffset };
      logger.error(where, 'a batch cannot be decoded; its records are not in the table');
    }
  }
}
