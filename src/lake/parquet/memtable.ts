import { isUtf8 } from 'node:buffer';
import { giveBack, ownedBytes } from '../../base/owned-bytes.ts';

/** A record header as the log has it. */
export interface RowHeader {
  /** UTF-8; what is not is written with replacement characters, because the column is a string. */
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

const CHUNK_BYTES = 1024 * 1024;
const FIRST_ROWS = 1024;
/** Timestamps beyond what a date can be become its limits: as microseconds they would not fit 64 bits. */
const MAX_TIME_MS = 8.64e15;
/** The lengths of key and value before each header. */
const LENGTHS_BYTES = 8;
/** Length that stands for null. */
const NULL = -1;

/** Columns of equal capacity, one element a row. Keys, values and headers are bytes in chunks; a row's lie in one chunk, one behind the other. */
class RowColumns {
  readonly capacity: number;
  readonly partition: Int32Array;
  readonly offset: Float64Array;
  /** Milliseconds. */
  readonly timestamp: Float64Array;
  readonly timestampType: Uint8Array;
  readonly chunk: Uint32Array;
  readonly position: Uint32Array;
  readonly keyLength: Int32Array;
  readonly valueLength: Int32Array;
  readonly headerCount: Uint32Array;
  /** Bytes of key, value and headers. */
  readonly payload: Uint32Array;

  constructor(capacity: number, from?: RowColumns) {
    this.capacity = capacity;
    const grown = <T extends Int32Array | Uint32Array | Float64Array | Uint8Array>(made: T, old: T | undefined): T => {
      if (old !== undefined) made.set(old);
      return made;
    };
    this.partition = grown(new Int32Array(capacity), from?.partition);
    this.offset = grown(new Float64Array(capacity), from?.offset);
    this.timestamp = grown(new Float64Array(capacity), from?.timestamp);
    this.timestampType = grown(new Uint8Array(capacity), from?.timestampType);
    this.chunk = grown(new Uint32Array(capacity), from?.chunk);
    this.position = grown(new Uint32Array(capacity), from?.position);
    this.keyLength = grown(new Int32Array(capacity), from?.keyLength);
    this.valueLength = grown(new Int32Array(capacity), from?.valueLength);
    this.headerCount = grown(new Uint32Array(capacity), from?.headerCount);
    this.payload = grown(new Uint32Array(capacity), from?.payload);
  }

  /** Bytes of a row in all columns together. */
  static readonly ROW_BYTES = 4 + 8 + 8 + 1 + 4 + 4 + 4 + 4 + 4 + 4;
}

/** Rows that wait to be written to a file, as columns. `freeze` hands them over and begins anew. */
export class Memtable {
  #columns = new RowColumns(FIRST_ROWS);
  #chunks: Buffer[] = [];
  #used = 0;
  #rows = 0;
  #chunkBytes = 0;

  get rows(): number {
    return this.#rows;
  }

  /** Memory that the rows take, room for growth included. */
  get bytes(): number {
    return this.#chunkBytes + this.#columns.capacity * RowColumns.ROW_BYTES;
  }

  /** `timestamp` in milliseconds. The bytes are copied. */
  append(
    partition: number,
    offset: number,
    timestamp: number,
    timestampType: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly RowHeader[],
  ): void {
    const row = this.#rows;
    if (row === this.#columns.capacity) this.#columns = new RowColumns(2 * row, this.#columns);
    const columns = this.#columns;
    columns.partition[row] = partition;
    columns.offset[row] = offset;
    columns.timestamp[row] = Math.max(-MAX_TIME_MS, Math.min(MAX_TIME_MS, timestamp));
    columns.timestampType[row] = timestampType;
    columns.keyLength[row] = key === null ? NULL : key.length;
    columns.valueLength[row] = value === null ? NULL : value.length;
    columns.headerCount[row] = headers.length;
    const sound = headers.length === 0 ? headers : headers.map(soundHeader);
    const bytes = (key?.length ?? 0) + (value?.length ?? 0) + headerBytes(sound);
    columns.payload[row] = bytes - LENGTHS_BYTES * headers.length;
    const chunk = this.#roomFor(bytes);
    columns.chunk[row] = this.#chunks.length - 1;
    columns.position[row] = this.#used;
    if (key !== null) this.#put(chunk, key);
    if (value !== null) this.#put(chunk, value);
    for (const header of sound) {
      this.#used = chunk.writeInt32LE(header.key.length, this.#used);
      this.#put(chunk, header.key);
      this.#used = chunk.writeInt32LE(header.value === null ? NULL : header.value.length, this.#used);
      if (header.value !== null) this.#put(chunk, header.value);
    }
    this.#rows = row + 1;
  }

  /** The rows so far, which no longer change; the memtable is empty afterwards. */
  freeze(): FrozenMemtable {
    const frozen = new FrozenMemtable(this.#columns, this.#chunks, this.#rows, this.bytes);
    this.#columns = new RowColumns(FIRST_ROWS);
    this.#chunks = [];
    this.#used = this.#rows = this.#chunkBytes = 0;
    return frozen;
  }

  #put(chunk: Buffer, bytes: Uint8Array): void {
    chunk.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  #roomFor(bytes: number): Buffer {
    const last = this.#chunks.at(-1);
    if (last !== undefined && this.#used + bytes <= last.length) return last;
    const made = ownedBytes(Math.max(CHUNK_BYTES, bytes));
    this.#chunks.push(made);
    this.#chunkBytes += made.length;
    this.#used = 0;
    return made;
  }
}

function soundHeader(header: RowHeader): RowHeader {
  return isUtf8(header.key)
    ? header
    : { key: Buffer.from(Buffer.from(header.key).toString('utf8')), value: header.value };
}

function headerBytes(headers: readonly RowHeader[]): number {
  let bytes = 0;
  for (const header of headers) bytes += LENGTHS_BYTES + header.key.length + (header.value?.length ?? 0);
  return bytes;
}

/** Where the headers of a row lie: `bytes` from `position` on, each as length, key, length or −1, value. */
export interface HeaderCursor {
  readonly bytes: Buffer;
  position: number;
}

/** Rows that no longer change, in the order in which they came. What the accessors give are views: they hold as long as this does. */
export class FrozenMemtable {
  readonly rows: number;
  /** Memory that is free when this is. */
  readonly bytes: number;
  readonly #columns: RowColumns;
  readonly #chunks: readonly Buffer[];

  constructor(columns: RowColumns, chunks: readonly Buffer[], rows: number, bytes: number) {
    this.#columns = columns;
    this.#chunks = chunks;
    this.rows = rows;
    this.bytes = bytes;
  }

  /** Gives the memory of keys, values and headers back: nothing of them, and no view, can be looked at afterwards. */
  release(): void {
    for (const chunk of this.#chunks) giveBack(chunk);
  }

  partition(row: number): number {
    return this.#columns.partition[row]!;
  }

  offset(row: number): number {
    return this.#columns.offset[row]!;
  }

  /** Milliseconds. */
  timestamp(row: number): number {
    return this.#columns.timestamp[row]!;
  }

  timestampType(row: number): number {
    return this.#columns.timestampType[row]!;
  }

  /** The chunk in which the row's bytes lie: no copy, no view. */
  chunk(row: number): Buffer {
    return this.#chunks[this.#columns.chunk[row]!]!;
  }

  keyPosition(row: number): number {
    return this.#columns.position[row]!;
  }

  /** −1: no key. */
  keyLength(row: number): number {
    return this.#columns.keyLength[row]!;
  }

  valuePosition(row: number): number {
    return this.#columns.position[row]! + Math.max(0, this.#columns.keyLength[row]!);
  }

  /** −1: no value. */
  valueLength(row: number): number {
    return this.#columns.valueLength[row]!;
  }

  headerCount(row: number): number {
    return this.#columns.headerCount[row]!;
  }

  headerCursor(row: number): HeaderCursor {
    return { bytes: this.chunk(row), position: this.valuePosition(row) + Math.max(0, this.#columns.valueLength[row]!) };
  }

  key(row: number): Uint8Array | null {
    return view(this.chunk(row), this.keyPosition(row), this.keyLength(row));
  }

  value(row: number): Uint8Array | null {
    return view(this.chunk(row), this.valuePosition(row), this.valueLength(row));
  }

  headers(row: number): RowHeader[] {
    const cursor = this.headerCursor(row);
    return Array.from({ length: this.headerCount(row) }, () => ({ key: nextBytes(cursor)!, value: nextBytes(cursor) }));
  }

  /** Bytes of key, value and headers of a row. */
  payloadBytes(row: number): number {
    return this.#columns.payload[row]!;
  }
}

/** Reads a length and that many bytes; null for the length −1. */
function nextBytes(cursor: HeaderCursor): Uint8Array | null {
  const length = cursor.bytes.readInt32LE(cursor.position);
  const found = view(cursor.bytes, cursor.position + 4, length);
  cursor.position += 4 + Math.max(0, length);
  return found;
}

function view(bytes: Buffer, position: number, length: number): Uint8Array | null {
  return length === NULL ? null : bytes.subarray(position, position + length);
}
