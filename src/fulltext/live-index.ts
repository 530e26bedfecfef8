import { isUtf8 } from 'node:buffer';
import { isExactField } from './analyzer.ts';
import { parseDateBytes } from './dates.ts';
import { base64, type DocumentHeader, type DocumentRecord, documentLimits } from './document.ts';
import { FieldTable } from './field-table.ts';
import { lengthened, lengthenedDoubles } from './growth.ts';
import { JsonScanner, type JsonSink } from './json-scan.ts';
import { NumberColumn } from './number-column.ts';
import { PendingDocument } from './pending-document.ts';
import { TermTable, termOwner } from './term-table.ts';

/** Top bit of a stream word: the start of a value. */
const valueMark = 0x80000000;
/** With `valueMark`: the value's exact keyword follows. */
export const keywordMark = 0x40000000;
/** The field id in a word with `valueMark`. */
export const fieldMask = 0x3fffffff;

/** The document being read: one for all indexes of the thread, for nothing of it outlives the call that adds it. */
const pending = new PendingDocument();

/** Timestamps are kept within this (the year 73,000), so that differences of them are exact. */
const maxTime = 2 ** 51;

/** What is known of one field in a live index. */
export interface LiveField {
  /** Newest value in the stream, 0 when there is none. */
  last: number;
  /** Documents with a text value. */
  documents: number;
  /** Tokens of all values. */
  tokens: number;
  /** The field has exact values only, no tokens. */
  readonly exact: boolean;
  numbers: NumberColumn | undefined;
  /** Strings that are dates, in milliseconds since the epoch. */
  dates: NumberColumn | undefined;
}

/** The field of the time from which on a record no longer counts. No field of a record can have this name. */
export const EXPIRES_FIELD = '_kafka.expires';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const words = { true: new TextEncoder().encode('true'), false: new TextEncoder().encode('false') };

/** Fields above which an index counts as full: it is sealed, so that names made of data cannot grow the table without end. */
const maxFields = 20_000;

/**
 * The full-text index of the newest records of one partition, in memory, searchable at once. All tokens lie in one stream of term ids;
 * each occurrence links to the one before it, so that a term's documents are a walk from its newest occurrence.
 *
 * Stream, per value: mark with field id · number of tokens · keyword's term id (when marked) · term ids of the tokens in order.
 */
export class LiveIndex implements JsonSink {
  readonly partition: number;
  /** First offset that this index covers. */
  readonly baseOffset: number;
  /** Offset after the last one covered. */
  endOffset: number;
  readonly fields: FieldTable;
  readonly terms: TermTable;
  /** By field id; fields without a value in this index are missing. */
  readonly states: (LiveField | undefined)[] = [];
  stream = new Uint32Array(512);
  previous = new Uint32Array(512);
  streamEnd = 1;
  documents = 0;
  /** Where each document starts in the stream; one more than there are documents. */
  documentStarts = new Uint32Array(64);
  /** Offsets relative to `baseOffset`. */
  offsets = new Uint32Array(64);
  timestamps = new Float64Array(64);
  /** -1 without documents. */
  minTimestamp = -1;
  maxTimestamp = -1;
  readonly #scanner: JsonScanner;
  readonly #headers = new Map<string, number>();
  #numberBytes = 0;

  /** `seed` makes the hashes unforeseeable. */
  constructor(partition: number, baseOffset: number, seed: number) {
    this.partition = partition;
    this.baseOffset = baseOffset;
    this.endOffset = baseOffset;
    this.fields = new FieldTable(seed);
    this.terms = new TermTable(seed);
    this.#scanner = new JsonScanner(this.fields, this);
    this.documentStarts[0] = 1;
  }

  /** Bytes of memory held. */
  get bytes(): number {
    const fixed = this.stream.byteLength * 2 + this.timestamps.byteLength * 2;
    return fixed + this.terms.bytes + this.#numberBytes + this.fields.size * 256 + this.fields.nameUnits * 4;
  }

  /** True when it should be sealed whatever its size. */
  get full(): boolean {
    return this.fields.size >= maxFields || this.streamEnd >= 0x10000000;
  }

  /** True when a record at `offset` can still be added. */
  reaches(offset: number): boolean {
    return offset - this.baseOffset <= 0xffffffff;
  }

  /**
   * Adds a record; offsets rise. The record's bytes are not kept. What a record's getters throw leaves the index as it was. `expires` is when it no
   * longer counts, ms since the epoch.
   */
  add(record: DocumentRecord, expires = Number.POSITIVE_INFINITY): void {
    const { value, key, headers, offset } = record;
    this.#reserveDocument();
    this.#clear();
    if (value === null) this.#text(this.fields.field('_kafka.tombstone'), words.true, 0, 4);
    else this.#value(value);
    if (key !== null) this.#bytesOrText('_kafka.key', key);
    if (headers.length > 0) this.#addHeaders(headers);
    if (Number.isFinite(expires)) pending.number(this.fields.field(EXPIRES_FIELD), expires, false);
    this.#commit();
    const timestamp = Math.max(-maxTime, Math.min(maxTime, record.timestamp));
    const first = this.documents === 0;
    this.minTimestamp = first ? timestamp : Math.min(this.minTimestamp, timestamp);
    this.maxTimestamp = first ? timestamp : Math.max(this.maxTimestamp, timestamp);
    const document = this.documents++;
    this.offsets[document] = offset - this.baseOffset;
    this.timestamps[document] = timestamp;
    this.documentStarts[document + 1] = this.streamEnd;
    this.endOffset = offset + 1;
  }

  string(node: number, bytes: Uint8Array, from: number, to: number): void {
    const field = this.fields.fieldOf[node]!;
    this.#text(field, bytes, from, to);
    if (to - from >= 10 && to - from <= 40 && bytes[from + 4] === 0x2d && bytes[from + 7] === 0x2d) {
      const time = parseDateBytes(bytes, from, to);
      if (!Number.isNaN(time)) pending.number(field, time, true);
    }
  }

  number(node: number, value: number, bytes: Uint8Array, from: number, to: number): void {
    const field = this.fields.fieldOf[node]!;
    // Digits that a double cannot hold are also text, so that big ids are told apart.
    if (Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value)) {
      this.#text(field, bytes, from, to);
    }
    if (Number.isFinite(value)) pending.number(field, value, false);
  }

  boolean(node: number, value: boolean): void {
    const text = value ? words.true : words.false;
    this.#text(this.fields.fieldOf[node]!, text, 0, text.length);
  }

  #value(value: Uint8Array): void {
    if (isUtf8(value)) {
      if (JsonScanner.opensObject(value)) {
        if (this.#scanner.scan(value, 0, value.length)) return;
        this.#clear(); // What the scanner saw of it does not count.
      }
      this.#text(this.fields.field('message'), value, 0, value.length);
    } else this.#base64('message_base64', value);
  }

  #bytesOrText(name: string, bytes: Uint8Array): void {
    if (isUtf8(bytes)) this.#text(this.fields.field(name), bytes, 0, bytes.length);
    else this.#base64(`${name}_base64`, bytes);
  }

  #addHeaders(headers: readonly DocumentHeader[]): void {
    for (const [index, { key, value }] of headers.entries()) {
      if (value === null) continue;
      const name = index < documentLimits.members ? `_kafka.headers.${decoder.decode(key)}` : '_kafka.headers';
      if (!isUtf8(value)) this.#base64(name, value);
      else this.#text(this.#headerField(name), value, 0, value.length);
    }
  }

  #headerField(name: string): number {
    const known = this.#headers.get(name);
    if (known !== undefined) return known;
    // A name that is no field's is not kept either.
    if (Buffer.byteLength(name) > documentLimits.nameBytes) return this.fields.field('_kafka.headers');
    const field = this.fields.field(name);
    this.#headers.set(name, field);
    return field;
  }

  #base64(name: string, bytes: Uint8Array): void {
    const field = this.#headerField(name.endsWith('_base64') ? name : `${name}_base64`);
    // Longer ones have no exact value: there is no need to make it.
    const short = bytes.length <= documentLimits.keywordBytes;
    const text = short ? Buffer.from(base64(bytes), 'latin1') : bytes;
    this.#text(field, text, 0, text.length);
  }

  /** A text value: its exact keyword, when short enough, and its tokens, unless the field has exact values only. */
  #text(field: number, bytes: Uint8Array, from: number, to: number): void {
    const state = this.#state(field);
    const terms = this.terms;
    pending.open(field);
    if (to - from <= documentLimits.keywordBytes) {
      const owner = termOwner(field, 'keyword');
      pending.keyword(bytes, from, to, owner, terms.seedOf(owner));
    }
    if (!state.exact) {
      const owner = termOwner(field, 'text');
      pending.text(bytes, from, to, owner, terms.seedOf(owner));
    }
    pending.close();
  }

  #clear(): void {
    pending.clear();
  }

  /** Takes the present document's values over. */
  #commit(): void {
    const start = this.streamEnd;
    this.stream = lengthened(this.stream, start + pending.place);
    this.previous = lengthened(this.previous, start + pending.place);
    const { stream, previous } = this;
    for (let i = 0; i < pending.values; i++) {
      const field = pending.fields[i]!;
      const state = this.states[field]!;
      const at = start + pending.valuePlaces[i]!;
      const tokens = pending.tokens[i]!;
      const keyword = pending.hasKeyword(i);
      stream[at] = (keyword ? valueMark + keywordMark : valueMark) + field;
      stream[at + 1] = tokens;
      previous[at] = state.last;
      previous[at + 1] = 0;
      if (state.last < start) state.documents++;
      state.last = at;
      state.tokens += tokens;
    }
    this.terms.internAll(pending, start, stream, previous);
    for (let i = 0; i < pending.numbers; i++) this.#number(pending.numberFields[i]!, pending.numberValues[i]!);
    this.streamEnd = start + pending.place;
  }

  #state(field: number): LiveField {
    const known = this.states[field];
    if (known !== undefined) return known;
    while (this.states.length < field) this.states.push(undefined);
    const exact = isExactField(this.fields.names[field]!);
    const state: LiveField = { last: 0, documents: 0, tokens: 0, exact, numbers: undefined, dates: undefined };
    this.states[field] = state;
    return state;
  }

  /** `place` is twice the field id, plus 1 for a date. */
  #number(place: number, value: number): void {
    const kind = (place & 1) === 1 ? 'dates' : 'numbers';
    const state = this.#state(place >> 1);
    let column = state[kind];
    if (column === undefined) {
      column = new NumberColumn();
      state[kind] = column;
      this.#numberBytes += column.bytes;
    }
    const before = column.bytes;
    column.push(this.documents, value);
    this.#numberBytes += column.bytes - before;
  }

  /** Place after the value that starts at `at` in the stream. */
  endOfValue(at: number): number {
    return at + 2 + ((this.stream[at]! & keywordMark) === 0 ? 0 : 1) + this.stream[at + 1]!;
  }

  #reserveDocument(): void {
    this.documentStarts = lengthened(this.documentStarts, this.documents + 2);
    this.offsets = lengthened(this.offsets, this.documents + 1);
    this.timestamps = lengthenedDoubles(this.timestamps, this.documents + 1);
  }
}
