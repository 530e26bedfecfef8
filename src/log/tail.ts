import { baseOffsetOf } from './batch-fields.ts';

/** The newest batches of one partition, in memory: a contiguous run of offsets that ends at the log's end. */
export class PartitionTail {
  #first = 0;
  #lastOffsets: number[] = [];
  #batches: Uint8Array[] = [];

  /** Adds the batch that follows; see `TailCache.add`. */
  push(lastOffset: number, batch: Uint8Array): void {
    this.#lastOffsets.push(lastOffset);
    this.#batches.push(batch);
  }

  /** Drops the oldest batch and gives it. */
  shift(): Uint8Array | undefined {
    const batch = this.#batches[this.#first];
    if (batch === undefined) return undefined;
    this.#batches[this.#first] = EMPTY;
    this.#first += 1;
    if (this.#first > 64 && this.#first * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#first);
      this.#lastOffsets = this.#lastOffsets.slice(this.#first);
      this.#first = 0;
    }
    return batch;
  }

  /** Number of the batch that holds `offset`; -1 when the tail does not reach back to it or forward to it. */
  #find(offset: number): number {
    const oldest = this.#batches[this.#first];
    if (oldest === undefined || offset < baseOffsetOf(oldest)) return -1;
    let low = this.#first;
    let high = this.#lastOffsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#lastOffsets[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return low === this.#lastOffsets.length ? -1 : low;
  }

  /**
   * Whole batches from the one that holds `offset`, which end before `below`; at most `maxBytes`, but at least one with `atLeastOne`.
   * Undefined when the tail does not hold `offset`.
   */
  read(offset: number, below: number, maxBytes: number, atLeastOne: boolean): Uint8Array[] | undefined {
    const from = this.#find(offset);
    if (from < 0) return undefined;
    const found: Uint8Array[] = [];
    let bytes = 0;
    for (let at = from; at < this.#batches.length && this.#lastOffsets[at]! < below; at++) {
      const batch = this.#batches[at]!;
      bytes += batch.length;
      if (bytes > maxBytes && !(atLeastOne && at === from)) break;
      found.push(batch);
    }
    return found;
  }
}

const EMPTY = new Uint8Array(0);

/**
 * The newest batches of all partitions, bounded by the bytes of the buffers that they keep alive: a batch is a slice, and a slice
 * pins its whole buffer. The oldest batches go first, whatever their partition.
 */
export class TailCache {
  readonly #maxBytes: number;
  #owners: PartitionTail[] = [];
  #first = 0;
  /** How many batches lie in a buffer. */
  readonly #pins = new Map<ArrayBufferLike, number>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the buffers kept alive. */
  get bytes(): number {
    return this.#bytes;
  }

  add(owner: PartitionTail, lastOffset: number, batch: Uint8Array): void {
    owner.push(lastOffset, batch);
    this.#owners.push(owner);
    const pins = this.#pins.get(batch.buffer);
    if (pins === undefined) this.#bytes += batch.buffer.byteLength;
    this.#pins.set(batch.buffer, (pins ?? 0) + 1);
    while (this.#bytes > this.#maxBytes && this.#first < this.#owners.length) this.#evict();
    if (this.#first > 1024 && this.#first * 2 > this.#owners.length) {
      this.#owners = this.#owners.slice(this.#first);
      this.#first = 0;
    }
  }

  #evict(): void {
    const batch = this.#owners[this.#first]?.shift();
    this.#first += 1;
    if (batch === undefined) return;
    const pins = this.#pins.get(batch.buffer) ?? 1;
    if (pins > 1) this.#pins.set(batch.buffer, pins - 1);
    else {
      this.#pins.delete(batch.buffer);
      this.#bytes -= batch.buffer.byteLength;
    }
  }
}
