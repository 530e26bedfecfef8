import type { ByteReader, ByteWriter } from './bytes.ts';
import { textFormat } from './format.ts';
import type { Postings } from './view.ts';

const BLOCK = textFormat.postingsBlock;

/** Postings of one term being written; reused from term to term. */
export class PostingsBuffer {
  documents = new Uint32Array(64);
  frequencies = new Uint32Array(64);
  count = 0;
  positions = new Uint32Array(64);
  positionCount = 0;

  clear(): void {
    this.count = 0;
    this.positionCount = 0;
  }

  /** Adds an occurrence; documents and positions within a document rise. */
  add(document: number, position: number): void {
    if (this.count === 0 || this.documents[this.count - 1] !== document) this.addDocument(document);
    this.frequencies[this.count - 1]!++;
    if (this.positionCount === this.positions.length) this.positions = doubled(this.positions);
    this.positions[this.positionCount++] = position;
  }

  addDocument(document: number): void {
    if (this.count === this.documents.length) {
      this.documents = doubled(this.documents);
      this.frequencies = doubled(this.frequencies);
    }
    this.documents[this.count] = document;
    this.frequencies[this.count++] = 0;
  }
}

function doubled(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(array.length * 2);
  grown.set(array);
  return grown;
}

/**
 * Writes documents and frequencies of a text term in blocks of 128, behind a table that lets a reader skip blocks (more than one block
 * only): last document, bytes of the block and of its positions, highest frequency and lowest norm, from which follows
 * the best score in the block. Positions go to `positions`.
 */
export function writeTextPostings(
  out: ByteWriter,
  positions: ByteWriter,
  buffer: PostingsBuffer,
  normAt: (document: number) => number,
  scratch: ByteWriter,
): void {
  const { documents, frequencies, count } = buffer;
  const start = scratch.length;
  let position = 0;
  let lastDocument = -1;
  for (let from = 0; from < count; from += BLOCK) {
    const to = Math.min(count, from + BLOCK);
    const blockStart = scratch.length;
    const positionsStart = positions.length;
    let highest = 0;
    let lowest = 255;
    let previous = lastDocument;
    for (let i = from; i < to; i++) {
      const frequency = frequencies[i]!;
      const delta = documents[i]! - previous - 1;
      previous = documents[i]!;
      if (frequency === 1) scratch.varint(delta * 2 + 1);
      else {
        scratch.varint(delta * 2);
        scratch.varint(frequency);
      }
      writePositions(positions, buffer, position, frequency);
      position += frequency;
      if (count <= BLOCK) continue;
      highest = Math.max(highest, frequency);
      lowest = Math.min(lowest, normAt(previous));
    }
    if (count > BLOCK) {
      out.varint(previous - lastDocument - 1);
      out.varint(scratch.length - blockStart);
      out.varint(positions.length - positionsStart);
      out.varint(highest);
      out.byte(lowest);
    }
    lastDocument = previous;
  }
  out.raw(scratch.bytes.subarray(start, scratch.length));
  scratch.length = start;
}

/** Positions of one document, as differences. */
export function writePositions(out: ByteWriter, buffer: PostingsBuffer, from: number, count: number): void {
  let previous = 0;
  for (let i = from; i < from + count; i++) {
    out.varint(buffer.positions[i]! - previous);
    previous = buffer.positions[i]!;
  }
}

/** Writes the documents of a keyword. */
export function writeKeywordPostings(out: ByteWriter, { documents, count }: PostingsBuffer): void {
  let previous = -1;
  for (let i = 0; i < count; i++) {
    out.varint(documents[i]! - previous - 1);
    previous = documents[i]!;
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
