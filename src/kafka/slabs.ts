const SLAB_BYTES = 1 << 20;
/** Anything larger gets a buffer of its own. */
const LARGEST = SLAB_BYTES / 4;

/**
 * Memory for produced records, handed out piece by piece from large buffers in the order of arrival, which is also the order in which the log's tail lets
 * go of them. One large buffer instead of many small ones keeps the garbage collector's work small. Nothing is ever reused: a slab
 * goes when no slice of it is held.
 */
export class Slabs {
  #slab: Buffer = Buffer.alloc(0);
  #used = 0;

  /** Uninitialized memory of exactly `size` bytes, which overlaps no other. */
  take(size: number): Buffer {
    if (size > LARGEST) return Buffer.allocUnsafeSlow(size);
    if (size > this.#slab.length - this.#used) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used = start + size;
    return this.#slab.subarray(start, start + size);
  }

  copy(bytes: Uint8Array): Buffer {
    const copy = this.take(bytes.length);
    copy.set(bytes);
    return copy;
  }
}
