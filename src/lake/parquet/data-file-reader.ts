import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type ColumnMetaData, type FileMetaData, parquetMetadataAsync, parquetSchema } from 'hyparquet';
import { parquetReadColumn } from 'hyparquet/src/read.js';
import { compressors } from 'hyparquet-compressors';
import type { ObjectStore } from '../../objects/types.ts';
import type { DataFile } from '../data-file.ts';
import type { Schema } from '../schema.ts';
import { wrongColumn } from './footer-check.ts';
import { endOfStruct } from './thrift-check.ts';
import { checkPages } from './page-checksums.ts';
import type { RowHeader } from './memtable.ts';
import type { PromotedValue } from './promote.ts';
import { type PromotedColumn, type PromotedType, promotedType } from './promoted-columns.ts';
import { FIELD_ID, FIRST_PROMOTED_ID } from './record-schema.ts';

/** The file cannot be read, or has what files of ours cannot hold: it stays as it is. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
  readonly path: string;
  readonly reason: string;

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${path}: ${reason}`, options);
    this.path = path;
    this.reason = reason;
  }
}

/** The rows of one row group, by column. Bytes are views into what was read. */
export interface RowBlock {
  readonly rows: number;
  readonly partition: ArrayLike<number>;
  readonly offset: ArrayLike<number>;
  /** Microseconds, as doubles that are whole numbers. */
  readonly timestamp: ArrayLike<number>;
  readonly timestampType: ArrayLike<number>;
  readonly key: readonly (Uint8Array | null)[];
  readonly value: readonly (Uint8Array | null)[];
  readonly headers: readonly (readonly RowHeader[])[];
  /** By promoted column of the table's schema, then by row. */
  readonly promoted: readonly (readonly PromotedValue[])[];
}

/** As much of a row group as tells which records it holds. */
export type KeyBlock = Pick<RowBlock, 'rows' | 'partition' | 'offset' | 'key'>;

/** The promoted columns of a schema that files of ours can hold. */
export function promotedOf(schema: Schema): PromotedColumn[] {
  return schema.fields.flatMap(({ id, name, required, type }) => {
    const known = promotedType(type);
    return id < FIRST_PROMOTED_ID || known === undefined || required ? [] : [{ name, path: [name], type: known }];
  });
}

const FOOTER_BYTES = 64 * 1024;

/** Native where Node has it. The length is what the page header promises: nothing larger is made. */
const DECOMPRESSORS = {
  ...compressors,
  ZSTD: (bytes: Uint8Array, length: number) => zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, length) }),
  GZIP: (bytes: Uint8Array, length: number) => gunzipSync(bytes, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (bytes: Uint8Array, length: number) => brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, length) }),
};

/** Values as they are stored: nothing becomes a Date, which has no microseconds. */
const RAW = {
  timestampFromMilliseconds: (value: bigint | undefined) => (value === undefined ? undefined : value * 1000n),
  timestampFromMicroseconds: (value: bigint) => value,
  timestampFromNanoseconds: (): never => {
    throw new RangeError('nanoseconds do not fit the column');
  },
  dateFromDays: (days: number) => days,
  stringFromBytes: (bytes: Uint8Array) => bytes,
};
const TEXT = {
  ...RAW,
  stringFromBytes: (bytes: Uint8Array | undefined) =>
    bytes === undefined ? undefined : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(),
};

/** A part of a file in memory, so that a row group is fetched at once. */
class Window {
  readonly byteLength: number;
  readonly #store: ObjectStore;
  readonly #key: string;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(store: ObjectStore, key: string, size: number) {
    this.#store = store;
    this.#key = key;
    this.byteLength = size;
  }

  async open(start: number, end: number): Promise<void> {
    this.#bytes = new Uint8Array(0);
    this.#bytes = await this.#read(start, end);
    this.#start = start;
  }

  slice(start: number, end = this.byteLength): Promise<ArrayBuffer> {
    const bytes = this.#slice(start, end);
    // The library begins reads that it no longer waits for when another one fails. Whoever waits is told all the same.
    bytes.catch(() => {});
    return bytes;
  }

  async #slice(start: number, end: number): Promise<ArrayBuffer> {
    const from = start - this.#start;
    const held = from >= 0 && end - this.#start <= this.#bytes.length;
    const bytes = held ? this.#bytes.subarray(from, end - this.#start) : await this.#read(start, end);
    return new Uint8Array(bytes).buffer;
  }

  /** Bytes that are held. */
  held(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(start - this.#start, end - this.#start);
  }

  async #read(start: number, end: number): Promise<Uint8Array> {
    const bytes = await this.#store.get(this.#key, { from: start, length: end - start });
    if (bytes.length !== end - start) throw new RangeError('the file is shorter than the table says');
    return bytes;
  }
}

/** Reads a data file of a topic's table, row group by row group, by the field ids of the table's schema. */
export class DataFileReader {
  readonly file: DataFile;
  readonly #window: Window;
  readonly #metadata: FileMetaData;
  readonly #schema: Schema;
  readonly #names: ReadonlyMap<number, string>;
  #group = 0;
  #row = 0;

  private constructor(file: DataFile, window: Window, metadata: FileMetaData, schema: Schema) {
    this.file = file;
    this.#window = window;
    this.#metadata = metadata;
    this.#schema = schema;
    this.#names = namesById(file, metadata, schema);
  }

  /** Reads the footer. Rejects with UnreadableFile, or with the store's error. */
  static async open(store: ObjectStore, key: string, file: DataFile, schema: Schema): Promise<DataFileReader> {
    const window = new Window(store, key, file.fileSizeInBytes);
    return readable(file, async () => {
      const metadata = await readFooter(window, file);
      return new DataFileReader(file, window, metadata, schema);
    });
  }

  /** Throws UnreadableFile where the footer's columns are not those that the table says the file has. */
  checkColumns(): void {
    const wrong = wrongColumn(this.file, this.#metadata, this.#schema);
    if (wrong !== undefined) throw new UnreadableFile(this.file.path, wrong);
  }

  /** Bytes of the largest row group when decompressed. */
  get largestGroupBytes(): number {
    return Math.max(0, ...this.#metadata.row_groups.map((group) => Number(group.total_byte_size)));
  }

  /** The next row group, with its checksums checked; undefined after the last. */
  async next(): Promise<RowBlock | undefined> {
    const group = this.#metadata.row_groups[this.#group++];
    if (group === undefined) return undefined;
    return readable(this.file, async () => {
      const rows = Number(group.num_rows);
      const range = { rowStart: this.#row, rowEnd: this.#row + rows };
      this.#row += rows;
      await openGroup(this.#window, group);
      return this.#block(rows, range);
    });
  }

  /** As `next`, but reads, and checks, no more than partition, offset and key. */
  async nextKeys(): Promise<KeyBlock | undefined> {
    const group = this.#metadata.row_groups[this.#group++];
    if (group === undefined) return undefined;
    return readable(this.file, async () => {
      const rows = Number(group.num_rows);
      const range = { rowStart: this.#row, rowEnd: this.#row + rows };
      this.#row += rows;
      const names = [FIELD_ID.partition, FIELD_ID.offset, FIELD_ID.key].map((id) => this.#names.get(id));
      await openGroup(this.#window, group, ({ path_in_schema: path }) => names.includes(path[0]));
      return {
        rows,
        partition: numbers(await this.#column(FIELD_ID.partition, rows, range), rows),
        offset: numbers(await this.#column(FIELD_ID.offset, rows, range), rows),
        key: bytesOf(await this.#column(FIELD_ID.key, rows, range), rows),
      };
    });
  }

  async #block(rows: number, range: { rowStart: number; rowEnd: number }): Promise<RowBlock> {
    const column = (id: number) => this.#column(id, rows, range);
    const header = headerFields(this.#metadata);
    const [partition, offset, timestamp, timestampType] = [
      numbers(await column(FIELD_ID.partition), rows),
      numbers(await column(FIELD_ID.offset), rows),
      numbers(await column(FIELD_ID.timestamp), rows),
      numbers(await column(FIELD_ID.timestampType), rows),
    ];
    const promoted: PromotedValue[][] = [];
    for (const { name, type } of promotedOf(this.#schema)) {
      const id = this.#schema.fields.find((field) => field.name === name)?.id ?? -1;
      promoted.push(promotedValues(await this.#column(id, rows, range, TEXT), rows, type));
    }
    return {
      rows,
      partition,
      offset,
      timestamp,
      timestampType,
      key: bytesOf(await column(FIELD_ID.key), rows),
      value: bytesOf(await column(FIELD_ID.value), rows),
      headers: headersOf(await column(FIELD_ID.headers), rows, header),
      promoted,
    };
  }

  /** Undefined where the file does not have the column: it is null in every row. */
  async #column(
    id: number,
    rows: number,
    range: { rowStart: number; rowEnd: number },
    parsers: object = RAW,
  ): Promise<ArrayLike<unknown> | undefined> {
    const name = this.#names.get(id);
    if (name === undefined) return undefined;
    const options = { file: this.#window, metadata: this.#metadata, compressors: DECOMPRESSORS, utf8: false, ...range };
    const found = await parquetReadColumn({ ...options, columns: [name], parsers });
    if (found.length !== rows) throw new RangeError(`column ${name} has ${found.length} of ${rows} rows`);
    return found as ArrayLike<unknown>;
  }
}

/** Errors of a store that does not answer pass; everything else says that the file is not as it must be. */
async function readable<Result>(file: DataFile, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    const { name, message } = error as Error;
    if (error instanceof UnreadableFile || (name.startsWith('Object') && name !== 'ObjectNotFound')) throw error;
    throw new UnreadableFile(file.path, message, { cause: error });
  }
}

/** Fetches a row group, or some of its columns, and checks their pages. */
async function openGroup(
  window: Window,
  group: FileMetaData['row_groups'][number],
  wanted: (column: ColumnMetaData) => boolean = () => true,
): Promise<void> {
  const columns = group.columns.flatMap(({ meta_data: meta }) => {
    if (meta === undefined) throw new RangeError('a column has no metadata');
    const start = Number(meta.dictionary_page_offset ?? meta.data_page_offset);
    return wanted(meta) ? [{ meta, start, end: start + Number(meta.total_compressed_size) }] : [];
  });
  if (columns.some(({ start, end }) => !(start >= 0 && start <= end && end <= window.byteLength)))
    throw new RangeError('a column lies outside of the file');
  await window.open(
    columns.reduce((least, { start }) => Math.min(least, start), Number.POSITIVE_INFINITY),
    columns.reduce((most, { end }) => Math.max(most, end), 0),
  );
  for (const { meta, start, end } of columns) checkPages(window.held(start, end), meta);
}

/** Checks a file of another engine as far as Parquet goes. Rejects with UnreadableFile, or with the store's error. */
export async function verifyForeignFile(store: ObjectStore, key: string, file: DataFile): Promise<void> {
  const window = new Window(store, key, file.fileSizeInBytes);
  await readable(file, async () => {
    const metadata = await readFooter(window, file);
    for (const group of metadata.row_groups) await openGroup(window, group);
  });
}

/** The footer, which has as many rows as the table says. */
async function readFooter(window: Window, file: DataFile): Promise<FileMetaData> {
  await window.open(Math.max(0, window.byteLength - FOOTER_BYTES), window.byteLength);
  const end = window.byteLength - 8;
  const length = end < 4 ? 0 : new DataView(await window.slice(end, end + 4)).getUint32(0, true);
  if (length === 0 || length > end - 4) throw new RangeError('it has no footer');
  endOfStruct(new Uint8Array(await window.slice(end - length, end)), 0);
  const metadata = await parquetMetadataAsync(window, { initialFetchSize: FOOTER_BYTES });
  if (Number(metadata.num_rows) !== file.recordCount)
    throw new RangeError(`it has ${metadata.num_rows} rows, the table says ${file.recordCount}`);
  const groups = metadata.row_groups.map((group) => Number(group.num_rows));
  if (groups.some((rows) => rows < 0) || groups.reduce((sum, rows) => sum + rows, 0) !== file.recordCount)
    throw new RangeError('its row groups do not have as many rows as the file');
  return metadata;
}

/** Names of the file's columns by field id. Throws UnreadableFile for a column of the table that files of ours cannot hold. */
function namesById(file: DataFile, metadata: FileMetaData, schema: Schema): Map<number, string> {
  const names = new Map<number, string>();
  const rewritable = new Set(promotedOf(schema).map(({ name }) => name));
  for (const { element } of parquetSchema(metadata).children) {
    const { field_id: id, name } = element;
    if (id === undefined) throw new UnreadableFile(file.path, `its column ${name} has no field id`);
    const field = schema.fields.find((one) => one.id === id);
    if (field !== undefined && id >= FIRST_PROMOTED_ID && !rewritable.has(field.name))
      throw new UnreadableFile(file.path, `its column ${name} is of a type that is not rewritten`);
    names.set(id, name);
  }
  for (const id of [FIELD_ID.partition, FIELD_ID.offset, FIELD_ID.timestamp, FIELD_ID.timestampType])
    if (!names.has(id)) throw new UnreadableFile(file.path, `it lacks the column with the field id ${id}`);
  return names;
}

/** What key and value of a header are called in the file. */
function headerFields(metadata: FileMetaData): { key: string; value: string } {
  const nameOf = (id: number): string => metadata.schema.find((element) => element.field_id === id)?.name ?? '';
  return { key: nameOf(FIELD_ID.headerKey), value: nameOf(FIELD_ID.headerValue) };
}

function numbers(found: ArrayLike<unknown> | undefined, rows: number): Float64Array {
  const result = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const value = found?.[row];
    if (typeof value !== 'number' && typeof value !== 'bigint') throw new RangeError('a required value is missing');
    const number = Number(value);
    if (typeof value === 'bigint' && BigInt(number) !== value) throw new RangeError(`${value} does not fit a double`);
    result[row] = number;
  }
  return result;
}

function bytesOf(found: ArrayLike<unknown> | undefined, rows: number): (Uint8Array | null)[] {
  return Array.from({ length: rows }, (_none, row) => (found?.[row] as Uint8Array | null | undefined) ?? null);
}

function headersOf(
  found: ArrayLike<unknown> | undefined,
  rows: number,
  names: { readonly key: string; readonly value: string },
): RowHeader[][] {
  return Array.from({ length: rows }, (_none, row) => {
    const list = (found?.[row] ?? []) as readonly Readonly<Record<string, Uint8Array | null | undefined>>[];
    return list.map((one) => ({ key: one[names.key] ?? new Uint8Array(0), value: one[names.value] ?? null }));
  });
}

/** Values of a promoted column in the type of the table, to which the file's may have been widened. */
function promotedValues(found: ArrayLike<unknown> | undefined, rows: number, type: PromotedType): PromotedValue[] {
  const isLong = type === 'long' || type === 'timestamptz';
  return Array.from({ length: rows }, (_none, row) => {
    const value = (found?.[row] ?? null) as PromotedValue;
    // Nothing of ours writes it, and the statistics of a file of ours say that there is none.
    if (Number.isNaN(value)) throw new RangeError('a value is not a number');
    return isLong && typeof value === 'number' ? BigInt(value) : value;
  });
}
