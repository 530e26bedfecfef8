import type { ByteBudget } from './byte-budget.ts';
import { SearchError } from './error.ts';

/** Bytes that one answer may still take, out of what all answers may take together. */
export class AnswerBudget {
  readonly #limit: number;
  readonly #all: ByteBudget;
  #used = 0;
  #released = false;

  constructor(limit: number, all: ByteBudget) {
    this.#limit = limit;
    this.#all = all;
  }

  /** Throws circuit_breaking_exception (429) beyond either limit, timeout_exception (504) for an answer that was given up. */
  take(bytes: number): void {
    // Who still works for it has nobody to give back what is taken now.
    if (this.#released) throw new SearchError('timeout_exception', 'nobody waits for the answer any more', 504);
    if (this.#used + bytes > this.#limit) {
      throw tooLarge(`the records of the answer take more than ${this.#limit} bytes; ask for fewer hits`, this.#limit);
    }
    if (!this.#all.take(bytes)) {
      throw tooLarge('the answers under way take all the memory set aside for them; try again', this.#all.limit);
    }
    this.#used += bytes;
  }

  /** Gives everything back, once the answer has left or was given up. */
  release(): void {
    this.#all.release(this.#used);
    this.#used = 0;
    this.#released = true;
  }
}

function tooLarge(reason: string, limit: number): SearchError {
  return new SearchError('circuit_breaking_exception', `Data too large: ${reason}`, 429, { bytes_limit: limit });
}
