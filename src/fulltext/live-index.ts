import { isUtf8 } from 'node:buffer';
import { isExactField } from './analyzer.ts';
import { parseDateBytes } from './dates.ts';
import { base64, type DocumentHeader, type DocumentRecord, documentLimits } from './document.ts';
import { FieldTable } from './field-table.ts';
import { JsonScanner, type JsonSink } from './json-scan.ts';
import { NumberColumn } from './number-column.ts';
import { TermTable, termHeader, termOwner } from './term-table.ts';
import { hashOver, type TokenSink, tokenize, tokenRoom } from './tokenizer.ts';

/** Top bit of a stream word: the start of a value. */
export const valueMark = 0x80000000;
/** With `valueMark`: the value's exact keyword follows. */
export const keywordMark = 0x40000000;
/** The field id in a word with `valueMark`. */
export const fieldMask = 0x3fffffff;

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
export class LiveIndex implements TokenSink, JsonSink {
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
  readonly #touched: NumberColumn[] = [];
  #documentStart = 1;
  #owner = 0;
  #place = 0;
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
    const fixed = this.stream.byteLength * 2 + this.documentStarts.byteLength * 2 + this.timestamps.byteLength;
    return fixed + this.terms.bytes + this.#numberBytes + this.fields.nodes * 256 + this.fields.nameUnits * 4;
  }

  /** True when it should be sealed whatever its size. */
  get full(): boolean {
    return this.fields.nodes >= maxFields || this.streamEnd >= 0x10000000;
  }

  /** True when a record at `offset` can still be added. */
  reaches(offset: number): boolean {
    return offset - this.baseOffset <= 0xffffffff;
  }

  /** Adds a record; offsets rise. The record's bytes are not kept. What a record's getters throw leaves the index as it was. */
  add(record: DocumentRecord): void {
    const { value, key, headers, offset } = record;
    this.#reserveDocument();
    this.#documentStart = this.streamEnd;
    this.#touched.length = 0;
    if (value === null) this.#text(this.fields.field('_kafka.tombstone'), words.true, 0, 4);
    else this.#value(value);
    if (key !== null) this.#bytesOrText('_kafka.key', key);
    if (headers.length > 0) this.#addHeaders(headers);
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
      if (!Number.isNaN(time)) this.#number(field, 'dates', time);
    }
  }

  number(node: number, value: number, bytes: Uint8Array, from: number, to: number): void {
    const field = this.fields.fieldOf[node]!;
    // Digits that a double cannot hold are also text, so that big ids are told apart.
    if (Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value)) {
      this.#text(field, bytes, from, to);
    }
    if (Number.isFinite(value)) this.#number(field, 'numbers', value);
  }

  boolean(node: number, value: boolean): void {
    const text = value ? words.true : words.false;
    this.#text(this.fields.fieldOf[node]!, text, 0, text.length);
  }

  token(from: number, to: number, hash: number): number {
    const terms = this.terms;
    const place = this.#place++;
    terms.occur(terms.arena, from, to, this.#owner, hash, place, this.stream, this.previous);
    return terms.arenaEnd + termHeader;
  }

  #value(value: Uint8Array): void {
    if (isUtf8(value)) {
      if (JsonScanner.opensObject(value)) {
        if (this.#scanner.scan(value, 0, value.length)) return;
        this.#rollBack();
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
    let field = this.#headers.get(name);
    if (field === undefined) {
      field = this.fields.field(Buffer.byteLength(name) <= documentLimits.nameBytes ? name : '_kafka.headers');
      this.#headers.set(name, field);
    }
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
    this.#openText(field, state, bytes, from, to);
    const first = this.#place;
    if (!state.exact) {
      const terms = this.terms;
      this.#owner = termOwner(field, 'text');
      tokenize(bytes, from, to, terms.arena, terms.arenaEnd + termHeader, terms.seedOf(this.#owner), this);
    }
    const tokens = this.#place - first;
    this.stream[this.streamEnd + 1] = tokens;
    this.previous[this.streamEnd + 1] = 0;
    state.tokens += tokens;
    this.streamEnd = this.#place;
  }

  #openText(field: number, state: LiveField, bytes: Uint8Array, from: number, to: number): void {
    const length = to - from;
    const terms = this.terms;
    terms.reserve(length + 2 * termHeader + tokenRoom(length));
    this.#reserveStream(length + 4);
    const at = this.streamEnd;
    this.previous[at] = state.last;
    if (state.last < this.#documentStart) state.documents++;
    state.last = at;
    this.#place = at + 2;
    if (length > documentLimits.keywordBytes) {
      this.stream[at] = valueMark + field;
      return;
    }
    this.stream[at] = valueMark + keywordMark + field;
    const owner = termOwner(field, 'keyword');
    const hash = hashOver(terms.seedOf(owner), bytes, from, to);
    terms.occur(bytes, from, to, owner, hash, this.#place++, this.stream, this.previous);
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

  #number(field: number, kind: 'numbers' | 'dates', value: number): void {
    const state = this.#state(field);
    let column = state[kind];
    if (column === undefined) {
      column = new NumberColumn();
      state[kind] = column;
      this.#numberBytes += column.bytes;
    }
    const before = column.bytes;
    column.push(this.documents, value);
    this.#numberBytes += column.bytes - before;
    this.#touched.push(column);
  }

  /** Forgets what the present document has added: its value turned out to be no JSON. */
  #rollBack(): void {
    const values: number[] = [];
    for (let at = this.#documentStart; at < this.streamEnd; at = this.endOfValue(at)) values.push(at);
    for (const at of values.reverse()) {
      const mark = this.stream[at]!;
      const first = at + 2;
      for (let place = this.endOfValue(at) - 1; place >= first; place--) {
        this.terms.revert(this.stream[place]!, this.previous[place]!);
      }
      const state = this.states[mark & fieldMask]!;
      state.last = this.previous[at]!;
      if (state.last < this.#documentStart) state.documents--;
      state.tokens -= this.stream[at + 1]!;
    }
    for (const column of this.#touched) column.count--;
    this.#touched.length = 0;
    this.streamEnd = this.#documentStart;
  }

  /** Place after the value that starts at `at` in the stream. */
  endOfValue(at: number): number {
    return at + 2 + ((this.stream[at]! & keywordMark) === 0 ? 0 : 1) + this.stream[at + 1]!;
  }

  #reserveStream(length: number): void {
    const needed = this.streamEnd + length;
    if (needed <= this.stream.length) return;
    const size = Math.max(needed, Math.ceil(this.stream.length * 1.5));
    this.stream = grown(this.stream, size);
    this.previous = grown(this.previous, size);
  }

  #reserveDocument(): void {
    if (this.documents + 1 < this.documentStarts.length) return;
    const size = Math.ceil(this.documentStarts.length * 1.5);
    this.documentStarts = grown(this.documentStarts, size);
    this.offsets = grown(this.offsets, size);
    const timestamps = new Float64Array(size);
    timestamps.set(this.timestamps);
    this.timestamps = timestamps;
  }
}

function grown(array: Uint32Array<ArrayBuffer>, size: number): Uint32Array<ArrayBuffer> {
  const copy = new Uint32Array(size);
  copy.set(array);
  return copy;
}
