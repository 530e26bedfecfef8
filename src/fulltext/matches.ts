import { documentsOf } from './documents.ts';

/** Documents that match, ascending, and what each scores. */
export interface Matches {
  readonly documents: Uint32Array;
  /** Undefined where nobody asks for scores. */
  readonly scores: Float32Array | undefined;
}

export const noMatches: Matches = { documents: new Uint32Array(0), scores: undefined };

/** The same score for all. */
export function constantMatches(documents: Uint32Array, score: number, scoring: boolean): Matches {
  return { documents, scores: scoring ? new Float32Array(documents.length).fill(score) : undefined };
}

/** How often one list must be longer than another for galloping to pay. */
const GALLOP = 16;

/** Documents in both; scores are added. */
export function intersect(a: Matches, b: Matches): Matches {
  const [few, many] = a.documents.length <= b.documents.length ? [a, b] : [b, a];
  const scoring = few.scores !== undefined || many.scores !== undefined;
  const documents = new Uint32Array(few.documents.length);
  const scores = scoring ? new Float32Array(few.documents.length) : undefined;
  const gallop = many.documents.length > few.documents.length * GALLOP;
  let count = 0;
  let j = 0;
  for (let i = 0; i < few.documents.length; i++) {
    const document = few.documents[i]!;
    if (gallop) j = gallopTo(many.documents, j, document);
    else while (j < many.documents.length && many.documents[j]! < document) j++;
    if (j === many.documents.length) break;
    if (many.documents[j] !== document) continue;
    documents[count] = document;
    // In the order of the arguments: sums of floats are then the same in every kind of segment.
    if (scores !== undefined) {
      const [x, y] = few === a ? [i, j] : [j, i];
      scores[count] = (a.scores?.[x] ?? 0) + (b.scores?.[y] ?? 0);
    }
    count++;
  }
  return { documents: documents.subarray(0, count), scores: scores?.subarray(0, count) };
}

/** First index from `from` whose document is at least `wanted`. */
function gallopTo(documents: Uint32Array, from: number, wanted: number): number {
  let step = 1;
  let low = from;
  while (low + step < documents.length && documents[low + step]! < wanted) {
    low += step;
    step *= 2;
  }
  let high = Math.min(documents.length, low + step + 1);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (documents[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Documents of `a` that are not in `b`. */
export function subtract(a: Matches, b: Matches): Matches {
  const documents = new Uint32Array(a.documents.length);
  const scores = a.scores === undefined ? undefined : new Float32Array(a.documents.length);
  let count = 0;
  let j = 0;
  for (let i = 0; i < a.documents.length; i++) {
    const document = a.documents[i]!;
    while (j < b.documents.length && b.documents[j]! < document) j++;
    if (j < b.documents.length && b.documents[j] === document) continue;
    documents[count] = document;
    if (scores !== undefined) scores[count] = a.scores![i]!;
    count++;
  }
  return { documents: documents.subarray(0, count), scores: scores?.subarray(0, count) };
}

/** What `Union` makes of several scores of one document. */
export type Combination = 'sum' | 'max';

/** A union over documents below `total`: dense, so that its cost does not grow with the number of parts. */
export class Union {
  readonly #bits: Uint32Array;
  readonly #scores: Float32Array | undefined;
  readonly #counts: Uint32Array | undefined;
  readonly #minimum: number;
  readonly #combination: Combination;

  /** Documents must be in at least `minimum` parts. */
  constructor(total: number, combination: Combination, scoring: boolean, minimum = 1) {
    this.#bits = new Uint32Array((total + 31) >>> 5);
    this.#scores = scoring ? new Float32Array(total) : undefined;
    this.#counts = minimum > 1 ? new Uint32Array(total) : undefined;
    this.#minimum = minimum;
    this.#combination = combination;
  }

  add({ documents, scores }: Matches): void {
    const bits = this.#bits;
    for (let i = 0; i < documents.length; i++) bits[documents[i]! >>> 5]! |= 1 << (documents[i]! & 31);
    if (this.#counts !== undefined) for (let i = 0; i < documents.length; i++) this.#counts[documents[i]!]!++;
    const sums = this.#scores;
    if (sums === undefined || scores === undefined) return;
    if (this.#combination === 'sum') for (let i = 0; i < documents.length; i++) sums[documents[i]!]! += scores[i]!;
    else for (let i = 0; i < documents.length; i++) sums[documents[i]!] = Math.max(sums[documents[i]!]!, scores[i]!);
  }

  matches(): Matches {
    const counts = this.#counts;
    const all = documentsOf(this.#bits);
    const documents = counts === undefined ? all : all.filter((document) => counts[document]! >= this.#minimum);
    const sums = this.#scores;
    if (sums === undefined) return { documents, scores: undefined };
    const scores = new Float32Array(documents.length);
    for (let i = 0; i < documents.length; i++) scores[i] = sums[documents[i]!]!;
    return { documents, scores };
  }
}

/** The union of `parts`; a single one is returned as it is. */
export function union(parts: readonly Matches[], total: number, combination: Combination, scoring: boolean): Matches {
  const filled = parts.filter(({ documents }) => documents.length > 0);
  if (filled.length <= 1) return filled[0] ?? noMatches;
  const sum = new Union(total, combination, scoring);
  for (const part of filled) sum.add(part);
  return sum.matches();
}
