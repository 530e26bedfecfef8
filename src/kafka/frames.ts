import type { MemoryBudget } from './budget.ts';
import type { Slabs } from '../base/slabs.ts';

/** A length that no request may have; the connection must be closed, as its next byte has no meaning. */
export class FrameLengthError extends Error {
  override readonly name = 'FrameLengthError';
}

const LENGTH_BYTES = 4;
const EMPTY = new Uint8Array(0);
/**
 * A frame's buffer grows with what arrives, so that a length alone costs no memory: it starts small as long as little is there,
 * has at once the size of nearly every real request when more is there, and doubles from then on.
 */
const SMALL_BYTES = 16 * 1024;
const LARGE_BYTES = 1 << 20;

/**
 * Where a frame lies: in the receive buffer, which is overwritten after the call; in a slab, to be given back to it; or in a buffer of
 * its own.
 */
export type FramePlace = 'receive' | 'slab' | 'own';

/** What a reader hands whole frames to. */
export interface FrameSink {
  /**
   * Takes one frame, without its length. Returns false to have the same frame again at `resume`. Its size was taken from the budget; who
   * accepts it, releases it.
   */
  accept(frame: Uint8Array, place: FramePlace): boolean;
  /** Whether reading of a further frame may start; false means `resume` will be called. */
  mayStart(): boolean;
  /** Whether the frame that is being read may take more memory; false means `resume` will be called. */
  mayGrow(): boolean;
}

/**
 * Cuts the bytes of one connection into frames. Small frames are handed out as slices of the receive buffer, which all connections share;
 * a frame that is not complete yet gets a buffer of its own, and its further bytes are read straight into it.
 */
export class FrameReader {
  readonly #shared: Uint8Array;
  readonly #slabs: Slabs;
  #maxBytes: number;
  readonly #budget: MemoryBudget;
  readonly #sink: FrameSink;
  readonly #length = new Uint8Array(LENGTH_BYTES);
  #lengthFilled = 0;
  /** The frame that is being read, its size and how much of it is there. */
  #frame: Uint8Array | undefined;
  #inSlab = false;
  #size = 0;
  #filled = 0;
  /** The memory of the frame is full, and there is no more for it yet. */
  #starved = false;
  /** A whole frame that the sink did not take yet. */
  #held: Uint8Array | undefined;
  #heldPlace: FramePlace = 'own';
  /** What was received behind a frame that the sink did not take, or while no frame may start. */
  #rest: Uint8Array | undefined;
  #closed = false;

  constructor(shared: Uint8Array, slabs: Slabs, maxBytes: number, budget: MemoryBudget, sink: FrameSink) {
    this.#shared = shared;
    this.#slabs = slabs;
    this.#maxBytes = maxBytes;
    this.#budget = budget;
    this.#sink = sink;
  }

  /** Sets the size up to which further frames may begin. */
  set maxBytes(bytes: number) {
    this.#maxBytes = bytes;
  }

  /** True while received bytes wait for `resume`: nothing more may be read. */
  get blocked(): boolean {
    return this.#held !== undefined || this.#rest !== undefined || this.#starved;
  }

  /** True when a frame that its client has not sent completely, or that was not taken yet, is held at the cost of the budget. */
  get holdsMemory(): boolean {
    return (this.#frame !== undefined && !this.#starved) || this.#held !== undefined;
  }

  /** Where the next bytes are to be written. A socket may have asked for its next buffer long before it fills it. */
  target(): Uint8Array {
    return this.#frame === undefined || this.#starved ? this.#shared : this.#frame.subarray(this.#filled);
  }

  /** `count` bytes were written to `into`, which `target` gave at some time. Throws FrameLengthError. */
  received(count: number, into: Uint8Array): void {
    if (into === this.#shared) this.#take(into.subarray(0, count));
    else {
      this.#filled += count;
      this.#advanceFrame();
    }
  }

  /** Bytes in the receive buffer: the rest of a frame that began meanwhile, and what comes after it. */
  #take(bytes: Uint8Array): void {
    let at = 0;
    while (this.#frame !== undefined && !this.#starved && at < bytes.length) {
      const count = Math.min(bytes.length - at, this.#frame.length - this.#filled);
      this.#frame.set(bytes.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      this.#advanceFrame();
    }
    if (this.blocked) this.#keep(bytes, at);
    else this.#parse(bytes.subarray(at));
  }

  /** Offers again what the sink did not take, and goes on with a frame that had to wait. Throws FrameLengthError. */
  resume(): void {
    if (this.#starved && !this.#grow()) return;
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined && !this.#sink.accept(held, this.#heldPlace)) {
      this.#held = held;
      return;
    }
    const rest = this.#rest;
    if (rest === undefined) return;
    this.#rest = undefined;
    this.#take(rest);
  }

  /** Gives back what the connection holds, at its end. */
  close(): void {
    this.#closed = true;
    this.#budget.release(this.#frame?.length ?? 0);
    this.#budget.release(this.#held?.length ?? 0);
    this.#frame = undefined;
    this.#starved = false;
    this.#held = undefined;
    this.#rest = undefined;
    this.#lengthFilled = 0;
  }

  #parse(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !this.#closed) {
      if (this.#lengthFilled === 0 && !this.#sink.mayStart()) return this.#keep(bytes, at);
      while (this.#lengthFilled < LENGTH_BYTES && at < bytes.length) this.#length[this.#lengthFilled++] = bytes[at++]!;
      if (this.#lengthFilled < LENGTH_BYTES) return;
      this.#checkLength();
      if (bytes.length - at < this.#size) return this.#startFrame(bytes.subarray(at));
      const frame = bytes.subarray(at, at + this.#size);
      at += this.#size;
      this.#lengthFilled = 0;
      this.#budget.take(frame.length);
      if (!this.#sink.accept(frame, 'receive')) {
        this.#held = new Uint8Array(frame);
        this.#heldPlace = 'own';
        return this.#keep(bytes, at);
      }
    }
  }

  #keep(bytes: Uint8Array, from: number): void {
    if (from < bytes.length) this.#rest = Buffer.concat([this.#rest ?? EMPTY, bytes.subarray(from)]);
  }

  #checkLength(): void {
    const [a, b, c, d] = this.#length;
    this.#size = (a! << 24) | (b! << 16) | (c! << 8) | d!;
    if (this.#size < 0 || this.#size > this.#maxBytes) {
      throw new FrameLengthError(`request of ${this.#size} bytes; at most ${this.#maxBytes} are allowed`);
    }
  }

  #startFrame(first: Uint8Array): void {
    const capacity = Math.max(first.length, first.length < SMALL_BYTES / 2 ? SMALL_BYTES : LARGE_BYTES);
    this.#inSlab = this.#size <= capacity;
    this.#frame = this.#inSlab ? this.#slabs.take(this.#size) : Buffer.allocUnsafeSlow(capacity);
    this.#budget.take(this.#frame.length);
    this.#frame.set(first);
    this.#filled = first.length;
    this.#lengthFilled = 0;
  }

  /** More of the frame has arrived: hand it out when complete, make its buffer larger when full. */
  #advanceFrame(): void {
    const frame = this.#frame!;
    if (this.#filled < frame.length) return;
    if (frame.length < this.#size) return void this.#grow();
    this.#frame = undefined;
    const place = this.#inSlab ? 'slab' : 'own';
    if (this.#sink.accept(frame, place)) return;
    this.#held = frame;
    this.#heldPlace = place;
  }

  /** Makes the memory of the frame larger; false when it has to wait for that. */
  #grow(): boolean {
    this.#starved = !this.#sink.mayGrow();
    if (this.#starved) return false;
    const frame = this.#frame!;
    const capacity = Math.min(this.#size, Math.max(LARGE_BYTES, frame.length * 2));
    this.#inSlab = capacity === this.#size;
    const grown = this.#inSlab ? this.#slabs.take(capacity) : Buffer.allocUnsafeSlow(capacity);
    this.#budget.take(grown.length - frame.length);
    grown.set(frame);
    this.#frame = grown;
    return true;
  }
}
