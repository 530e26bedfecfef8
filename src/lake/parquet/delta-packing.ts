const BLOCK = 128;
const MINIBLOCK = 32;
/** Values further apart than this are written plain: their differences must stay exact in a double, shifted by up to 7 bits too. */
const MAX_RANGE = 2 ** 44;

/** Whether `deltaPacked` can hold the values. */
export function fitsDeltaPacking(values: Float64Array): boolean {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return (
    values.length > 0 && greatest - least < MAX_RANGE && Number.isSafeInteger(least) && Number.isSafeInteger(greatest)
  );
}

/**
 * Parquet's encoding DELTA_BINARY_PACKED: offsets and times, which rise, take a few bits each. Counts with doubles, because bigints cost
 * more than all the rest of a file.
 */
export function deltaPacked(values: Float64Array): Uint8Array {
  const out = new BitWriter(64 + values.length * 9);
  out.varint(BLOCK);
  out.varint(BLOCK / MINIBLOCK);
  out.varint(values.length);
  out.zigzag(values[0]!);
  const deltas = new Float64Array(BLOCK);
  for (let start = 1; start < values.length; start += BLOCK) {
    const count = Math.min(BLOCK, values.length - start);
    let least = Number.POSITIVE_INFINITY;
    for (let at = 0; at < count; at++) {
      const delta = values[start + at]! - values[start + at - 1]!;
      deltas[at] = delta;
      if (delta < least) least = delta;
    }
    out.zigzag(least);
    writeBlock(out, deltas, count, least);
  }
  return out.written();
}

function writeBlock(out: BitWriter, deltas: Float64Array, count: number, least: number): void {
  const widths: number[] = [];
  for (let start = 0; start < BLOCK; start += MINIBLOCK) {
    let greatest = 0;
    for (let at = start; at < Math.min(start + MINIBLOCK, count); at++)
      greatest = Math.max(greatest, deltas[at]! - least);
    const width = widthOf(greatest);
    widths.push(width);
    out.byte(width);
  }
  for (let start = 0; start < count; start += MINIBLOCK) {
    const width = widths[start / MINIBLOCK]!;
    for (let at = start; at < start + MINIBLOCK; at++) out.bits(at < count ? deltas[at]! - least : 0, width);
  }
}

function widthOf(value: number): number {
  const high = Math.floor(value / 2 ** 32);
  return high === 0 ? 32 - Math.clz32(value) : 64 - Math.clz32(high);
}

/** Bytes, and numbers of up to 45 bits packed from the least bit on. */
class BitWriter {
  readonly #bytes: Uint8Array;
  #used = 0;
  #pending = 0;
  #pendingBits = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  byte(value: number): void {
    this.#bytes[this.#used++] = value;
  }

  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /** Signed numbers, small ones first: 0, −1, 1, −2 … The doubled value can pass 2⁵³, so bigints count here; there is one a block. */
  zigzag(value: number): void {
    let rest = value < 0 ? -2n * BigInt(value) - 1n : 2n * BigInt(value);
    while (rest >= 0x80n) {
      this.byte(Number(rest & 0x7fn) + 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest));
  }

  /** A miniblock has 32 values, so it always ends with a whole byte. */
  bits(value: number, width: number): void {
    let pending = this.#pending + value * 2 ** this.#pendingBits;
    let bits = this.#pendingBits + width;
    while (bits >= 8) {
      const rest = Math.floor(pending / 256);
      this.#bytes[this.#used++] = pending - rest * 256;
      pending = rest;
      bits -= 8;
    }
    this.#pending = pending;
    this.#pendingBits = bits;
  }

  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#used);
  }
}
