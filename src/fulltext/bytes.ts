import { lengthenedBytes } from './growth.ts';

/** Bytes of a text segment that cannot be what its writer wrote. Names the object. */
export class CorruptTextSegment extends Error {
  override readonly name = 'CorruptTextSegment';
  readonly objectKey: string;

  constructor(objectKey: string, reason: string) {
    super(`text segment in ${objectKey}: ${reason}`);
    this.objectKey = objectKey;
  }
}

const encoder = new TextEncoder();

/** A growing buffer. Integers are LEB128 (`varint`), little-endian, or zigzag (`signed`). */
export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count > this.bytes.length) this.bytes = lengthenedBytes(this.bytes, this.length + count);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** A non-negative integer up to 2^53. */
  varint(value: number): void {
    this.reserve(8);
    const bytes = this.bytes;
    let rest = value;
    let at = this.length;
    while (rest > 0x7fffffff) {
      bytes[at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.length = at;
  }

  /** An integer in ±2^52. */
  signed(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  uint32(value: number): void {
    this.reserve(4);
    for (let i = 0; i < 4; i++) this.bytes[this.length++] = (value >>> (8 * i)) & 0xff;
  }

  double(value: number): void {
    this.reserve(8);
    new DataView(this.bytes.buffer).setFloat64(this.length, value, true);
    this.length += 8;
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Length and UTF-8 bytes. */
  text(value: string): void {
    const bytes = encoder.encode(value);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** What was written so far; valid until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads what `ByteWriter` wrote; whatever does not fit throws `CorruptTextSegment`. */
export class ByteReader {
  readonly bytes: Uint8Array;
  position: number;
  readonly end: number;
  readonly #objectKey: string;

  constructor(bytes: Uint8Array, objectKey: string, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#objectKey = objectKey;
    this.position = position;
    this.end = end;
  }

  fail(reason: string): never {
    throw new CorruptTextSegment(this.#objectKey, reason);
  }

  get remaining(): number {
    return this.end - this.position;
  }

  byte(): number {
    if (this.position >= this.end) this.fail('ends too early');
    return this.bytes[this.position++]!;
  }

  varint(): number {
    const first = this.byte();
    return first < 0x80 ? first : this.#longVarint(first & 0x7f);
  }

  #longVarint(low: number): number {
    let value = low;
    let factor = 128;
    for (let i = 1; i < 8; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      factor *= 128;
    }
    return this.fail('has an integer beyond 2^53');
  }

  /** A varint of at most `limit`. */
  upTo(limit: number, what: string): number {
    const value = this.varint();
    if (value > limit) this.fail(`has ${what} ${value}, beyond ${limit}`);
    return value;
  }

  /** A count of things that take at least `bytesEach` of what is left: checked before anyone allocates by it. */
  count(bytesEach: number, what: string): number {
    return this.upTo(Math.floor(this.remaining / bytesEach), `number of ${what}`);
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  uint32(): number {
    const at = this.skip(4);
    const bytes = this.bytes;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  double(): number {
    const at = this.skip(8);
    return new DataView(this.bytes.buffer, this.bytes.byteOffset).getFloat64(at, true);
  }

  raw(length: number): Uint8Array {
    const at = this.skip(length);
    return this.bytes.subarray(at, at + length);
  }

  text(): string {
    return decoder.decode(this.raw(this.count(1, 'text bytes')));
  }

  /** Steps over `length` bytes; returns where they start. */
  skip(length: number): number {
    const at = this.position;
    if (length > this.end - at) this.fail('ends too early');
    this.position = at + length;
    return at;
  }
}

/** Order of bytes [from, to) and others, the shorter first. */
export function compareBytes(bytes: Uint8Array, from: number, to: number, others: Uint8Array): number {
  const shorter = Math.min(to - from, others.length);
  for (let i = 0; i < shorter; i++) if (bytes[from + i] !== others[i]) return bytes[from + i]! - others[i]!;
  return to - from - others.length;
}
