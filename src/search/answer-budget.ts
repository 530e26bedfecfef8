import type { ByteBudget } from './byte-budget.ts';
import { SearchError } from './error.ts';

/** Bytes that one answer may still take, out of what all answers may take together. */
export class AnswerBudget {
  readonly #limit: number;
  readonly #all: ByteBudget;
  #used = 0;

  constructor(limit: number, all: ByteBudget) {
    this.#limit = limit;
    this.#all = all;
  }

  /** Throws circuit_breaking_exception (429) beyond either limit. */
  take(bytes: number): void {
    if (this.#used + bytes > this.#limit) {
      throw tooLarge(`the records of the answer take more than ${this.#limit} bytes; ask for fewer hits`, this.#limit);
    }
    if (!this.#all.take(bytes)) {
      throw tooLarge('the answers under way take all the memory set aside for them; try again', this.#all.limit);
    }
    this.#used += bytes;
  }

  /** Gives everything back, once the answer has left. */
  release(): void {
    this.#all.release(this.#used);
    this.#used = 0;
  }
}

function tooLarge(reason: string, limit: number): SearchError {
  return new SearchError('circuit_breaking_exception', `Data too large: ${reason}`, 429, { bytes_limit: limit });
}
