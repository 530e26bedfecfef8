import { Slabs } from '../base/slabs.ts';
import type { ReadLease } from './types.ts';

/**
 * Who is reading memory that will be used again. Time is counted in epochs: whatever was given up in an epoch can be used again when every
 * lease that began in it or before has ended.
 */
export class ReadLeases {
  #epoch = 0;
  /** Leases under way by the epoch of their beginning, in that order. */
  readonly #active = new Map<number, number>();
  readonly #slabs = new Slabs();

  begin(): ReadLease {
    const epoch = this.#epoch;
    this.#active.set(epoch, (this.#active.get(epoch) ?? 0) + 1);
    const taken: Uint8Array[] = [];
    let ended = false;
    return {
      take: (size) => {
        const piece = this.#slabs.take(size);
        taken.push(piece);
        return piece;
      },
      hold: (pieces) => void taken.push(...pieces),
      end: () => {
        if (ended) return;
        ended = true;
        for (const piece of taken) this.#slabs.giveBack(piece);
        const left = (this.#active.get(epoch) ?? 1) - 1;
        if (left === 0) this.#active.delete(epoch);
        else this.#active.set(epoch, left);
      },
    };
  }

  /** Memory of exactly `size` bytes, to be given back or handed to a lease. */
  take(size: number): Uint8Array {
    return this.#slabs.take(size);
  }

  giveBack(piece: Uint8Array): void {
    this.#slabs.giveBack(piece);
  }

  /** Something is given up now: the epoch of it, to be asked about later. */
  giveUp(): number {
    return this.#epoch++;
  }

  /** Whether nobody can still be reading what was given up in `epoch`. */
  isFree(epoch: number): boolean {
    const [oldest] = this.#active.keys();
    return oldest === undefined || oldest > epoch;
  }
}
