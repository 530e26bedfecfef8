import { Cursor } from './cursor.ts';
import { invalid } from './errors.ts';

/** A header of a record; the bytes are slices. */
export interface RecordHeader {
  /** UTF-8. */
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** One record of a batch. */
export interface DecodedRecord {
  readonly offset: number;
  /** Milliseconds since the epoch: the record's own, or that of the append with LogAppendTime. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headerCount: number;
  /** Decoded at each access. Throws RecordsError where they are malformed. */
  readonly headers: readonly RecordHeader[];
}

/**
 * The record that an iteration is at: one object that moves from record to record, so that nothing is allocated for
 * what the caller does not ask for. Slices that it gives out stay valid (and keep the decompressed bytes in memory).
 */
export class RecordView implements DecodedRecord {
  offset = 0;
  timestamp = 0;
  keyStart = 0;
  /** -1 is null. */
  keyLength = -1;
  valueStart = 0;
  /** -1 is null. */
  valueLength = -1;
  headerCount = 0;
  headersStart = 0;
  end = 0;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get key(): Uint8Array | null {
    return this.keyLength < 0 ? null : this.bytes.subarray(this.keyStart, this.keyStart + this.keyLength);
  }

  get value(): Uint8Array | null {
    return this.valueLength < 0 ? null : this.bytes.subarray(this.valueStart, this.valueStart + this.valueLength);
  }

  get headers(): readonly RecordHeader[] {
    const found: RecordHeader[] = [];
    const cursor = new Cursor(this.bytes, this.headersStart, this.end);
    for (let i = 0; i < this.headerCount; i++) {
      const keyStart = cursor.skip(headerKeyLength(cursor));
      const key = this.bytes.subarray(keyStart, cursor.position);
      const length = cursor.varint();
      const valueStart = length < 0 ? 0 : cursor.skip(length);
      found.push({ key, value: length < 0 ? null : this.bytes.subarray(valueStart, valueStart + length) });
    }
    if (cursor.position !== this.end) throw invalid('record has bytes left after its headers');
    return found;
  }
}

function headerKeyLength(cursor: Cursor): number {
  const length = cursor.varint();
  if (length < 0) throw invalid('record header has a null key');
  return length;
}

/** Steps over `count` headers, checking their form. */
export function skipHeaders(cursor: Cursor, count: number): void {
  for (let i = 0; i < count; i++) {
    cursor.skip(headerKeyLength(cursor));
    const length = cursor.varint();
    if (length > 0) cursor.skip(length);
  }
}
