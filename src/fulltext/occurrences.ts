import { release } from './growth.ts';
import { fieldMask, keywordMark, type LiveIndex } from './live-index.ts';
import { type Pause, sortTerms } from './term-sort.ts';
import type { TermKind } from './term-table.ts';
import { positionGap } from './view.ts';

/** All occurrences of the terms of one kind, by term. */
export interface Occurrences {
  /** Terms in order, by their place in the arena. */
  readonly starts: Uint32Array;
  /** By the term's place in this order: where its occurrences end in `found`; they start where those of the term before end. */
  readonly ends: Uint32Array;
  /** Pairs of document and position for text, documents for keywords; ascending for each term. */
  readonly found: Uint32Array<ArrayBuffer>;
}

/** Documents gone through between two pauses. */
const BREATH = 1000;

/** Counting sort of the token stream by term: counts, term order, places. The stream is read from front to back, twice. */
export async function collectOccurrences(index: LiveIndex, kind: TermKind, pause: Pause): Promise<Occurrences> {
  const cursors = new Uint32Array(index.terms.end);
  const counter = new StreamReader(index, kind);
  while (counter.more) {
    counter.count(cursors, BREATH);
    await pause();
  }
  const ids = usedTerms(cursors);
  const starts = await sortTerms(index.terms, ids, pause);
  const ends = new Uint32Array(ids.length);
  let total = 0;
  for (let i = 0; i < ids.length; i++) {
    const count = cursors[ids[i]!]!;
    cursors[ids[i]!] = total;
    total += count;
    ends[i] = total;
  }
  const found = new Uint32Array(kind === 'text' ? 2 * total : total);
  const placer = new StreamReader(index, kind);
  while (placer.more) {
    placer.place(cursors, found, BREATH);
    await pause();
  }
  release(cursors);
  return { starts, ends, found };
}

function usedTerms(counts: Uint32Array): Uint32Array {
  let used = 0;
  for (const count of counts) if (count > 0) used++;
  const ids = new Uint32Array(used);
  let at = 0;
  for (let id = 0; id < counts.length; id++) if (counts[id]! > 0) ids[at++] = id;
  return ids;
}

/** Goes through the stream of a live index, document by document. */
class StreamReader {
  readonly #index: LiveIndex;
  readonly #text: boolean;
  #document = 0;
  /** By field: the document last seen in it, and the position after its last value there. */
  readonly #lastDocument: Int32Array;
  readonly #nextPosition: Uint32Array;

  constructor(index: LiveIndex, kind: TermKind) {
    this.#index = index;
    this.#text = kind === 'text';
    this.#lastDocument = new Int32Array(index.states.length).fill(-1);
    this.#nextPosition = new Uint32Array(index.states.length);
  }

  get more(): boolean {
    return this.#document < this.#index.documents;
  }

  /** Counts the terms of the next documents. */
  count(counts: Uint32Array, documents: number): void {
    const { stream, documentStarts } = this.#index;
    const to = Math.min(this.#index.documents, this.#document + documents);
    const end = documentStarts[to]!;
    for (let at = documentStarts[this.#document]!; at < end; ) {
      const keyword = (stream[at]! & keywordMark) === 0 ? 0 : 1;
      const first = at + 2 + keyword;
      const last = first + stream[at + 1]!;
      if (!this.#text) {
        if (keyword === 1) counts[stream[at + 2]!]!++;
      } else for (let place = first; place < last; place++) counts[stream[place]!]!++;
      at = last;
    }
    this.#document = to;
  }

  /** Writes document and position of each term of the next documents where its cursor stands. */
  place(cursors: Uint32Array, found: Uint32Array, documents: number): void {
    const { stream, documentStarts } = this.#index;
    const to = Math.min(this.#index.documents, this.#document + documents);
    for (let document = this.#document; document < to; document++) {
      const end = documentStarts[document + 1]!;
      for (let at = documentStarts[document]!; at < end; ) {
        const keyword = (stream[at]! & keywordMark) === 0 ? 0 : 1;
        const first = at + 2 + keyword;
        const count = stream[at + 1]!;
        if (this.#text) this.#placeTokens(cursors, found, document, at, first, count);
        else if (keyword === 1) found[cursors[stream[at + 2]!]!++] = document;
        at = first + count;
      }
    }
    this.#document = to;
  }

  #placeTokens(
    cursors: Uint32Array,
    found: Uint32Array,
    document: number,
    at: number,
    first: number,
    count: number,
  ): void {
    const { stream } = this.#index;
    const field = stream[at]! & fieldMask;
    let position = this.#lastDocument[field] === document ? this.#nextPosition[field]! : 0;
    for (let place = first; place < first + count; place++) {
      const cursor = cursors[stream[place]!]!++;
      found[2 * cursor] = document;
      found[2 * cursor + 1] = position++;
    }
    this.#lastDocument[field] = document;
    this.#nextPosition[field] = position + positionGap;
  }
}
