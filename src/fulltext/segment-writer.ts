import { crc32c } from '../base/crc32c.ts';
import { keywordAnalyzer, standardAnalyzer } from './analyzer.ts';
import { ByteWriter } from './bytes.ts';
import { DictionaryWriter } from './dictionary-writer.ts';
import { lowerBound, writeDocumentSet } from './documents.ts';
import {
  type DictionaryBlock,
  type FieldEntry,
  type NumberBlock,
  type Region,
  type TextDirectory,
  type TimeBlock,
  textFormat,
  writeDirectory,
  writeFooter,
} from './format.ts';
import { release } from './growth.ts';
import type { LiveField, LiveIndex } from './live-index.ts';
import { normOf } from './norm.ts';
import { sortNumbers, writeNumberBlocks } from './number-blocks.ts';
import type { NumberColumn } from './number-column.ts';
import { collectOccurrences } from './occurrences.ts';
import { TermOccurrences, writeKeywordPostings, writePositions, writeTextPostings } from './postings.ts';
import type { Pause } from './term-sort.ts';
import { type TermKind, termHeader } from './term-table.ts';

/** Occurrences written between two pauses. */
const BREATH = 30_000;

/** Norms of one field: aligned to the documents that have text in it. */
interface FieldTexts {
  readonly documents: Uint32Array;
  readonly norms: Uint8Array;
}

/** Areas of the body, each grown on its own and joined at the end. */
interface Areas {
  readonly postings: ByteWriter;
  readonly positions: ByteWriter;
  readonly dictionary: ByteWriter;
  readonly columns: ByteWriter;
}

/**
 * The text segment of a live index that no longer changes: `textFormat`, docs/formats/text-segment.md. Pauses often, so that the
 * thread goes on answering; the index can be searched meanwhile.
 */
export async function writeTextSegment(index: LiveIndex, pause: Pause): Promise<Uint8Array> {
  return new SegmentWriter(index, pause).write();
}

class SegmentWriter {
  readonly #index: LiveIndex;
  readonly #pause: Pause;
  readonly #areas: Areas;
  readonly #texts = new Map<number, FieldTexts>();
  /** Field ids of the segment by those of the index; unused names have none. */
  readonly #fieldIds: number[] = [];
  readonly #scratch = new ByteWriter(1024);
  #work = 0;

  constructor(index: LiveIndex, pause: Pause) {
    this.#index = index;
    this.#pause = pause;
    this.#areas = {
      postings: new ByteWriter(4096),
      positions: new ByteWriter(4096),
      dictionary: new ByteWriter(4096),
      columns: new ByteWriter(4096),
    };
  }

  async write(): Promise<Uint8Array> {
    const fields = await this.#writeFields();
    const offsets = this.#writeOffsets();
    const timestamps = this.#writeTimestamps();
    const text = await this.#writeTerms('text');
    const keyword = await this.#writeTerms('keyword');
    return this.#assemble(fields, offsets, timestamps, text, keyword);
  }

  async #breathe(work: number): Promise<void> {
    this.#work += work;
    if (this.#work < BREATH) return;
    this.#work = 0;
    await this.#pause();
  }

  async #writeFields(): Promise<FieldEntry[]> {
    const fields: FieldEntry[] = [];
    for (const [id, state] of this.#index.states.entries()) {
      if (state === undefined) continue;
      const texts = this.#textsOf(state);
      const numbers = state.numbers?.count ?? 0;
      if (texts.documents.length === 0 && numbers === 0) continue;
      this.#fieldIds[id] = fields.length;
      this.#texts.set(id, texts);
      fields.push(this.#fieldEntry(id, state, texts));
      await this.#breathe(texts.documents.length + numbers);
    }
    return fields;
  }

  /** Documents with text in a field, and their norms: a walk back over its values. */
  #textsOf(state: LiveField): FieldTexts {
    const { stream, previous, documentStarts } = this.#index;
    const documents = new Uint32Array(state.documents);
    const norms = new Uint8Array(state.documents);
    let at = state.documents;
    let length = 0;
    let document = this.#index.documents;
    for (let place = state.last; place !== 0; place = previous[place]!) {
      if (place < documentStarts[document]!) {
        // Values are near each other in most fields; where they are not, a binary search finds the document.
        if (place < documentStarts[--document]!)
          document = lowerBound(documentStarts.subarray(0, document), place + 1) - 1;
        documents[--at] = document;
        length = 0;
      }
      length += stream[place + 1]!;
      norms[at] = normOf(length);
    }
    return { documents, norms };
  }

  #fieldEntry(id: number, state: LiveField, { documents, norms }: FieldTexts): FieldEntry {
    const total = this.#index.documents;
    const texts = this.#column((out) => writeDocumentSet(out, documents, total));
    const constant = norms.every((norm) => norm === norms[0]);
    const normRegion = this.#column((out) => out.raw(constant ? norms.subarray(0, 1) : norms));
    const numberDocuments = this.#column((out) => writeDocumentSet(out, distinctDocuments(state.numbers), total));
    return {
      name: this.#index.fields.names[id]!,
      analyzer: state.exact ? keywordAnalyzer : standardAnalyzer,
      documents: documents.length,
      tokens: state.tokens,
      texts,
      norms: normRegion,
      numberDocuments,
      numbers: this.#numberBlocks(state.numbers),
      dates: this.#numberBlocks(state.dates),
    };
  }

  #numberBlocks(column: NumberColumn | undefined): NumberBlock[] {
    if (column === undefined) return [];
    const { values, documents, count } = column;
    return writeNumberBlocks(this.#areas.columns, sortNumbers(values.subarray(0, count), documents.subarray(0, count)));
  }

  #column(write: (out: ByteWriter) => void): Region {
    const out = this.#areas.columns;
    const position = out.length;
    write(out);
    return { position, length: out.length - position };
  }

  /** Runs of consecutive offsets: offsets left out before the run, and its length. */
  #writeOffsets(): Region {
    const { offsets, documents } = this.#index;
    return this.#column((out) => {
      let expected = 0;
      for (let from = 0; from < documents; ) {
        let to = from + 1;
        while (to < documents && offsets[to] === offsets[to - 1]! + 1) to++;
        out.varint(offsets[from]! - expected);
        out.varint(to - from);
        expected = offsets[to - 1]! + 1;
        from = to;
      }
    });
  }

  #writeTimestamps(): TimeBlock[] {
    const { timestamps, documents } = this.#index;
    const blocks: TimeBlock[] = [];
    for (let from = 0; from < documents; from += textFormat.columnBlock) {
      const times = timestamps.subarray(from, Math.min(documents, from + textFormat.columnBlock));
      let low = times[0]!;
      let high = times[0]!;
      for (const time of times) {
        low = Math.min(low, time);
        high = Math.max(high, time);
      }
      const region = this.#column((out) => {
        let previous = low;
        for (const time of times) {
          out.signed(time - previous);
          previous = time;
        }
      });
      blocks.push({ ...region, low, high });
    }
    return blocks;
  }

  /** One dictionary with its postings: groups of equal bytes, a part for each field. */
  async #writeTerms(kind: TermKind): Promise<readonly DictionaryBlock[]> {
    const { terms } = this.#index;
    const { postings, positions, dictionary } = this.#areas;
    const { starts, ends, found } = await collectOccurrences(this.#index, kind, this.#pause);
    const writer = new DictionaryWriter(dictionary);
    const term = new TermOccurrences(found, kind);
    for (let from = 0; from < starts.length; ) {
      const start = starts[from]!;
      const postingsStart = postings.length;
      const positionsStart = positions.length;
      let to = from;
      let previousField = -1;
      while (to < starts.length && (to === from || this.#sameBytes(start, starts[to]!))) {
        const owner = terms.ownerOf(starts[to]!) >> 1;
        const field = this.#fieldIds[owner]!;
        writer.entry.varint(field - previousField - 1);
        previousField = field;
        term.moveTo(to === 0 ? 0 : ends[to - 1]!, ends[to]!);
        if (kind === 'text') this.#writeTextTerm(writer.entry, term, owner);
        else this.#writeKeyword(writer.entry, term);
        this.#work += term.to - term.from;
        to++;
      }
      writer.term(terms.arena, start + termHeader, terms.endOf(start), to - from, postingsStart, positionsStart);
      from = to;
      if (this.#work >= BREATH) await this.#breathe(0);
    }
    release(found);
    return writer.finish();
  }

  #sameBytes(a: number, b: number): boolean {
    const { terms } = this.#index;
    const { arena } = terms;
    const length = terms.endOf(a) - a;
    if (terms.endOf(b) - b !== length) return false;
    for (let i = termHeader; i < length; i++) if (arena[a + i] !== arena[b + i]) return false;
    return true;
  }

  /** Documents; for one document it, its frequency, and its few positions; else the bytes of postings and positions. */
  #writeTextTerm(entry: ByteWriter, term: TermOccurrences, owner: number): void {
    const { postings, positions } = this.#areas;
    const before = positions.length;
    entry.varint(term.documents);
    if (term.documents === 1) {
      const count = term.to - term.from;
      const inline = count <= textFormat.inlinePositions;
      entry.varint(term.found[2 * term.from]!);
      entry.varint(count);
      writePositions(inline ? entry : positions, term.found, term.from, term.to);
      if (!inline) entry.varint(positions.length - before);
      return;
    }
    const start = postings.length;
    const { documents, norms } = this.#texts.get(owner)!;
    const dense = documents.length === this.#index.documents;
    const normAt = (document: number): number => norms[dense ? document : lowerBound(documents, document)]!;
    writeTextPostings(postings, positions, term, normAt, this.#scratch);
    entry.varint(postings.length - start);
    entry.varint(positions.length - before);
  }

  #writeKeyword(entry: ByteWriter, term: TermOccurrences): void {
    const { postings } = this.#areas;
    entry.varint(term.documents);
    if (term.documents === 1) {
      entry.varint(term.found[term.from]!);
      return;
    }
    const before = postings.length;
    writeKeywordPostings(postings, term);
    entry.varint(postings.length - before);
  }

  #assemble(
    fields: readonly FieldEntry[],
    offsets: Region,
    timestamps: readonly TimeBlock[],
    text: readonly DictionaryBlock[],
    keyword: readonly DictionaryBlock[],
  ): Uint8Array {
    const { postings, positions, dictionary, columns } = this.#areas;
    const starts = { positions: postings.length, dictionary: postings.length + positions.length, columns: 0 };
    starts.columns = starts.dictionary + dictionary.length;
    const body = starts.columns + columns.length;
    const column = <T extends Region>(region: T): T => ({ ...region, position: region.position + starts.columns });
    const block = (entry: DictionaryBlock): DictionaryBlock => ({
      ...entry,
      position: entry.position + starts.dictionary,
      positions: entry.positions + starts.positions,
    });
    const out = new ByteWriter(body + 64 * 1024);
    for (const area of [postings, positions, dictionary, columns]) {
      out.raw(area.view());
      release(area.bytes);
    }
    const index = this.#index;
    const directory: TextDirectory = {
      partition: index.partition,
      baseOffset: index.baseOffset,
      lastOffset: index.endOffset - 1,
      documents: index.documents,
      minTimestamp: index.minTimestamp,
      maxTimestamp: index.maxTimestamp,
      offsets: column(offsets),
      timestamps: timestamps.map(column),
      fields: fields.map((field) => ({
        ...field,
        texts: column(field.texts),
        norms: column(field.norms),
        numberDocuments: column(field.numberDocuments),
        numbers: field.numbers.map(column),
        dates: field.dates.map(column),
      })),
      text: text.map(block),
      keyword: keyword.map(block),
      pageCrcs: pageCrcs(out.view()),
    };
    return finish(out, body, writeDirectory(directory));
  }
}

function distinctDocuments(column: NumberColumn | undefined): Uint32Array {
  if (column === undefined) return new Uint32Array(0);
  const { documents, count } = column;
  return documents.subarray(0, count).filter((document, i) => i === 0 || documents[i - 1] !== document);
}

function pageCrcs(body: Uint8Array): Uint32Array {
  const pages = Math.ceil(body.length / textFormat.pageBytes);
  return Uint32Array.from({ length: pages }, (_, page) =>
    crc32c(body.subarray(page * textFormat.pageBytes, (page + 1) * textFormat.pageBytes)),
  );
}

function finish(out: ByteWriter, body: number, directory: Uint8Array): Uint8Array {
  out.raw(directory);
  const footer = { directoryPosition: body, directoryLength: directory.length, directoryCrc: crc32c(directory) };
  out.raw(writeFooter(footer, (bytes) => crc32c(bytes)));
  return out.view();
}
