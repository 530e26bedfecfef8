import { FuzzyMatcher } from './fuzzy.ts';
import type { TermScan } from './view.ts';

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

/** Terms that start with `prefix` and that `matches` takes. */
export function patternScan(prefix: string, matches: (text: string) => boolean): TermScan {
  return { ...prefixScan(prefix), accept: (bytes, from, to) => (matches(textOf(bytes, from, to)) ? 1 : 0) };
}

/** Terms within some edits of `value`; weighted by how alike they are. */
export function fuzzyScan(value: string, distance: number): TermScan {
  const matcher = new FuzzyMatcher(value, distance);
  const length = encoder.encode(value).length;
  const accept = (bytes: Uint8Array, from: number, to: number): number => {
    // One edit changes a term by 4 bytes at most.
    if (Math.abs(to - from - length) > 4 * distance) return 0;
    return matcher.similarity(textOf(bytes, from, to));
  };
  return { from: nothing, to: undefined, accept };
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

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');
}
