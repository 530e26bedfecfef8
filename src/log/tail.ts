import { ReadLeases } from './read-leases.ts';
import { baseOffsetOf } from './batch-fields.ts';

/** The newest batches of one partition, in memory: a contiguous run of offsets that ends at the log's end. */
export class PartitionTail {
  #first = 0;
  /** Batches that were dropped before their memory was given up. */
  #dropped = 0;
  #lastOffsets: number[] = [];
  #batches: Uint8Array[] = [];

  /** Adds the batch that follows; see `TailCache.add`. */
  push(lastOffset: number, batch: Uint8Array): void {
    this.#lastOffsets.push(lastOffset);
    this.#batches.push(batch);
  }

  /** The memory of the oldest batch is given up. */
  shift(): void {
    if (this.#dropped > 0) this.#dropped -= 1;
    else this.#dropOldest();
  }

  /** Drops the batches that end before `offset`. */
  dropBefore(offset: number): void {
    while (this.#first < this.#batches.length && this.#lastOffsets[this.#first]! < offset) {
      this.#dropOldest();
      this.#dropped += 1;
    }
  }

  #dropOldest(): void {
    if (this.#first === this.#batches.length) return;
    this.#batches[this.#first] = EMPTY;
    this.#first += 1;
    if (this.#first > 64 && this.#first * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#first);
      this.#lastOffsets = this.#lastOffsets.slice(this.#first);
      this.#first = 0;
    }
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

  holds(offset: number): boolean {
    return this.#find(offset) >= 0;
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

/** Chunks are this large, or an eighth of the cache where that is less. */
const CHUNK_BYTES = 1024 * 1024;
/** Chunks that somebody may still be reading wait here to be used again; beyond so many the garbage collector gets them. */
const MAX_WAITING = 16;

/** Memory that is filled from the front, and given up as a whole. */
interface Chunk {
  readonly bytes: Uint8Array;
  used: number;
  /** Whose batches lie in it, in order. */
  readonly owners: PartitionTail[];
}

/**
 * The newest batches of all partitions, bounded in bytes. Batches are copied into large chunks, so that what they came in can be used
 * again at once; the oldest chunk goes first, whatever partitions lie in it, and is filled again when no reader is left. Copying costs
 * a tenth of what allocating anew and collecting costs (docs/decisions/0004-buffers-are-used-again.md).
 */
export class TailCache {
  readonly leases = new ReadLeases();
  readonly #maxBytes: number;
  readonly #chunkBytes: number;
  #chunks: Chunk[] = [];
  readonly #waiting: { bytes: Uint8Array; epoch: number }[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#chunkBytes = Math.min(CHUNK_BYTES, Math.floor(maxBytes / 8));
  }

  /** Bytes of the chunks that hold batches. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Copies the batch that follows in `owner`'s tail. */
  add(owner: PartitionTail, lastOffset: number, batch: Uint8Array): void {
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.used + batch.length > chunk.bytes.length) chunk = this.#open(batch.length);
    const copy = chunk.bytes.subarray(chunk.used, chunk.used + batch.length);
    copy.set(batch);
    chunk.used += batch.length;
    chunk.owners.push(owner);
    owner.push(lastOffset, copy);
    // A batch larger than the whole cache goes at once.
    while (this.#bytes > this.#maxBytes && this.#chunks.length > 0) this.#evict();
  }

  #open(length: number): Chunk {
    while (this.#chunks.length > 0 && this.#bytes + Math.max(length, this.#chunkBytes) > this.#maxBytes) this.#evict();
    const chunk = { bytes: length > this.#chunkBytes ? new Uint8Array(length) : this.#take(), used: 0, owners: [] };
    this.#chunks.push(chunk);
    this.#bytes += chunk.bytes.length;
    return chunk;
  }

  #take(): Uint8Array {
    const oldest = this.#waiting[0];
    if (oldest !== undefined && this.leases.isFree(oldest.epoch)) {
      this.#waiting.shift();
      return oldest.bytes;
    }
    return new Uint8Array(this.#chunkBytes);
  }

  #evict(): void {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return;
    for (const owner of chunk.owners) owner.shift();
    this.#bytes -= chunk.bytes.length;
    if (chunk.bytes.length !== this.#chunkBytes) return;
    this.#waiting.push({ bytes: chunk.bytes, epoch: this.leases.giveUp() });
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
  }
}
