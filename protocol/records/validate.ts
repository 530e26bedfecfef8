import type { Codecs } from './codecs.ts';
import { Cursor } from './cursor.ts';
import { payloadOf } from './decode.ts';
import { invalid, type RecordFault, RecordsError } from './errors.ts';
import type { BatchHeader } from './header.ts';
import { skipHeaders } from './record.ts';

/** What a topic asks of produced records. Times in ms. */
export interface ProduceRules {
  /** A compacted topic: each record needs a key. */
  readonly compact: boolean;
  /** How messages name the partition: `TOPIC-NUMBER`. */
  readonly partition: string;
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  readonly now: number;
  /** `message.timestamp.before.max.ms` and `message.timestamp.after.max.ms`. */
  readonly beforeMaxMs: number;
  readonly afterMaxMs: number;
  /** Most bytes that the records may have when decompressed. */
  readonly limitBytes: number;
}

export interface ValidRecords {
  /** Largest timestamp of the records (-1 without any); a producer may have put another into the header. */
  readonly maxTimestamp: number;
  /** Bytes of the records when decompressed. */
  readonly uncompressedBytes: number;
}

/** As many as Kafka shows in the message of the whole batch. */
const SHOWN_FAULTS = 3;
/** Kafka lists every record at fault; a small request must not make a huge answer. */
const MAX_FAULTS = 1000;

/**
 * Rules for the header of a produced batch, which need no look at the records: no control batch, a count that fits the offsets,
 * a sequence where there is a producer id. Throws RecordsError INVALID_RECORD.
 */
export function validateProducedHeader(header: BatchHeader): void {
  if (header.recordCount === 0) throw invalid('record batch has no records');
  if (header.recordCount !== header.lastOffsetDelta + 1) {
    throw invalid(`record batch says ${header.recordCount} records but ${header.lastOffsetDelta + 1} offsets`);
  }
  if (header.isControl) throw invalid('clients may not write control records');
  if (header.producerId >= 0 && header.baseSequence < 0) {
    throw invalid(`record batch of producer ${header.producerId} has the base sequence ${header.baseSequence}`);
  }
  if (header.hasDeleteHorizon) throw invalid('clients may not set a delete horizon');
}

/** Gathers the faults of single records; the first ones are listed, all are counted. */
class Faults {
  readonly listed: RecordFault[] = [];
  count = 0;
  timestamps = false;

  add(index: number, message: string): void {
    this.count++;
    if (this.listed.length < MAX_FAULTS) this.listed.push({ index, message });
  }

  throwIfAny(): void {
    if (this.count === 0) return;
    if (this.timestamps) {
      throw new RecordsError(
        'INVALID_TIMESTAMP',
        'One or more records have been rejected due to invalid timestamp',
        this.listed,
      );
    }
    const shown = this.listed
      .slice(0, SHOWN_FAULTS)
      .map(({ index, message }) => `RecordError(batchIndex=${index}, message='${message}')`);
    throw new RecordsError(
      'INVALID_RECORD',
      `One or more records have been rejected due to ${this.count} record errors in total, and only showing the first three errors at most: [${shown.join(', ')}]`,
      this.listed,
    );
  }
}

/**
 * Checks the records of one produced batch as a Kafka broker does: every length and count, offsets 0, 1, 2 …, timestamps
 * within the topic's bounds, keys for a compacted topic. Allocates nothing per record. The header must have passed
 * `validateProducedHeader`; the CRC is the caller's. Throws RecordsError, with the single records at fault (KIP-467).
 */
export function validateRecords(
  batch: Uint8Array,
  header: BatchHeader,
  codecs: Codecs,
  rules: ProduceRules,
): ValidRecords {
  const payload = payloadOf(batch, header, codecs, rules.limitBytes);
  const size = payload.length;
  const cursor = new Cursor(payload, 0, size);
  const faults = new Faults();
  const checkTime = rules.timestampType === 'CreateTime' && header.timestampType === 'CreateTime';
  const earliest = rules.now - rules.beforeMaxMs;
  const latest = rules.now + rules.afterMaxMs;
  let maxTimestamp = -1;
  for (let index = 0; index < header.recordCount; index++) {
    cursor.end = size;
    const length = cursor.varint();
    const start = cursor.skip(length);
    cursor.position = start;
    cursor.end = start + length;
    cursor.byte();
    const timestamp = header.baseTimestamp + cursor.varlong();
    if (cursor.varint() !== index) throw invalid(`record ${index} of the batch has the wrong offset`);
    const keyLength = cursor.varint();
    if (keyLength > 0) cursor.skip(keyLength);
    const valueLength = cursor.varint();
    if (valueLength > 0) cursor.skip(valueLength);
    const headers = cursor.varint();
    if (headers < 0) throw invalid('record header count is negative');
    if (headers > 0) skipHeaders(cursor, headers);
    if (cursor.position !== cursor.end) throw invalid('record has bytes left at its end');
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
    // Of each record the first fault counts. -1 says that it has no timestamp, which no bound can judge.
    if (keyLength < 0 && rules.compact)
      faults.add(index, `Compacted topic cannot accept message without key in topic partition ${rules.partition}`);
    else if (checkTime && timestamp !== -1 && (timestamp < earliest || timestamp > latest)) {
      faults.timestamps = true;
      faults.add(index, `timestamp ${timestamp} is outside of [${earliest}, ${latest}]`);
    }
  }
  if (cursor.position !== size) throw invalid('record batch has bytes left after its last record');
  faults.throwIfAny();
  return { maxTimestamp, uncompressedBytes: size };
}
