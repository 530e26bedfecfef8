import { invalid } from './errors.ts';

/**
 * Reads varints one after another (zigzag, as in Protocol Buffers). Every read checks the end; malformed input throws
 * RecordsError INVALID_RECORD.
 */
export class Cursor {
  readonly bytes: Uint8Array;
  position: number;
  /** First byte that no longer belongs to what is read. */
  end: number;

  constructor(bytes: Uint8Array, position: number, end: number) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  byte(): number {
    if (this.position >= this.end) throw invalid('record ends too early');
    return this.bytes[this.position++]!;
  }

  /** A signed 32-bit varint. */
  varint(): number {
    if (this.position < this.end) {
      // One byte is by far the most frequent length.
      const first = this.bytes[this.position]!;
      if (first < 0x80) {
        this.position++;
        return (first >>> 1) ^ -(first & 1);
      }
    }
    let raw = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const next = this.byte();
      raw |= (next & 0x7f) << shift;
      if (next < 0x80) {
        if (shift === 28 && next > 0x0f) break;
        return (raw >>> 1) ^ -(raw & 1);
      }
    }
    throw invalid('varint is longer than 32 bits');
  }

  /** A signed 64-bit varint that is a safe integer. */
  varlong(): number {
    let raw = 0;
    let scale = 1;
    for (let count = 0; count < 7; count++) {
      const next = this.byte();
      raw += (next & 0x7f) * scale;
      if (next < 0x80) return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
      scale *= 128;
    }
    return this.#longVarlong(BigInt(raw));
  }

  /** Beyond 49 bits a double may lose the lowest ones: the rest is read exactly. */
  #longVarlong(low: bigint): number {
    let raw = low;
    for (let shift = 49n; shift <= 63n; shift += 7n) {
      const next = this.byte();
      raw |= BigInt(next & 0x7f) << shift;
      if (next < 0x80) {
        const value = Number((raw >> 1n) ^ -(raw & 1n));
        if (raw > 0xffffffffffffffffn || !Number.isSafeInteger(value)) break;
        return value;
      }
    }
    throw invalid('varlong is beyond 2^53');
  }

  /** Steps over `length` bytes and returns where they start. */
  skip(length: number): number {
    const start = this.position;
    if (length < 0 || length > this.end - start) throw invalid('a length in a record reaches beyond its end');
    this.position = start + length;
    return start;
  }
}
