import { illegalArgument, parsingError } from './error.ts';
import { searchLimits } from './limits.ts';

/** What parsing one request needs to know and counts while it goes: the same for everything inside the request. */
export class ParseContext {
  /** `now` of date math, ms since the epoch. */
  readonly now: number;
  #clauses = 0;

  constructor(now: number) {
    this.now = now;
  }

  /** Counts one more single query; throws beyond the limit. */
  clause(): void {
    this.#clauses++;
    if (this.#clauses > searchLimits.clauses) {
      throw illegalArgument(`too many clauses in the query: at most ${searchLimits.clauses} are allowed`);
    }
  }

  /** Refuses a query nested `depth` levels deep, before it is gone into. */
  nested(depth: number): void {
    if (depth > searchLimits.depth) {
      throw parsingError(`the query is nested too deeply: at most ${searchLimits.depth} levels are allowed`);
    }
  }
}
