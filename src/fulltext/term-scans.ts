import { FuzzyMatcher } from './fuzzy.ts';
import type { TermScan } from './view.ts';
import type { WildcardPattern } from './wildcard.ts';

const encoder = new TextEncoder();
const nothing = new Uint8Array(0);

/** The first term after all that start with `prefix`; undefined when there is none. */
function afterPrefix(prefix: Uint8Array): Uint8Array | undefined {
  for (let length = prefix.length; length > 0; length--) {
    if (prefix[length - 1] === 0xff) continue;
    const next = prefix.slice(0, length);
    next[length - 1]!++;
    return next;
  }
  return undefined;
}

/** The term that follows `term` directly. */
function after(term: Uint8Array): Uint8Array {
  const next = new Uint8Array(term.length + 1);
  next.set(term);
  return next;
}

/** All terms that start with `prefix`. */
export function prefixScan(prefix: string): TermScan {
  const from = encoder.encode(prefix);
  return { from, to: afterPrefix(from), accept: () => 1 };
}

/** Terms that a pattern matches. */
export function patternScan(pattern: Pick<WildcardPattern, 'prefix' | 'matchesBytes'>): TermScan {
  const accept = (bytes: Uint8Array, from: number, to: number): number =>
    pattern.matchesBytes(bytes, from, to) ? 1 : 0;
  return { ...prefixScan(pattern.prefix), accept };
}

/** Terms within some edits of `value`; weighted by how alike they are. */
export function fuzzyScan(value: string, distance: number): TermScan {
  const matcher = new FuzzyMatcher(value, distance);
  return { from: nothing, to: undefined, accept: (bytes, from, to) => matcher.similarity(bytes, from, to) };
}

/** Bounds of terms as text; a bound that is missing is open. */
export interface TextBounds {
  readonly gt?: string | undefined;
  readonly gte?: string | undefined;
  readonly lt?: string | undefined;
  readonly lte?: string | undefined;
}

/** Terms between bounds, in the order of code points. */
export function rangeScan({ gt, gte, lt, lte }: TextBounds): TermScan {
  const lows = [
    gt === undefined ? nothing : after(encoder.encode(gt)),
    gte === undefined ? nothing : encoder.encode(gte),
  ];
  const highs = [
    lt === undefined ? undefined : encoder.encode(lt),
    lte === undefined ? undefined : after(encoder.encode(lte)),
  ];
  const from = lows.reduce((a, b) => (Buffer.compare(a, b) > 0 ? a : b));
  const to = highs.reduce((a, b) => (a === undefined || (b !== undefined && Buffer.compare(b, a) < 0) ? b : a));
  return { from, to, accept: () => 1 };
}
