import type { WalPosition } from './segment-reader.ts';

const POSITION_BITS = 32n;

/**
 * How far the WAL is durable, readable from every thread: one 64-bit word (segment, position) that is stored and loaded whole, and a counter
 * to wait on. Positions are below 4 GiB.
 */
export class DurableWatermark {
  /** To hand to a worker, which makes its own `DurableWatermark` over it. */
  readonly shared: SharedArrayBuffer;
  readonly #word: BigInt64Array;
  readonly #changes: Int32Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(16)) {
    this.shared = shared;
    this.#word = new BigInt64Array(shared, 0, 1);
    this.#changes = new Int32Array(shared, 8, 1);
  }

  /** Called by the one writer. */
  publish(segment: number, position: number): void {
    Atomics.store(this.#word, 0, (BigInt(segment) << POSITION_BITS) | BigInt(position));
    Atomics.add(this.#changes, 0, 1);
    Atomics.notify(this.#changes, 0);
  }

  read(): WalPosition {
    const word = Atomics.load(this.#word, 0);
    return { segment: Number(word >> POSITION_BITS), position: Number(word & 0xffffffffn) };
  }

  /** A number that changes with every publication. Take it before `read`, then give it to `changed`. */
  get version(): number {
    return Atomics.load(this.#changes, 0);
  }

  /** Resolves when there was a publication since `version` was taken, or after `timeoutMs`. */
  async changed(version: number, timeoutMs: number): Promise<void> {
    const wait = Atomics.waitAsync(this.#changes, 0, version, timeoutMs);
    if (wait.async) await wait.value;
  }
}
