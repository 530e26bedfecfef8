import { zstdDecompressSync } from 'node:zlib';
import { compareTerms } from './analyzer.ts';
import { ByteReader, CorruptTextSegment, compareBytes } from './bytes.ts';
import { type DictionaryBlock, textFormat } from './format.ts';
import type { SegmentBytes } from './segment-bytes.ts';
import type { TermKind } from './term-table.ts';
import type { Breathe, TermRef, TermScan } from './view.ts';

/** A term of a sealed segment: where its postings are, or the one document that holds it. */
export interface SealedTerm extends TermRef {
  readonly postings: number;
  readonly postingsLength: number;
  readonly positions: number;
  readonly positionsLength: number;
  /** Of a term in one document. */
  readonly single: SingleDocument | undefined;
}

export interface SingleDocument {
  readonly document: number;
  readonly frequency: number;
  /** Undefined when they lie with the other positions. */
  readonly positions: Uint32Array | undefined;
}

/** Blocks whose fields are scanned at once when a query asks for many terms. */
const SCAN_AT_ONCE = 8;

/** Finds terms in one dictionary of a segment: a block at a time. */
export class DictionaryReader {
  readonly #bytes: SegmentBytes;
  readonly #blocks: readonly DictionaryBlock[];
  readonly #kind: TermKind;
  readonly #documents: number;
  /** The block asked last: the terms of one query may be near each other. */
  #last: { readonly block: DictionaryBlock; readonly raw: Promise<Uint8Array> } | undefined;

  constructor(bytes: SegmentBytes, kind: TermKind) {
    this.#bytes = bytes;
    this.#blocks = bytes.directory[kind];
    this.#kind = kind;
    this.#documents = bytes.directory.documents;
  }

  /** The last block whose first term is at most `term`; -1 when there is none. */
  #blockOf(term: Uint8Array): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareTerms(this.#blocks[middle]!.firstTerm, term) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The term in each of `fields` that has it. */
  async find(term: Uint8Array, fields: Uint8Array): Promise<SealedTerm[]> {
    const block = this.#blocks[this.#blockOf(term)];
    if (block === undefined) return [];
    const found: SealedTerm[] = [];
    const only: TermScan = {
      from: term,
      to: undefined,
      accept: (bytes, from, to) => (compareTerms(bytes.subarray(from, to), term) === 0 ? 1 : 0),
    };
    this.#last = this.#last?.block === block ? this.#last : { block, raw: this.#inflate(block) };
    this.#scanBlock(await this.#last.raw, block, only, fields, found, term);
    return found;
  }

  /** All terms that the scan accepts, in `fields`. */
  async *scan(scan: TermScan, fields: Uint8Array, breathe: Breathe): AsyncGenerator<SealedTerm[], void> {
    const first = Math.max(0, this.#blockOf(scan.from));
    let last = this.#blocks.length - 1;
    while (last >= first && scan.to !== undefined && compareTerms(this.#blocks[last]!.firstTerm, scan.to) >= 0) last--;
    for (let from = first; from <= last; from += SCAN_AT_ONCE) {
      const blocks = this.#blocks.slice(from, Math.min(last + 1, from + SCAN_AT_ONCE));
      const inflated = await Promise.all(blocks.map((block) => this.#inflate(block)));
      for (const [i, block] of blocks.entries()) {
        const found: SealedTerm[] = [];
        this.#scanBlock(inflated[i]!, block, scan, fields, found, scan.to);
        if (found.length > 0) yield found;
        await breathe();
      }
    }
  }

  async #inflate(block: DictionaryBlock): Promise<Uint8Array> {
    const stored = await this.#bytes.read(block);
    if (stored.length === block.rawLength) return stored;
    let raw: Uint8Array | undefined;
    try {
      raw = zstdDecompressSync(stored, { maxOutputLength: block.rawLength });
    } catch {
      raw = undefined; // Told below, with the name of the object.
    }
    if (raw?.length !== block.rawLength)
      throw new CorruptTextSegment(this.#bytes.objectKey, 'has a bad dictionary block');
    return raw;
  }

  /** Reads a block's terms up to `last` (inclusive) and collects those that are accepted. */
  #scanBlock(
    raw: Uint8Array,
    block: DictionaryBlock,
    scan: TermScan,
    fields: Uint8Array,
    found: SealedTerm[],
    last: Uint8Array | undefined,
  ): void {
    const input = new ByteReader(raw, this.#bytes.objectKey);
    const term = new Uint8Array(1024);
    const place = { postings: block.postings, positions: block.positions };
    while (input.remaining > 0) {
      const shared = input.upTo(term.length, 'shared bytes');
      const length = shared + input.upTo(term.length - shared, 'term length');
      const at = input.skip(length - shared);
      for (let i = shared; i < length; i++) term[i] = raw[at + i - shared]!;
      const order = last === undefined ? -1 : compareBytes(term, 0, length, last);
      if (order > 0) return;
      const before = input.position;
      const { postings, positions } = place;
      const wanted = this.#skipFields(input, place, fields);
      const inside = wanted && (scan.to === undefined || order < 0) && compareBytes(term, 0, length, scan.from) >= 0;
      const weight = inside ? scan.accept(term, 0, length) : 0;
      if (weight === 0) continue;
      input.position = before;
      this.#readFields(input, { postings, positions }, fields, weight, found);
    }
  }

  /** Steps over what is said of a term and moves `place` behind it; true when one of `fields` has the term. */
  #skipFields(input: ByteReader, place: { postings: number; positions: number }, fields: Uint8Array): boolean {
    const text = this.#kind === 'text';
    let wanted = false;
    let field = -1;
    for (let count = input.count(2, 'fields of a term'); count > 0; count--) {
      field += input.varint() + 1;
      if (fields[field] === 1) wanted = true;
      if (input.varint() !== 1) {
        place.postings += input.varint();
        if (text) place.positions += input.varint();
        continue;
      }
      input.varint();
      const frequency = text ? input.varint() : 0;
      if (frequency > textFormat.inlinePositions) place.positions += input.varint();
      else for (let i = 0; i < frequency; i++) input.varint();
    }
    return wanted;
  }

  #readFields(
    input: ByteReader,
    place: { postings: number; positions: number },
    fields: Uint8Array,
    weight: number,
    found: SealedTerm[],
  ): void {
    const count = input.count(2, 'fields of a term');
    let field = -1;
    for (let i = 0; i < count; i++) {
      field += input.varint() + 1;
      const term = this.#readTerm(input, place, field, weight);
      place.postings += term.postingsLength;
      place.positions += term.positionsLength;
      if (fields[field] === 1) found.push(term);
    }
  }

  #readTerm(
    input: ByteReader,
    { postings, positions }: { postings: number; positions: number },
    field: number,
    weight: number,
  ): SealedTerm {
    const documents = input.upTo(this.#documents, 'number of documents');
    const base = { field, kind: this.#kind, documents, weight, postings, positions };
    if (documents === 1) return { ...base, ...this.#readSingle(input) };
    const postingsLength = input.varint();
    const positionsLength = this.#kind === 'text' ? input.varint() : 0;
    return { ...base, postingsLength, positionsLength, single: undefined };
  }

  #readSingle(input: ByteReader): Pick<SealedTerm, 'single' | 'postingsLength' | 'positionsLength'> {
    const document = input.upTo(this.#documents - 1, 'document');
    if (this.#kind === 'keyword') {
      return { single: { document, frequency: 1, positions: undefined }, postingsLength: 0, positionsLength: 0 };
    }
    const frequency = input.varint();
    if (frequency > textFormat.inlinePositions) {
      return {
        single: { document, frequency, positions: undefined },
        postingsLength: 0,
        positionsLength: input.varint(),
      };
    }
    const positions = new Uint32Array(frequency);
    let position = 0;
    for (let i = 0; i < frequency; i++) {
      position += input.varint();
      positions[i] = position;
    }
    return { single: { document, frequency, positions }, postingsLength: 0, positionsLength: 0 };
  }
}
