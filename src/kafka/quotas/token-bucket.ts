/**
 * Tokens that come back at a steady rate (KIP-599). Whoever finds the bucket not below zero may take as many as it wants; the next one
 * waits until the debt is paid. Times are milliseconds that never go back; limits are tokens per second.
 */
export class TokenBucket {
  readonly #burstSeconds: number;
  #tokens = Infinity;
  #refilled = 0;
  #limit = 1;

  /** The bucket holds what comes in `burstSeconds`; it is full at first. */
  constructor(burstSeconds: number) {
    this.#burstSeconds = burstSeconds;
  }

  /** Time until the debt is paid; 0 when there is none. */
  delayMs(limit: number, now: number): number {
    this.#refill(limit, now);
    return this.#tokens < 0 ? Math.round((-this.#tokens / limit) * 1000) : 0;
  }

  take(count: number, limit: number, now: number): void {
    this.#refill(limit, now);
    this.#tokens -= count;
  }

  /** Whether it is as a new one. */
  isFull(now: number): boolean {
    this.#refill(this.#limit, now);
    return this.#tokens >= this.#limit * this.#burstSeconds;
  }

  #refill(limit: number, now: number): void {
    this.#limit = limit;
    const come = (limit * (now - this.#refilled)) / 1000;
    this.#tokens = Math.min(limit * this.#burstSeconds, this.#tokens + come);
    this.#refilled = now;
  }
}
