const FIRST_CAPACITY = 8;

/** Bytes of one batch in an index, in memory and in an `.idx` file. */
export const BATCH_INDEX_BYTES = 28;

/**
 * Where the batches of one partition lie in one WAL segment, in offset order: columns of numbers, grown by doubling.
 * Positions are those of the entries, lengths count whole entries.
 */
export class BatchIndex {
  count = 0;
  offsets: Float64Array;
  timestamps: Float64Array;
  positions: Uint32Array;
  lengths: Uint32Array;
  /** Last offset of each batch, less its base offset. */
  lastDeltas: Uint32Array;
  /** A bit for each batch that was read whole; made when the first one is. */
  #whole = new Uint8Array();

  constructor(capacity = FIRST_CAPACITY) {
    this.offsets = new Float64Array(capacity);
    this.timestamps = new Float64Array(capacity);
    this.positions = new Uint32Array(capacity);
    this.lengths = new Uint32Array(capacity);
    this.lastDeltas = new Uint32Array(capacity);
  }

  push(baseOffset: number, lastDelta: number, position: number, length: number, maxTimestamp: number): void {
    const at = this.count;
    if (at === this.offsets.length) this.#grow(Math.max(FIRST_CAPACITY, at * 2));
    this.offsets[at] = baseOffset;
    this.lastDeltas[at] = lastDelta;
    this.positions[at] = position;
    this.lengths[at] = length;
    this.timestamps[at] = maxTimestamp;
    this.count = at + 1;
  }

  lastOffset(at: number): number {
    return this.offsets[at]! + this.lastDeltas[at]!;
  }

  /** The batch that holds `offset`, or else the first one after it; `count` when there is none. */
  find(offset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.lastOffset(middle) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first batch from `at` on whose maximum timestamp is at least `timestamp`; `count` when there is none. */
  findTimestamp(timestamp: number, at: number): number {
    let found = at;
    while (found < this.count && this.timestamps[found]! < timestamp) found++;
    return found;
  }

  /** Whether the batch was found whole by an earlier read. */
  isWhole(at: number): boolean {
    return ((this.#whole[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;
  }

  noteWhole(at: number): void {
    if (at >> 3 >= this.#whole.length) {
      const grown = new Uint8Array(Math.ceil(this.offsets.length / 8));
      grown.set(this.#whole);
      this.#whole = grown;
    }
    this.#whole[at >> 3]! |= 1 << (at & 7);
  }

  get bytes(): number {
    return this.offsets.length * BATCH_INDEX_BYTES + Math.ceil(this.offsets.length / 8);
  }

  #grow(capacity: number): void {
    const grown = <T extends Float64Array | Uint32Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.offsets = grown(new Float64Array(capacity), this.offsets);
    this.timestamps = grown(new Float64Array(capacity), this.timestamps);
    this.positions = grown(new Uint32Array(capacity), this.positions);
    this.lengths = grown(new Uint32Array(capacity), this.lengths);
    this.lastDeltas = grown(new Uint32Array(capacity), this.lastDeltas);
  }
}
