/**
 * Bytes of requests that the whole server holds at once, partly read or in work (`queued.max.request.bytes`). As Kafka's
 * memory pool, it lets the last taker go over: a request larger than the limit passes when nothing else is held.
 */
export class MemoryBudget {
  readonly #limit: number;
  #used = 0;
  #waking = false;
  readonly #waiting = new Set<() => void>();

  /** `limit` in bytes; negative means none. */
  constructor(limit: number) {
    this.#limit = limit < 0 ? Infinity : limit;
  }

  get used(): number {
    return this.#used;
  }

  get exhausted(): boolean {
    return this.#used >= this.#limit;
  }

  /** Connections that wait for bytes. */
  get waiting(): number {
    return this.#waiting.size;
  }

  take(bytes: number): void {
    this.#used += bytes;
  }

  release(bytes: number): void {
    this.#used -= bytes;
    if (this.#waiting.size === 0 || this.exhausted || this.#waking) return;
    this.#waking = true;
    // Not from within whoever releases: that may be in the middle of a request.
    queueMicrotask(() => this.#wake());
  }

  /** Calls `resume` once, when bytes are free again. Asking twice is the same as asking once. */
  whenAvailable(resume: () => void): void {
    this.#waiting.add(resume);
  }

  /** Forgets one that waits. */
  forget(resume: () => void): void {
    this.#waiting.delete(resume);
  }

  /** In the order in which they began to wait; each may take what the next one hoped for. */
  #wake(): void {
    this.#waking = false;
    const waiting = [...this.#waiting];
    for (const resume of waiting) {
      if (this.exhausted) return;
      this.#waiting.delete(resume);
      resume();
    }
  }
}
