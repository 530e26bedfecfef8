import { ByteReader } from './bytes.ts';
import { DictionaryReader, type SealedTerm } from './dictionary-reader.ts';
import { documentsOf, lowerBound, mergeDocuments, readDocumentSet } from './documents.ts';
import { type FieldEntry, type NumberBlock, type Region, type TimeBlock, textFormat } from './format.ts';
import { readNumberBlock } from './number-blocks.ts';
import { readKeywordPostings, readPositions, readSkips, readTextPostings } from './postings.ts';
import { type RangeReader, SegmentBytes, type SegmentPlace } from './segment-bytes.ts';
import type { TermKind } from './term-table.ts';
import type { Breathe, NumberRange, Postings, SegmentView, TermScan, ViewField } from './view.ts';

/** Offsets of documents: runs of consecutive ones. */
interface OffsetRuns {
  /** First document of each run. */
  readonly documents: Float64Array;
  /** Its offset. */
  readonly offsets: Float64Array;
}

/** A sealed text segment, read by ranges. Every method rejects with `CorruptTextSegment` when the bytes cannot be right. */
export class SegmentReader implements SegmentView<SealedTerm> {
  readonly documents: number;
  readonly fields: readonly ViewField[];
  readonly bytes: SegmentBytes;
  readonly #runs: OffsetRuns;
  readonly #dictionaries: Readonly<Record<TermKind, DictionaryReader>>;

  private constructor(bytes: SegmentBytes, runs: OffsetRuns) {
    this.bytes = bytes;
    this.#runs = runs;
    this.documents = bytes.directory.documents;
    this.#dictionaries = { text: new DictionaryReader(bytes, 'text'), keyword: new DictionaryReader(bytes, 'keyword') };
    this.fields = bytes.directory.fields.map(({ name, documents, tokens, numbers, dates }, id) => ({
      id,
      name,
      documents,
      tokens,
      numbers: numbers.length > 0,
      dates: dates.length > 0,
    }));
  }

  /** Opens the segment at `place` of an object: one read, or a few when it is large. */
  static async open(reader: RangeReader, place: SegmentPlace): Promise<SegmentReader> {
    const bytes = await SegmentBytes.open(reader, place);
    const { offsets, documents, baseOffset, lastOffset } = bytes.directory;
    const input = new ByteReader(await bytes.read(offsets), place.objectKey);
    return new SegmentReader(bytes, readRuns(input, documents, baseOffset, lastOffset));
  }

  get partition(): number {
    return this.bytes.directory.partition;
  }

  documentRange(from: number, to: number): readonly [number, number] {
    return [this.#firstDocument(from), this.#firstDocument(to)];
  }

  /** The first document at or after `offset`. */
  #firstDocument(offset: number): number {
    const { documents, offsets } = this.#runs;
    const run = lowerBound(offsets, offset + 1) - 1;
    if (run < 0) return 0;
    const end = run + 1 < documents.length ? documents[run + 1]! : this.documents;
    return Math.min(end, documents[run]! + offset - offsets[run]!);
  }

  find(kind: TermKind, bytes: Uint8Array, fields: Uint8Array): Promise<SealedTerm[]> {
    return this.#dictionaries[kind].find(bytes, fields);
  }

  scan(kind: TermKind, scan: TermScan, fields: Uint8Array, breathe: Breathe): AsyncGenerator<SealedTerm[], void> {
    return this.#dictionaries[kind].scan(scan, fields, breathe);
  }

  async postings(term: SealedTerm): Promise<Postings> {
    if (term.single !== undefined) {
      const { document, frequency } = term.single;
      return { documents: Uint32Array.of(document), frequencies: Uint32Array.of(frequency) };
    }
    const input = await this.#input({ position: term.postings, length: term.postingsLength });
    if (term.kind === 'text') return readTextPostings(input, term.documents, this.documents);
    return { documents: readKeywordPostings(input, term.documents, this.documents), frequencies: undefined };
  }

  async positions(term: SealedTerm, documents: Uint32Array): Promise<Uint32Array[]> {
    if (term.single?.positions !== undefined) return [term.single.positions];
    const region = { position: term.positions, length: term.positionsLength };
    if (term.single !== undefined) return [readPositions(await this.#input(region), term.single.frequency)];
    const postings = await this.postings(term);
    const header = await this.#input({ position: term.postings, length: term.postingsLength });
    const skips = readSkips(header, term.documents);
    const input = await this.#input(region);
    const found: Uint32Array[] = [];
    let wanted = 0;
    for (let i = 0; i < postings.documents.length && wanted < documents.length; i++) {
      // A block without a wanted document is stepped over.
      const skip = i % textFormat.postingsBlock === 0 ? skips[i / textFormat.postingsBlock] : undefined;
      if (skip !== undefined) {
        input.position = 0;
        input.skip(skip.positions);
        if (skip.lastDocument < documents[wanted]!) {
          i += textFormat.postingsBlock - 1;
          continue;
        }
      }
      const positions = readPositions(input, postings.frequencies![i]!);
      if (postings.documents[i] !== documents[wanted]) continue;
      found.push(positions);
      wanted++;
    }
    if (wanted < documents.length) input.fail('has no positions of a document');
    return found;
  }

  async norms(field: number, documents: Uint32Array): Promise<Uint8Array> {
    const entry = this.#field(field);
    const norms = await this.bytes.read(entry.norms);
    const found = new Uint8Array(documents.length);
    if (norms.length === 1) return found.fill(norms[0]!);
    const input = await this.#input(entry.texts);
    if (norms.length !== entry.documents) input.fail('has a wrong number of norms');
    if (entry.documents === this.documents) {
      for (let i = 0; i < found.length; i++) found[i] = norms[documents[i]!]!;
      return found;
    }
    const holders = readDocumentSet(input, this.documents);
    if (holders.length !== norms.length) input.fail('has a wrong number of norms');
    let at = 0;
    for (let i = 0; i < found.length; i++) {
      while (at < holders.length && holders[at]! < documents[i]!) at++;
      if (holders[at] !== documents[i]) input.fail('has no norm of a document');
      found[i] = norms[at]!;
    }
    return found;
  }

  async exists(field: number): Promise<Uint32Array> {
    const { texts, numberDocuments } = this.#field(field);
    const [text, number] = await Promise.all([this.#input(texts), this.#input(numberDocuments)]);
    return mergeDocuments(readDocumentSet(text, this.documents), readDocumentSet(number, this.documents));
  }

  async numbers(field: number, kind: 'numbers' | 'dates', range: NumberRange): Promise<Uint32Array> {
    const blocks = this.#field(field)[kind].filter(({ low, high }) => high >= range.low && low <= range.high);
    const bits = new Uint32Array((this.documents + 31) >>> 5);
    const inputs = await Promise.all(blocks.map((block: NumberBlock) => this.#input(block)));
    for (const [i, block] of blocks.entries()) {
      const { values, documents } = readNumberBlock(inputs[i]!, block.count, this.documents);
      for (let j = 0; j < values.length; j++) {
        if (values[j]! < range.low || values[j]! > range.high) continue;
        bits[documents[j]! >>> 5]! |= 1 << (documents[j]! & 31);
      }
    }
    return documentsOf(bits);
  }

  async offsets(documents: Uint32Array): Promise<Float64Array> {
    const runs = this.#runs;
    return Float64Array.from(documents, (document) => {
      const run = lowerBound(runs.documents, document + 1) - 1;
      return runs.offsets[run]! + document - runs.documents[run]!;
    });
  }

  async timestamps(documents: Uint32Array): Promise<Float64Array> {
    const found = new Float64Array(documents.length);
    for (let i = 0; i < documents.length; ) {
      const block = Math.floor(documents[i]! / textFormat.columnBlock);
      const times = await this.#times(block);
      const first = block * textFormat.columnBlock;
      for (; i < documents.length && documents[i]! < first + times.length; i++)
        found[i] = times[documents[i]! - first]!;
    }
    return found;
  }

  async timestampsIn({ low, high }: NumberRange): Promise<Uint32Array> {
    const bits = new Uint32Array((this.documents + 31) >>> 5);
    for (const [block, bounds] of this.bytes.directory.timestamps.entries()) {
      if (bounds.high < low || bounds.low > high) continue;
      const times = await this.#times(block);
      for (let i = 0; i < times.length; i++) {
        if (times[i]! < low || times[i]! > high) continue;
        const document = block * textFormat.columnBlock + i;
        bits[document >>> 5]! |= 1 << (document & 31);
      }
    }
    return documentsOf(bits);
  }

  async #times(block: number): Promise<Float64Array> {
    const entry: TimeBlock = this.bytes.directory.timestamps[block]!;
    const input = await this.#input(entry);
    const { columnBlock } = textFormat;
    const times = new Float64Array(Math.min(columnBlock, this.documents - block * columnBlock));
    let time = entry.low;
    for (let i = 0; i < times.length; i++) {
      time += input.signed();
      times[i] = time;
    }
    return times;
  }

  #field(field: number): FieldEntry {
    return this.bytes.directory.fields[field]!;
  }

  async #input(region: Region): Promise<ByteReader> {
    return new ByteReader(await this.bytes.read(region), this.bytes.objectKey);
  }
}

function readRuns(input: ByteReader, documents: number, baseOffset: number, lastOffset: number): OffsetRuns {
  const firsts: number[] = [];
  const offsets: number[] = [];
  let document = 0;
  let offset = baseOffset;
  while (input.remaining > 0) {
    offset += input.varint();
    const length = input.upTo(documents - document, 'documents of a run');
    if (length === 0) input.fail('has an empty run of offsets');
    firsts.push(document);
    offsets.push(offset);
    document += length;
    offset += length;
  }
  if (document !== documents || offset > lastOffset + 1) input.fail('has a wrong number of offsets');
  return { documents: Float64Array.from(firsts), offsets: Float64Array.from(offsets) };
}
