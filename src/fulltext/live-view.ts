import { compareBytes } from './bytes.ts';
import { lowerBound, mergeDocuments } from './documents.ts';
import { lengthened } from './growth.ts';
import { type LiveField, type LiveIndex, keywordMark, fieldMask } from './live-index.ts';
import { normOf } from './norm.ts';
import type { NumberColumn } from './number-column.ts';
import { type TermKind, termHeader, termOwner } from './term-table.ts';
import {
  type Breathe,
  type NumberRange,
  type Postings,
  positionGap,
  type SegmentView,
  type TermRef,
  type TermScan,
  type ViewField,
} from './view.ts';

interface LiveTerm extends TermRef {
  readonly id: number;
  readonly postings: Required<Postings>;
}

/** A document of which one in so many has the field is looked at by itself. */
const FEW = 8;

/** Terms passed between two breaths. */
const BREATH = 4096;

/** Documents and frequencies of a walk along a term's occurrences, newest first; reused from term to term. */
class Walk {
  documents = new Uint32Array(64);
  frequencies = new Uint32Array(64);
  count = 0;

  open(document: number): void {
    if (this.count === this.documents.length) {
      this.documents = lengthened(this.documents, this.count + 1);
      this.frequencies = lengthened(this.frequencies, this.count + 1);
    }
    this.documents[this.count] = document;
    this.frequencies[this.count++] = 0;
  }
}

/** A snapshot of a live index: sees the documents that were there when it was made. */
export class LiveView implements SegmentView<LiveTerm> {
  readonly documents: number;
  readonly fields: readonly ViewField[];
  readonly #index: LiveIndex;
  /** End of the stream of these documents. */
  readonly #end: number;
  readonly #walk = new Walk();
  /** What was looked up, by its newest occurrence: a query may name a word a thousand times. */
  readonly #found = new Map<number, LiveTerm['postings']>();

  constructor(index: LiveIndex) {
    this.#index = index;
    this.documents = index.documents;
    this.#end = index.documentStarts[index.documents]!;
    this.fields = liveFields(index);
  }

  get partition(): number {
    return this.#index.partition;
  }

  documentRange(from: number, to: number): readonly [number, number] {
    const { baseOffset } = this.#index;
    const offsets = this.#index.offsets.subarray(0, this.documents);
    return [lowerBound(offsets, from - baseOffset), lowerBound(offsets, to - baseOffset)];
  }

  async find(kind: TermKind, bytes: Uint8Array, fields: Uint8Array): Promise<LiveTerm[]> {
    const found: LiveTerm[] = [];
    for (let field = 0; field < fields.length; field++) {
      if (fields[field] !== 1) continue;
      const owner = termOwner(field, kind);
      const place = this.#newest(bytes, 0, bytes.length, owner);
      if (place === 0) continue;
      let postings = this.#found.get(place);
      if (postings === undefined) {
        postings = this.#postingsFrom(place);
        this.#found.set(place, postings);
      }
      found.push(this.#termOf(place, postings, owner, 1));
    }
    return found;
  }

  async *scan(kind: TermKind, scan: TermScan, fields: Uint8Array, breathe: Breathe): AsyncGenerator<LiveTerm[], void> {
    const { terms } = this.#index;
    const { arenaEnd } = terms;
    const kindBit = kind === 'keyword' ? 1 : 0;
    for (let start = 0; start < arenaEnd; ) {
      const found: LiveTerm[] = [];
      const { arena } = terms; // After a breath it may be another.
      for (let seen = 0; start < arenaEnd && seen < BREATH; start = terms.after(start), seen++) {
        const owner = terms.ownerOf(start);
        if ((owner & 1) !== kindBit || fields[owner >> 1] !== 1) continue;
        const from = start + termHeader;
        const to = terms.endOf(start);
        if (compareBytes(arena, from, to, scan.from) < 0) continue;
        if (scan.to !== undefined && compareBytes(arena, from, to, scan.to) >= 0) continue;
        const weight = scan.accept(arena, from, to);
        if (weight === 0) continue;
        const place = this.#newest(arena, from, to, owner);
        if (place !== 0) found.push(this.#termOf(place, this.#postingsFrom(place), owner, weight));
      }
      if (found.length > 0) yield found;
      await breathe();
    }
  }

  /** Newest occurrence of a term in the snapshot; 0 when only documents after it hold the term, or none any more. */
  #newest(bytes: Uint8Array, from: number, to: number, owner: number): number {
    let place = this.#index.terms.lastOf(bytes, from, to, owner);
    while (place >= this.#end) place = this.#index.previous[place]!;
    return place;
  }

  /** Walks a term's occurrences from the newest one back. */
  #postingsFrom(newest: number): LiveTerm['postings'] {
    const { previous } = this.#index;
    const walk = this.#walk;
    walk.count = 0;
    let document = this.documents;
    for (let place = newest; place !== 0; place = previous[place]!) {
      const holder = this.#documentOf(place, document);
      if (holder !== document) walk.open(holder);
      document = holder;
      walk.frequencies[walk.count - 1]!++;
    }
    const documents = walk.documents.slice(0, walk.count).reverse();
    const frequencies = walk.frequencies.slice(0, walk.count).reverse();
    return { documents, frequencies };
  }

  #termOf(place: number, postings: LiveTerm['postings'], owner: number, weight: number): LiveTerm {
    const kind = (owner & 1) === 1 ? 'keyword' : 'text';
    const id = this.#index.stream[place]!;
    return { id, postings, documents: postings.documents.length, field: owner >> 1, kind, weight };
  }

  /** The document whose part of the stream holds `place`; it is at most `high`. */
  #documentOf(place: number, high: number): number {
    const starts = this.#index.documentStarts;
    let upper = high;
    let step = 1;
    while (starts[upper]! > place) {
      upper -= step;
      step *= 2;
      if (upper < 0) upper = 0;
    }
    // starts[upper] <= place; the answer is at most `step / 2` further up.
    let low = upper;
    let end = Math.min(high, upper + (step >> 1)) + 1;
    while (end - low > 1) {
      const middle = (low + end) >>> 1;
      if (starts[middle]! <= place) low = middle;
      else end = middle;
    }
    return low;
  }

  async postings(term: LiveTerm): Promise<Postings> {
    return term.postings;
  }

  async positions(term: LiveTerm, documents: Uint32Array): Promise<Uint32Array[]> {
    const index = this.#index;
    const starts = index.documentStarts;
    return Array.from(documents, (document) => {
      const found: number[] = [];
      let base = 0;
      for (let at = starts[document]!; at < starts[document + 1]!; at = index.endOfValue(at)) {
        const mark = index.stream[at]!;
        if ((mark & fieldMask) !== term.field) continue;
        const first = at + ((mark & keywordMark) === 0 ? 2 : 3);
        const count = index.stream[at + 1]!;
        for (let i = 0; i < count; i++) if (index.stream[first + i] === term.id) found.push(base + i);
        base += count + positionGap;
      }
      return Uint32Array.from(found);
    });
  }

  async norms(field: number, documents: Uint32Array): Promise<Uint8Array> {
    const state = this.#index.states[field]!;
    const many = documents.length * FEW > state.documents;
    return many ? this.#normsByField(state, documents) : this.#normsByDocument(field, documents);
  }

  /** Goes back over all values of the field. */
  #normsByField(state: LiveField, documents: Uint32Array): Uint8Array {
    const { stream, previous, documentStarts } = this.#index;
    const norms = new Uint8Array(documents.length);
    let place = state.last;
    for (let i = documents.length - 1; i >= 0; i--) {
      const start = documentStarts[documents[i]!]!;
      const end = documentStarts[documents[i]! + 1]!;
      let length = 0;
      while (place >= end) place = previous[place]!;
      for (; place >= start; place = previous[place]!) length += stream[place + 1]!;
      norms[i] = normOf(length);
    }
    return norms;
  }

  /** Goes over all values of each document. */
  #normsByDocument(field: number, documents: Uint32Array): Uint8Array {
    const index = this.#index;
    const starts = index.documentStarts;
    const norms = new Uint8Array(documents.length);
    for (let i = 0; i < documents.length; i++) {
      const document = documents[i]!;
      let length = 0;
      for (let at = starts[document]!; at < starts[document + 1]!; at = index.endOfValue(at)) {
        if ((index.stream[at]! & fieldMask) === field) length += index.stream[at + 1]!;
      }
      norms[i] = normOf(length);
    }
    return norms;
  }

  async exists(field: number): Promise<Uint32Array> {
    const state = this.#index.states[field];
    if (state === undefined) return new Uint32Array(0);
    const texts = this.#textDocuments(state);
    const { numbers } = state;
    return numbers === undefined ? texts : mergeDocuments(texts, this.#within(numbers, anyNumber));
  }

  #textDocuments(state: LiveField): Uint32Array {
    const { previous } = this.#index;
    const found: number[] = [];
    let document = this.#index.documents;
    for (let place = state.last; place !== 0; place = previous[place]!) {
      const holder = this.#documentOf(place, document);
      if (place < this.#end && holder !== found[found.length - 1]) found.push(holder);
      document = holder;
    }
    return Uint32Array.from(found.reverse());
  }

  async numbers(field: number, kind: 'numbers' | 'dates', range: NumberRange): Promise<Uint32Array> {
    const column = this.#index.states[field]?.[kind];
    return column === undefined ? new Uint32Array(0) : this.#within(column, range);
  }

  #within(column: NumberColumn, { low, high }: NumberRange): Uint32Array {
    const { documents, values, count } = column;
    const found = new Uint32Array(count);
    let length = 0;
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      if (value < low || value > high || documents[i]! >= this.documents) continue;
      if (length === 0 || found[length - 1] !== documents[i]) found[length++] = documents[i]!;
    }
    return found.subarray(0, length);
  }

  async offsets(documents: Uint32Array): Promise<Float64Array> {
    const { baseOffset, offsets } = this.#index;
    return Float64Array.from(documents, (document) => baseOffset + offsets[document]!);
  }

  async timestamps(documents: Uint32Array): Promise<Float64Array> {
    const { timestamps } = this.#index;
    return Float64Array.from(documents, (document) => timestamps[document]!);
  }

  async timestampsIn({ low, high }: NumberRange): Promise<Uint32Array> {
    const { timestamps } = this.#index;
    const found = new Uint32Array(this.documents);
    let length = 0;
    for (let document = 0; document < this.documents; document++) {
      if (timestamps[document]! >= low && timestamps[document]! <= high) found[length++] = document;
    }
    return found.subarray(0, length);
  }
}

const anyNumber: NumberRange = { low: -Infinity, high: Infinity };

function liveFields(index: LiveIndex): ViewField[] {
  const fields: ViewField[] = [];
  for (const [id, state] of index.states.entries()) {
    if (state === undefined) continue;
    const { documents, tokens, numbers, dates } = state;
    const name = index.fields.names[id]!;
    const counts = { numbers: (numbers?.count ?? 0) > 0, dates: (dates?.count ?? 0) > 0 };
    if (documents > 0 || counts.numbers) fields.push({ id, name, documents, tokens, ...counts });
  }
  return fields;
}
