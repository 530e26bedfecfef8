import { type CharacterSet, literalPrefix, parseRegexp, type RegexpNode } from './regexp-parser.ts';
import { QueryRejected } from './rejected.ts';
import { decodeUtf8, utf8Width } from './unicode.ts';

const encoder = new TextEncoder();

/** A regular expression over whole terms. */
export interface Regexp {
  /** What every match starts with. */
  readonly prefix: string;
  matches(text: string): boolean;
  /** The same for UTF-8 in bytes [from, to). */
  matchesBytes(bytes: Uint8Array, from: number, to: number): boolean;
}

/** States of the automaton: with them the cost of one character of a term is bounded. */
const MAX_STATES = 1000;

/** Combined states kept; beyond them they are forgotten and found again. */
const MAX_COMBINED = 2000;

/** One state: either it takes a character of `set` and goes to `next`, or it goes to all of `jumps` at once. */
interface State {
  readonly set: CharacterSet | undefined;
  next: number;
  jumps: number[];
}

/** A set of states that the automaton is in at once, and where characters lead from it, as far as known. */
interface Combined {
  readonly states: readonly number[];
  readonly accepts: boolean;
  readonly ascii: (Combined | undefined)[];
  readonly others: Map<number, Combined>;
}

/** Compiles a regular expression of Lucene's syntax (`parseRegexp`). Throws QueryRejected when it is wrong or too complex. */
export function compileRegexp(pattern: string): Regexp {
  const node = parseRegexp(pattern);
  const automaton = new Automaton(node);
  return {
    prefix: literalPrefix(node),
    matchesBytes: (bytes, from, to) => automaton.matches(bytes, from, to),
    matches(text) {
      const bytes = encoder.encode(text);
      return automaton.matches(bytes, 0, bytes.length);
    },
  };
}

/** Thompson's automaton, run with all its states at once and made deterministic as it goes: no pattern can make it go back. */
class Automaton {
  readonly #states: State[] = [];
  readonly #accept: number;
  #start: Combined;
  #known = new Map<string, Combined>();
  #built = 0;

  constructor(node: RegexpNode) {
    this.#accept = this.#add(undefined);
    const start = this.#build(node, this.#accept);
    this.#start = this.#combine([start]);
  }

  #add(set: CharacterSet | undefined, next = -1, jumps: number[] = []): number {
    if (this.#states.length >= MAX_STATES) throw new QueryRejected('the regular expression is too complex');
    this.#states.push({ set, next, jumps });
    return this.#states.length - 1;
  }

  /** Builds the states for `node` that go on to `after`; returns the first. */
  #build(node: RegexpNode, after: number): number {
    // Repetitions of nothing make no states, and still take time.
    if (++this.#built > MAX_STATES * 10) throw new QueryRejected('the regular expression is too complex');
    switch (node.kind) {
      case 'set':
        return this.#add(node.set, after);
      case 'sequence':
        return node.parts.reduceRight((next, part) => this.#build(part, next), after);
      case 'choice':
        return this.#add(
          undefined,
          -1,
          node.parts.map((part) => this.#build(part, after)),
        );
      case 'repeat':
        return this.#repeat(node, after);
    }
  }

  #repeat({ part, least, most }: Extract<RegexpNode, { kind: 'repeat' }>, after: number): number {
    let next = after;
    if (most === undefined) {
      next = this.#add(undefined, -1, [after]);
      this.#states[next]!.jumps.push(this.#build(part, next));
    } else for (let i = least; i < most; i++) next = this.#add(undefined, -1, [after, this.#build(part, next)]);
    for (let i = 0; i < least; i++) next = this.#build(part, next);
    return next;
  }

  /** The combined state of `states` and all that they jump to. */
  #combine(states: readonly number[]): Combined {
    const seen = new Set<number>();
    const open = [...states];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (seen.has(state)) continue;
      seen.add(state);
      open.push(...this.#states[state]!.jumps);
    }
    const sorted = [...seen].sort((a, b) => a - b);
    const key = sorted.join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_COMBINED) this.#known = new Map();
    const combined = { states: sorted, accepts: seen.has(this.#accept), ascii: [], others: new Map() };
    this.#known.set(key, combined);
    return combined;
  }

  #step(from: Combined, codePoint: number): Combined {
    const known = codePoint < 128 ? from.ascii[codePoint] : from.others.get(codePoint);
    if (known !== undefined) return known;
    const next: number[] = [];
    for (const state of from.states) {
      const { set, next: target } = this.#states[state]!;
      if (set?.some(([low, high]) => codePoint >= low && codePoint <= high) === true) next.push(target);
    }
    const combined = this.#combine(next);
    if (codePoint < 128) from.ascii[codePoint] = combined;
    else if (from.others.size < MAX_COMBINED) from.others.set(codePoint, combined);
    return combined;
  }

  matches(bytes: Uint8Array, from: number, to: number): boolean {
    // After a flush the start is made anew, so that what was forgotten can be collected.
    if (this.#known.size === 0) this.#start = this.#combine(this.#start.states);
    let state = this.#start;
    for (let at = from; at < to && state.states.length > 0; at += utf8Width(bytes[at]!)) {
      state = this.#step(state, decodeUtf8(bytes, at, to));
    }
    return state.accepts;
  }
}
