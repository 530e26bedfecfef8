import { isUtf8 } from 'node:buffer';
import { DecodeError } from './errors.ts';
import type { UnknownTaggedField } from './types.ts';

/** Array elements that one message may hold in all: keeps a small frame from becoming a large heap. */
export const MAX_ELEMENTS = 1_000_000;

/** Apache Kafka reads no longer string in any version, though the length of a compact one could say more. */
const MAX_STRING_BYTES = 0x7fff;

/** Reads protocol values out of one frame. Every length is checked against the bytes that are left before anything is made. */
export class Reader {
  readonly bytes: Buffer;
  position: number;
  #elements = MAX_ELEMENTS;

  constructor(bytes: Uint8Array, position: number) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = position;
  }

  /** Moves on by `count` bytes and returns where they start. */
  #take(count: number): number {
    const start = this.position;
    const end = start + count;
    if (end > this.bytes.length) {
      throw new DecodeError(`${count} bytes wanted at ${start}, but the frame ends at ${this.bytes.length}`);
    }
    this.position = end;
    return start;
  }

  bool(): boolean {
    return this.bytes[this.#take(1)] !== 0;
  }

  int8(): number {
    return (this.bytes[this.#take(1)]! << 24) >> 24;
  }

  int16(): number {
    const at = this.#take(2);
    return ((this.bytes[at]! << 24) >> 16) | this.bytes[at + 1]!;
  }

  uint16(): number {
    const at = this.#take(2);
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  int32(): number {
    const { bytes } = this;
    const at = this.#take(4);
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  /** Any 64-bit value, rounded to a double where it is not a safe integer. */
  #wide(): number {
    const high = this.int32();
    return high * 0x1_0000_0000 + this.uint32();
  }

  int64(): number {
    const value = this.#wide();
    if (!Number.isSafeInteger(value)) throw new DecodeError(`${value} at ${this.position - 8} is not a safe integer`);
    return value;
  }

  saturated64(): number {
    return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, this.#wide()));
  }

  bigint64(): bigint {
    return this.bytes.readBigInt64BE(this.#take(8));
  }

  float64(): number {
    return this.bytes.readDoubleBE(this.#take(8));
  }

  /** Unsigned LEB128 of at most 32 bits. */
  uvarint(): number {
    const { bytes } = this;
    const first = bytes[this.#take(1)]!;
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = bytes[this.#take(1)]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = bytes[this.#take(1)]!;
    if (last > 0x0f) throw new DecodeError(`a varint of more than 32 bits at ${this.position - 5}`);
    return value + last * 0x1000_0000;
  }

  uuid(): string {
    const at = this.#take(16);
    return this.bytes.toString('base64url', at, at + 16);
  }

  #length(flexible: boolean, short: boolean): number {
    if (flexible) return this.uvarint() - 1;
    return short ? this.int16() : this.int32();
  }

  #text(length: number): string {
    if (length > MAX_STRING_BYTES) throw new DecodeError(`a string of ${length} bytes before ${this.position}`);
    const start = this.#take(length);
    const end = start + length;
    const { bytes } = this;
    for (let at = start; at < end; at++) {
      if (bytes[at]! >= 0x80) {
        if (!isUtf8(bytes.subarray(start, end))) throw new DecodeError(`a string that is not UTF-8 at ${start}`);
        return bytes.toString('utf8', start, end);
      }
    }
    return bytes.toString('latin1', start, end);
  }

  #slice(length: number): Uint8Array {
    const start = this.#take(length);
    return this.bytes.subarray(start, start + length);
  }

  #absent(what: string): never {
    throw new DecodeError(`null, or a negative length, for ${what} that cannot be null, before ${this.position}`);
  }

  /** A length of -1 is null; anything less is garbage. */
  #nullOrThrow(length: number): null {
    if (length !== -1) throw new DecodeError(`length ${length} before ${this.position}`);
    return null;
  }

  string(flexible: boolean): string {
    const length = this.#length(flexible, true);
    return length < 0 ? this.#absent('a string') : this.#text(length);
  }

  nullableString(flexible: boolean): string | null {
    const length = this.#length(flexible, true);
    return length < 0 ? this.#nullOrThrow(length) : this.#text(length);
  }

  byteString(flexible: boolean): Uint8Array {
    const length = this.#length(flexible, false);
    return length < 0 ? this.#absent('bytes') : this.#slice(length);
  }

  nullableByteString(flexible: boolean): Uint8Array | null {
    const length = this.#length(flexible, false);
    return length < 0 ? this.#nullOrThrow(length) : this.#slice(length);
  }

  /** The number of elements of an array whose elements take at least `minBytes` each; -1 for null. */
  arrayLength(flexible: boolean, nullable: boolean, minBytes: number): number {
    const length = this.#length(flexible, false);
    if (length < 0) {
      if (!nullable) this.#absent('an array');
      this.#nullOrThrow(length);
      return -1;
    }
    if (length * minBytes > this.bytes.length - this.position) {
      throw new DecodeError(
        `an array of ${length} elements before ${this.position} in a frame of ${this.bytes.length}`,
      );
    }
    this.#elements -= length;
    if (this.#elements < 0) throw new DecodeError(`more than ${MAX_ELEMENTS} array elements in one message`);
    return length;
  }

  /** Whether a nullable struct follows: one byte, negative for null. */
  structPresent(): boolean {
    return this.int8() >= 0;
  }

  /** Where the tagged field that starts here ends; checks that tags rise (KIP-482). */
  tagEnd(previous: number, tag: number): number {
    if (tag <= previous) throw new DecodeError(`tag ${tag} after tag ${previous} at ${this.position}`);
    const size = this.uvarint();
    const end = this.position + size;
    if (end > this.bytes.length) throw new DecodeError(`tagged field ${tag} of ${size} bytes at ${this.position}`);
    return end;
  }

  /** Checks that a known tagged field took the bytes that it announced. */
  endTag(end: number, tag: number): void {
    if (this.position !== end) throw new DecodeError(`tagged field ${tag} ends at ${this.position}, announced ${end}`);
  }

  /** Keeps a tagged field that the schema does not know. */
  unknownTag(kept: UnknownTaggedField[] | undefined, tag: number, end: number): UnknownTaggedField[] {
    this.#elements -= 1;
    if (this.#elements < 0) throw new DecodeError(`more than ${MAX_ELEMENTS} tagged fields in one message`);
    const field = { tag, bytes: this.#slice(end - this.position) };
    if (kept === undefined) return [field];
    kept.push(field);
    return kept;
  }
}
