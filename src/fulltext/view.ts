import type { TermKind } from './term-table.ts';

/** What a segment knows of one field. */
export interface ViewField {
  /** Within the segment. */
  readonly id: number;
  readonly name: string;
  /** Documents with a text value; 0 when the field has none. */
  readonly documents: number;
  /** Tokens of all text values. */
  readonly tokens: number;
  readonly numbers: boolean;
  readonly dates: boolean;
}

/** A term of one field in one segment. */
export interface TermRef {
  readonly field: number;
  readonly kind: TermKind;
  /** Documents that hold it. */
  readonly documents: number;
  /** What `TermScan.accept` said of it; 1 when it was looked up. */
  readonly weight: number;
}

/** Which terms a scan over the dictionary wants. */
export interface TermScan {
  /** Lowest term, inclusive. */
  readonly from: Uint8Array;
  /** Highest term, exclusive. */
  readonly to: Uint8Array | undefined;
  /** Weight of the term in bytes [from, to); 0 leaves it out. */
  accept(bytes: Uint8Array, from: number, to: number): number;
}

/** Called now and then in long loops: lets other work run, and throws when the time is over. */
export type Breathe = () => Promise<void> | undefined;

/** Bounds of a search for numbers; both inclusive. */
export interface NumberRange {
  readonly low: number;
  readonly high: number;
}

/** Documents of a term, ascending, and how often each holds it. */
export interface Postings {
  readonly documents: Uint32Array;
  /** Undefined when they were not asked for, or the term is a keyword: then each is 1. */
  readonly frequencies: Uint32Array | undefined;
}

/**
 * A text index over an offset range of one partition, live or sealed, as queries see it. Documents are numbered from 0 by
 * offset. A live one is a snapshot: what is added later is not seen.
 */
export interface SegmentView<Term extends TermRef = TermRef> {
  readonly partition: number;
  readonly documents: number;
  readonly fields: readonly ViewField[];
  /** Documents whose offset is in [from, to): as [first, end). */
  documentRange(from: number, to: number): readonly [number, number];
  /** The term `bytes` in each of the fields (a byte per field id, 1 when wanted) that has it. */
  find(kind: TermKind, bytes: Uint8Array, fields: Uint8Array): Promise<Term[]>;
  /** All terms in the fields that the scan accepts, some at a time: they may be most of the dictionary. */
  scan(kind: TermKind, scan: TermScan, fields: Uint8Array, breathe: Breathe): AsyncGenerator<Term[], void>;
  postings(term: Term, frequencies: boolean): Promise<Postings>;
  /** Positions of a text term in each of `documents`, which are some of those that hold it, ascending. */
  positions(term: Term, documents: Uint32Array): Promise<Uint32Array[]>;
  /** Norm bytes of a text field in each of `documents`, which all have it. */
  norms(field: number, documents: Uint32Array): Promise<Uint8Array>;
  /** Documents that have the field. */
  exists(field: number): Promise<Uint32Array>;
  /** Documents with a number (or a string that is a date, in ms) in the range; ascending, each once. */
  numbers(field: number, kind: 'numbers' | 'dates', range: NumberRange): Promise<Uint32Array>;
  offsets(documents: Uint32Array): Promise<Float64Array>;
  timestamps(documents: Uint32Array): Promise<Float64Array>;
  /** Documents with a record timestamp in the range. */
  timestampsIn(range: NumberRange): Promise<Uint32Array>;
}

/** Tokens between two values of one field in a document, so that no phrase spans them (as Lucene's `position_increment_gap`). */
export const positionGap = 100;

/** All terms that a scan accepts; for scans that accept few. */
export async function allTerms<Term extends TermRef>(batches: AsyncGenerator<Term[], void>): Promise<Term[]> {
  const all: Term[] = [];
  for await (const batch of batches) for (const term of batch) all.push(term);
  return all;
}
