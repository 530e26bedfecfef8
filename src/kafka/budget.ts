/**
 * Bytes of requests that the whole server holds at once, partly read or in work (`queued.max.request.bytes`). As Kafka's
 * memory pool, it lets the last taker go over: a request larger than the limit passes when nothing else is held.
 */
export class MemoryBudget {
  readonly #limit: number;
  #used = 0;
  #waking = false;
  readonly #waiting = new Set<() => void>();
  /** Those whose request is read in part, and has to wait with its rest. */
  readonly #halfway = new Set<() => void>();
  /** Who goes on above the limit, until its bytes are free again. */
  #ahead: (() => void) | undefined;

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
    return this.#waiting.size + this.#halfway.size;
  }

  take(bytes: number): void {
    this.#used += bytes;
  }

  /** `by` is who took them, where it may be the one that goes on above the limit. */
  release(bytes: number, by?: () => void): void {
    this.#used -= bytes;
    this.giveWay(by);
  }

  /** `by` need not go on above the limit: another one may. */
  giveWay(by: (() => void) | undefined): void {
    if (by !== undefined && by === this.#ahead) this.#ahead = undefined;
    if (this.waiting === 0 || this.#waking) return;
    if (this.exhausted && (this.#halfway.size === 0 || this.#ahead !== undefined)) return;
    this.#waking = true;
    // Not from within whoever releases: that may be in the middle of a request.
    queueMicrotask(() => this.#wake());
  }

  /** Calls `resume` once, when bytes are free again. Asking twice is the same as asking once. */
  whenAvailable(resume: () => void): void {
    this.#waiting.add(resume);
  }

  /**
   * Whether a request that is read in part may take more. Above the limit one at a time may, so that somebody always gets on; `resume` of
   * another one is called once, when it may be its turn.
   */
  mayGrow(resume: () => void): boolean {
    if (!this.exhausted) return true;
    this.#ahead ??= resume;
    if (this.#ahead === resume) return true;
    this.#halfway.add(resume);
    return false;
  }

  /** Forgets one that waits, or goes on. */
  forget(resume: () => void): void {
    this.#waiting.delete(resume);
    this.#halfway.delete(resume);
    this.giveWay(resume);
  }

  /** In the order in which they began to wait; each may take what the next one hoped for. */
  #wake(): void {
    this.#waking = false;
    // What was begun comes first: it holds bytes that are free only when it is done with.
    for (const resume of Array.from(this.#halfway)) {
      if (this.exhausted && this.#ahead !== undefined) return;
      this.#halfway.delete(resume);
      resume();
    }
    for (const resume of Array.from(this.#waiting)) {
      if (this.exhausted) return;
      this.#waiting.delete(resume);
      resume();
    }
  }
}
