import type { ByteReader, ByteWriter } from './bytes.ts';
import { textFormat } from './format.ts';
import type { TermKind } from './term-table.ts';
import type { Postings } from './view.ts';

const BLOCK = textFormat.postingsBlock;

/**
 * Occurrences of one term, ascending: number `from` to `to` of `found`, which has pairs of document and position for text, documents for
 * keywords. One object that moves from term to term.
 */
export class TermOccurrences {
  readonly found: Uint32Array;
  from = 0;
  to = 0;
  /** Number of different documents. */
  documents = 0;
  readonly #stride: number;

  constructor(found: Uint32Array, kind: TermKind) {
    this.found = found;
    this.#stride = kind === 'text' ? 2 : 1;
  }

  moveTo(from: number, to: number): void {
    this.from = from;
    this.to = to;
    const { found } = this;
    const stride = this.#stride;
    let documents = 1;
    for (let i = (from + 1) * stride; i < to * stride; i += stride) if (found[i] !== found[i - stride]) documents++;
    this.documents = documents;
  }
}

/**
 * Writes documents and frequencies of a text term in blocks of 128, behind a table that lets a reader skip blocks (more than one block
 * only): last document, bytes of the block and of its positions, highest frequency and lowest norm, from which follows
 * the best score in the block. Positions go to `positions`.
 */
export function writeTextPostings(
  out: ByteWriter,
  positions: ByteWriter,
  term: TermOccurrences,
  normAt: (document: number) => number,
  scratch: ByteWriter,
): void {
  const { found: pairs, to, documents } = term;
  const skips = documents > BLOCK;
  const body = skips ? scratch : out;
  body.length = skips ? 0 : out.length;
  let previous = -1;
  for (let i = term.from; i < to; ) {
    const start = { body: body.length, positions: positions.length, previous };
    let highest = 0;
    let lowest = 255;
    for (let left = BLOCK; left > 0 && i < to; left--) {
      const document = pairs[2 * i]!;
      const frequency = writePositions(positions, pairs, i, to);
      i += frequency;
      const delta = document - previous - 1;
      previous = document;
      body.varint(frequency === 1 ? delta * 2 + 1 : delta * 2);
      if (frequency > 1) body.varint(frequency);
      if (!skips) continue;
      if (frequency > highest) highest = frequency;
      const norm = normAt(document);
      if (norm < lowest) lowest = norm;
    }
    if (!skips) continue;
    out.varint(previous - start.previous - 1);
    out.varint(body.length - start.body);
    out.varint(positions.length - start.positions);
    out.varint(highest);
    out.byte(lowest);
  }
  if (skips) out.raw(body.view());
}

/** Writes the positions in the document of pair `from`, as differences; returns how many there are. */
export function writePositions(out: ByteWriter, pairs: Uint32Array, from: number, to: number): number {
  const document = pairs[2 * from];
  let previous = 0;
  let i = from;
  for (; i < to && pairs[2 * i] === document; i++) {
    out.varint(pairs[2 * i + 1]! - previous);
    previous = pairs[2 * i + 1]!;
  }
  return i - from;
}

/** Writes the documents of a keyword. */
export function writeKeywordPostings(out: ByteWriter, { found, from, to }: TermOccurrences): void {
  let previous = -1;
  for (let i = from; i < to; i++) {
    const document = found[i]!;
    if (document === previous) continue;
    out.varint(document - previous - 1);
    previous = document;
  }
}

/** Reads the documents of a keyword. */
export function readKeywordPostings(input: ByteReader, count: number, total: number): Uint32Array {
  if (count > input.remaining) input.fail('ends too early');
  const documents = new Uint32Array(count);
  let previous = -1;
  for (let i = 0; i < count; i++) {
    previous += input.varint() + 1;
    if (previous >= total) input.fail('has a document beyond the last one');
    documents[i] = previous;
  }
  return documents;
}

/** One entry of the skip table. */
export interface SkipEntry {
  readonly lastDocument: number;
  readonly bytes: number;
  /** Where the block's positions start, from the term's first. */
  readonly positions: number;
  readonly positionBytes: number;
  readonly maxFrequency: number;
  readonly minNorm: number;
}

/** Reads the skip table of `count` postings; empty when they are one block. */
export function readSkips(input: ByteReader, count: number): SkipEntry[] {
  const blocks = count > BLOCK ? Math.ceil(count / BLOCK) : 0;
  if (blocks * 5 > input.remaining) input.fail('ends too early');
  const skips: SkipEntry[] = [];
  let lastDocument = -1;
  let positions = 0;
  for (let i = 0; i < blocks; i++) {
    lastDocument += input.varint() + 1;
    const sizes = { bytes: input.varint(), positionBytes: input.varint() };
    skips.push({ lastDocument, ...sizes, positions, maxFrequency: input.varint(), minNorm: input.byte() });
    positions += sizes.positionBytes;
  }
  return skips;
}

/** Reads documents and frequencies of a text term, skip table included. */
export function readTextPostings(input: ByteReader, count: number, total: number): Required<Postings> {
  readSkips(input, count);
  if (count > input.remaining) input.fail('ends too early');
  const documents = new Uint32Array(count);
  const frequencies = new Uint32Array(count);
  let previous = -1;
  for (let i = 0; i < count; i++) {
    const word = input.varint();
    previous += Math.floor(word / 2) + 1;
    if (previous >= total) input.fail('has a document beyond the last one');
    documents[i] = previous;
    frequencies[i] = word % 2 === 1 ? 1 : input.upTo(0xffffffff, 'frequency');
  }
  return { documents, frequencies };
}

/** Reads the positions of one document. */
export function readPositions(input: ByteReader, count: number): Uint32Array {
  if (count > input.remaining) input.fail('ends too early');
  const positions = new Uint32Array(count);
  let previous = 0;
  for (let i = 0; i < count; i++) {
    previous += input.varint();
    positions[i] = previous;
  }
  return positions;
}
