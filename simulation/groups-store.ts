import type { Clock, Timer } from '../src/base/clock.ts';
import { below, type Random } from '../src/base/random.ts';
import { SqlUnavailable } from '../src/metadata/errors.ts';
import type { SqlEngine, SqlStatement } from '../src/metadata/types.ts';

export interface StoreFaults {
  /** Chance that a transaction is refused, nothing being written. */
  refuse: number;
  /** Chance that it is written but reported as failed. */
  lie: number;
  /** Longest time of a transaction, ms. */
  slowMs: number;
}

/**
 * The SQL store as one life of the coordinator sees it: slow, and failing. When that life ends by a crash, what was under way
 * is written or not, as chance will have it, and nothing after it.
 */
export class FaultyStore implements SqlEngine {
  readonly #inner: SqlEngine;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #faults: StoreFaults;
  readonly #underWay = new Map<Timer, readonly SqlStatement[]>();
  #ended = false;

  constructor(inner: SqlEngine, clock: Clock, random: Random, faults: StoreFaults) {
    this.#inner = inner;
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
  }

  query(sql: string, params: readonly (string | number | Uint8Array | null)[] = []): Promise<never> {
    return this.#inner.query(sql, params) as Promise<never>;
  }

  transaction(statements: readonly SqlStatement[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return;
      const timer = this.#clock.after(below(this.#random, this.#faults.slowMs), () => {
        this.#underWay.delete(timer);
        const dice = this.#random.float();
        const failure = new SqlUnavailable('simulated failure');
        if (dice < this.#faults.refuse) return reject(failure);
        const lies = dice < this.#faults.refuse + this.#faults.lie;
        return this.#inner.transaction(statements).then(lies ? () => reject(failure) : resolve, reject);
      });
      this.#underWay.set(timer, statements);
    });
  }

  /** The process died. */
  async crash(): Promise<void> {
    this.#ended = true;
    for (const [timer, statements] of this.#underWay) {
      timer.cancel();
      if (this.#random.float() < 0.5) await this.#inner.transaction(statements);
    }
    this.#underWay.clear();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A clock whose timers die with the life that set them. */
export class MortalClock implements Clock {
  readonly #inner: Clock;
  readonly #timers = new Set<Timer>();
  #ended = false;

  constructor(inner: Clock) {
    this.#inner = inner;
  }

  now(): number {
    return this.#inner.now();
  }

  monotonic(): number {
    return this.#inner.monotonic();
  }

  after(delayMs: number, run: () => void): Timer {
    if (this.#ended) return { cancel: () => undefined };
    const timer = this.#inner.after(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
    return {
      cancel: () => {
        timer.cancel();
        this.#timers.delete(timer);
      },
    };
  }

  end(): void {
    this.#ended = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
