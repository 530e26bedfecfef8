import { EncodeError } from './errors.ts';
import type { UnknownTaggedField } from './types.ts';

/** Slices from this size on are referenced in the output, smaller ones copied: below it an iovec costs more than the copy. */
const REFERENCE_BYTES = 2048;
const FIRST_BYTES = 512;
const MOST_BYTES = 65_536;
const MAX_INT32 = 0x7fff_ffff;

/**
 * Writes protocol values into a list of buffers for `writev`: small values lie in growing buffers, large byte slices are referenced.
 * Checks every value, because a wrong one would otherwise become a wrong byte that only the peer notices.
 */
export class Writer {
  #chunks: Uint8Array[] = [];
  #buffer: Buffer;
  #start = 0;
  #position = 0;
  #chunkBytes = 0;

  constructor(firstBytes = FIRST_BYTES) {
    this.#buffer = Buffer.allocUnsafe(firstBytes);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#chunkBytes + this.#position - this.#start;
  }

  #closeChunk(): void {
    if (this.#position === this.#start) return;
    const chunk = this.#buffer.subarray(this.#start, this.#position);
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
    this.#start = this.#position;
  }

  /** Makes room for `count` bytes and returns where they go. */
  #take(count: number): number {
    if (this.#position + count > this.#buffer.length) {
      this.#closeChunk();
      this.#buffer = Buffer.allocUnsafe(Math.max(count, Math.min(MOST_BYTES, this.#buffer.length * 2)));
      this.#start = 0;
      this.#position = 0;
    }
    const at = this.#position;
    this.#position = at + count;
    return at;
  }

  /** Everything written, in order. The writer must not be used after. */
  finish(): Uint8Array[] {
    this.#closeChunk();
    return this.#chunks;
  }

  bool(value: boolean): void {
    if (typeof value !== 'boolean') throw new EncodeError(`${String(value)} is not a bool`);
    const at = this.#take(1);
    this.#buffer[at] = value ? 1 : 0;
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) throw new EncodeError(`${value} is not an int8`);
    const at = this.#take(1);
    this.#buffer[at] = value;
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) throw new EncodeError(`${value} is not an int16`);
    this.#raw16(value);
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) throw new EncodeError(`${value} is not a uint16`);
    this.#raw16(value);
  }

  int32(value: number): void {
    if ((value | 0) !== value) throw new EncodeError(`${value} is not an int32`);
    this.#raw32(value);
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) throw new EncodeError(`${value} is not a uint32`);
    this.#raw32(value);
  }

  #raw16(value: number): void {
    const at = this.#take(2);
    const buffer = this.#buffer;
    buffer[at] = value >>> 8;
    buffer[at + 1] = value;
  }

  #raw32(value: number): void {
    const at = this.#take(4);
    const buffer = this.#buffer;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
  }

  int64(value: number): void {
    if (!Number.isSafeInteger(value)) throw new EncodeError(`${value} is not a safe integer`);
    this.#raw32(Math.floor(value / 0x1_0000_0000));
    this.#raw32(value >>> 0);
  }

  saturated64(value: number): void {
    this.int64(value);
  }

  bigint64(value: bigint): void {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value)
      throw new EncodeError(`${value} is not an int64`);
    const at = this.#take(8);
    this.#buffer.writeBigInt64BE(value, at);
  }

  float64(value: number): void {
    if (typeof value !== 'number') throw new EncodeError(`${String(value)} is not a float64`);
    const at = this.#take(8);
    this.#buffer.writeDoubleBE(value, at);
  }

  uvarint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      const at = this.#take(1);
      this.#buffer[at] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    const at = this.#take(1);
    this.#buffer[at] = rest;
  }

  uuid(value: string): void {
    const at = this.#take(16);
    if (typeof value !== 'string' || value.length !== 22 || this.#buffer.write(value, at, 'base64url') !== 16) {
      throw new EncodeError(`'${value}' is not a UUID of 22 base64url characters`);
    }
  }

  #length(length: number, flexible: boolean, short: boolean): void {
    if (flexible) {
      if (length >= MAX_INT32) throw new EncodeError(`length ${length}`);
      this.uvarint(length + 1);
    } else if (short) this.int16(length);
    else this.int32(length);
  }

  string(value: string, flexible: boolean): void {
    if (typeof value !== 'string') throw new EncodeError(`${String(value)} is not a string`);
    const units = value.length;
    if (units < 64 && isAscii(value)) {
      this.#length(units, flexible, true);
      const at = this.#take(units);
      for (let i = 0; i < units; i++) this.#buffer[at + i] = value.charCodeAt(i);
      return;
    }
    if (!value.isWellFormed()) throw new EncodeError('a string with a lone surrogate');
    const length = Buffer.byteLength(value, 'utf8');
    this.#length(length, flexible, true);
    const at = this.#take(length);
    this.#buffer.write(value, at, length, 'utf8');
  }

  nullableString(value: string | null, flexible: boolean): void {
    if (value === null) this.#length(-1, flexible, true);
    else this.string(value, flexible);
  }

  byteString(value: Uint8Array, flexible: boolean): void {
    if (!(value instanceof Uint8Array)) throw new EncodeError(`${String(value)} is not bytes`);
    this.#length(value.length, flexible, false);
    this.raw(value);
  }

  nullableByteString(value: Uint8Array | null, flexible: boolean): void {
    if (value === null) this.#length(-1, flexible, false);
    else this.byteString(value, flexible);
  }

  /** One slice or a list of slices, as one length and the bytes. */
  records(value: Uint8Array | readonly Uint8Array[], flexible: boolean): void {
    if (!Array.isArray(value)) {
      this.byteString(value as Uint8Array, flexible);
      return;
    }
    const chunks = value as readonly Uint8Array[];
    let length = 0;
    for (const chunk of chunks) length += chunk.length;
    this.#length(length, flexible, false);
    for (const chunk of chunks) this.raw(chunk);
  }

  nullableRecords(value: Uint8Array | readonly Uint8Array[] | null, flexible: boolean): void {
    if (value === null) this.#length(-1, flexible, false);
    else this.records(value, flexible);
  }

  /** Bytes as they are, without a length. */
  raw(value: Uint8Array): void {
    if (value.length >= REFERENCE_BYTES) {
      this.#closeChunk();
      this.#chunks.push(value);
      this.#chunkBytes += value.length;
      return;
    }
    const at = this.#take(value.length);
    this.#buffer.set(value, at);
  }

  arrayLength(value: readonly unknown[], flexible: boolean): number {
    if (!Array.isArray(value)) throw new EncodeError(`${String(value)} is not an array`);
    this.#length(value.length, flexible, false);
    return value.length;
  }

  nullArray(flexible: boolean): void {
    this.#length(-1, flexible, false);
  }

  /** What precedes a nullable struct. */
  structPresent(present: boolean): void {
    this.int8(present ? 1 : -1);
  }

  /** A tagged field whose value another writer holds. */
  tagged(tag: number, value: Writer): void {
    this.uvarint(tag);
    this.uvarint(value.length);
    for (const chunk of value.finish()) this.raw(chunk);
  }

  /** Writes those of `fields` from index `from` on whose tag is below `tag`; returns the index of the first left. */
  unknownTagsBelow(fields: readonly UnknownTaggedField[], from: number, tag: number): number {
    let index = from;
    for (; index < fields.length && fields[index]!.tag < tag; index++) {
      const field = fields[index]!;
      this.uvarint(field.tag);
      this.uvarint(field.bytes.length);
      this.raw(field.bytes);
    }
    if (index < fields.length && fields[index]!.tag === tag) throw new EncodeError(`tag ${tag} is not unknown`);
    return index;
  }

  /** Writes the frame's length, without these four bytes, over its first four bytes. */
  patchLength(): void {
    const length = this.length - 4;
    const first = this.#chunks[0] ?? this.#buffer.subarray(this.#start);
    first[0] = length >>> 24;
    first[1] = length >>> 16;
    first[2] = length >>> 8;
    first[3] = length;
  }
}

function isAscii(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) >= 0x80) return false;
  return true;
}
