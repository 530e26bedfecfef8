const SLAB_BYTES = 2 << 20;
/** Anything larger gets a buffer of its own. */
const LARGEST = SLAB_BYTES;
/** Slabs kept to be used again. */
const MAX_FREE = 32;

/** What is known of a slab that was handed out in pieces. */
interface Slab {
  readonly bytes: Buffer;
  used: number;
  /** Pieces that were not given back yet. */
  pieces: number;
}

/**
 * Memory for requests and answers on their way, handed out piece by piece from large buffers. A slab all of whose pieces were given back
 * is filled again, so that a steady load needs no new memory; one with a piece that nobody gives back is left to the
 * garbage collector.
 */
export class Slabs {
  #slab: Slab = { bytes: Buffer.alloc(0), used: 0, pieces: 0 };
  readonly #slabs = new WeakMap<ArrayBufferLike, Slab>();
  readonly #free: Slab[] = [];

  /** Uninitialized memory of exactly `size` bytes, which overlaps no other that is in use. */
  take(size: number): Buffer {
    if (size > LARGEST) return Buffer.allocUnsafeSlow(size);
    if (size > this.#slab.bytes.length - this.#slab.used) this.#slab = this.#free.pop() ?? this.#make();
    const slab = this.#slab;
    const start = slab.used;
    slab.used = start + size;
    slab.pieces++;
    return slab.bytes.subarray(start, slab.used);
  }

  #make(): Slab {
    const slab = { bytes: Buffer.allocUnsafeSlow(SLAB_BYTES), used: 0, pieces: 0 };
    this.#slabs.set(slab.bytes.buffer, slab);
    return slab;
  }

  copy(bytes: Uint8Array): Buffer {
    const copy = this.take(bytes.length);
    copy.set(bytes);
    return copy;
  }

  /** Nobody uses `piece`, which `take` or `copy` gave, nor any slice of it. To be called once; other buffers are ignored. */
  giveBack(piece: Uint8Array): void {
    const slab = this.#slabs.get(piece.buffer);
    if (slab === undefined) return;
    slab.pieces--;
    if (slab.pieces > 0) return;
    slab.used = 0;
    if (slab !== this.#slab && this.#free.length < MAX_FREE) this.#free.push(slab);
  }
}
