/** A growing buffer for varints and bytes. */
export class Sink {
  #bytes = new Uint8Array(512);
  length = 0;

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.length);
    this.length += value.length;
  }

  /** A zigzag varint of a safe integer (32-bit fields fit as well). */
  varint(value: number): void {
    this.#reserve(10);
    let raw = value < 0 ? -value * 2 - 1 : value * 2;
    if (!Number.isSafeInteger(raw)) {
      this.#bigVarint(value);
      return;
    }
    while (raw >= 0x80) {
      this.#bytes[this.length++] = (raw % 128) | 0x80;
      raw = Math.floor(raw / 128);
    }
    this.#bytes[this.length++] = raw;
  }

  #bigVarint(value: number): void {
    const signed = BigInt(value);
    let raw = signed < 0n ? -signed * 2n - 1n : signed * 2n;
    while (raw >= 0x80n) {
      this.#bytes[this.length++] = Number(raw & 0x7fn) | 0x80;
      raw >>= 7n;
    }
    this.#bytes[this.length++] = Number(raw);
  }

  /** The bytes so far, as a slice that later writes may overwrite. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.view());
    this.#bytes = grown;
  }
}
