import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type ColumnMetaData, type FileMetaData, parquetMetadataAsync, parquetSchema } from 'hyparquet';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { parquetReadColumn } from 'hyparquet/src/read.js';
import { compressors } from 'hyparquet-compressors';
import type { ObjectStore } from '../../objects/types.ts';
import type { DataFile } from '../data-file.ts';
import { checkPages } from './page-checksums.ts';
import { type ColumnDecoder, PagedColumn } from './paged-column.ts';
import { endOfStruct } from './thrift-check.ts';

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

const FOOTER_BYTES = 64 * 1024;

/** Native where Node has it. The length is what the page header promises: nothing larger is made. */
const DECOMPRESSORS = {
  ...compressors,
  ZSTD: (bytes: Uint8Array, length: number) =>
    zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, length), chunkSize: pieceBytes(length) }),
  GZIP: (bytes: Uint8Array, length: number) => gunzipSync(bytes, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (bytes: Uint8Array, length: number) => brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, length) }),
};

/** Answers come in pieces of so many bytes: a usual page's in one. */
function pieceBytes(length: number): number {
  return Math.max(1024, Math.min(length, 2 * 1024 * 1024));
}

/** Values as they are stored: nothing becomes a Date, which has no microseconds. */
export const RAW = {
  timestampFromMilliseconds: (value: bigint | undefined) => (value === undefined ? undefined : value * 1000n),
  timestampFromMicroseconds: (value: bigint) => value,
  timestampFromNanoseconds: (): never => {
    throw new RangeError('nanoseconds do not fit the column');
  },
  dateFromDays: (days: number) => days,
  stringFromBytes: (bytes: Uint8Array) => bytes,
};
/** Bounds in the footer: no decoder of text changes those of byte strings. */
const BOUNDS = { ...DEFAULT_PARSERS, stringFromBytes: RAW.stringFromBytes };
/** As `RAW`, but texts are strings. */
export const TEXT = {
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

/** One row group of a file. */
export interface RowGroup {
  readonly rows: number;
  /** The place of its first row in the file, counted from 0. */
  readonly start: number;
  /** The values of the column with this field id; undefined where the file does not have it: it is null in every row. */
  readonly column: (id: number, parsers?: object) => Promise<ArrayLike<unknown> | undefined>;
  /** A column of byte strings, page by page; undefined where the file does not have it. */
  readonly paged: (id: number) => PagedColumn | undefined;
}

/** Reads a Parquet file of a table row group by row group, columns by their field ids. */
export class GroupReader {
  readonly file: DataFile;
  readonly metadata: FileMetaData;
  readonly #window: Window;
  readonly #names: ReadonlyMap<number, string>;
  #group = 0;
  #row = 0;

  private constructor(file: DataFile, window: Window, metadata: FileMetaData) {
    this.file = file;
    this.metadata = metadata;
    this.#window = window;
    const columns = parquetSchema(metadata).children.map(({ element }) => element);
    this.#names = new Map(columns.flatMap(({ field_id: id, name }) => (id === undefined ? [] : [[id, name] as const])));
  }

  /** Reads the footer. Rejects with UnreadableFile, or with the store's error. */
  static async open(store: ObjectStore, key: string, file: DataFile): Promise<GroupReader> {
    const window = new Window(store, key, file.fileSizeInBytes);
    return readable(file, async () => new GroupReader(file, window, await readFooter(window, file)));
  }

  /** What the column with this field id is called in the file; undefined where there is none. */
  nameOf(id: number): string | undefined {
    return this.#names.get(id);
  }

  /** Bytes of the largest row group when decompressed. */
  get largestGroupBytes(): number {
    return Math.max(0, ...this.metadata.row_groups.map((group) => Number(group.total_byte_size)));
  }

  /**
   * What `read` makes of the next row group; undefined after the last. All of it, or the columns with these ids, is fetched at once, and its checksums
   * are checked.
   */
  async next<Result>(
    ids: readonly number[] | 'all',
    read: (group: RowGroup) => Promise<Result>,
  ): Promise<Result | undefined> {
    const group = this.metadata.row_groups[this.#group++];
    if (group === undefined) return undefined;
    return readable(this.file, async () => {
      const [rows, start] = [Number(group.num_rows), this.#row];
      this.#row += rows;
      const names = ids === 'all' ? undefined : ids.map((id) => this.#names.get(id));
      await openGroup(this.#window, group, ({ path_in_schema: path }) => names?.includes(path[0]) ?? true);
      return read({
        rows,
        start,
        column: (id, parsers = RAW) => this.#column(id, start, rows, parsers),
        paged: (id) => this.#paged(id, group),
      });
    });
  }

  #paged(id: number, group: FileMetaData['row_groups'][number]): PagedColumn | undefined {
    const name = this.#names.get(id);
    if (name === undefined) return undefined;
    const root = parquetSchema(this.metadata);
    const leaf = root.children.find(({ element }) => element.name === name)!;
    const meta = group.columns.find(({ meta_data: one }) => one?.path_in_schema[0] === name)?.meta_data;
    if (meta === undefined || leaf.children.length > 0 || leaf.element.repetition_type === 'REPEATED')
      throw new RangeError(`its column ${name} is not one of bytes`);
    const parsers = { ...DEFAULT_PARSERS, ...RAW };
    const schemaPath = [root, leaf];
    const pathInSchema = meta.path_in_schema;
    const { type, codec } = meta;
    const { element } = leaf;
    const decoder: ColumnDecoder = {
      pathInSchema,
      type,
      element,
      schemaPath,
      codec,
      parsers,
      compressors: DECOMPRESSORS,
      utf8: false,
    };
    const { start, end } = placeOf(meta);
    return new PagedColumn(this.#window.held(start, end), meta, decoder, Number(group.num_rows));
  }

  async #column(id: number, start: number, rows: number, parsers: object): Promise<ArrayLike<unknown> | undefined> {
    const name = this.#names.get(id);
    if (name === undefined) return undefined;
    const range = { rowStart: start, rowEnd: start + rows };
    const options = { file: this.#window, metadata: this.metadata, compressors: DECOMPRESSORS, utf8: false, ...range };
    const found = await parquetReadColumn({ ...options, columns: [name], parsers });
    if (found.length !== rows) throw new RangeError(`column ${name} has ${found.length} of ${rows} rows`);
    return found as ArrayLike<unknown>;
  }
}

/** Errors of a store that does not answer pass; everything else says that the file is not as it must be. */
export async function readable<Result>(file: DataFile, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    const { name, message } = error as Error;
    if (error instanceof UnreadableFile || (name.startsWith('Object') && name !== 'ObjectNotFound')) throw error;
    throw new UnreadableFile(file.path, message, { cause: error });
  }
}

function placeOf(meta: ColumnMetaData): { start: number; end: number } {
  const start = Number(meta.dictionary_page_offset ?? meta.data_page_offset);
  return { start, end: start + Number(meta.total_compressed_size) };
}

/** Fetches a row group, or some of its columns, and checks their pages. */
async function openGroup(
  window: Window,
  group: FileMetaData['row_groups'][number],
  wanted: (column: ColumnMetaData) => boolean = () => true,
): Promise<void> {
  const columns = group.columns.flatMap(({ meta_data: meta }) => {
    if (meta === undefined) throw new RangeError('a column has no metadata');
    return wanted(meta) ? [{ meta, ...placeOf(meta) }] : [];
  });
  if (columns.length === 0) return;
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
  const metadata = await parquetMetadataAsync(window, { initialFetchSize: FOOTER_BYTES, parsers: BOUNDS });
  if (Number(metadata.num_rows) !== file.recordCount)
    throw new RangeError(`it has ${metadata.num_rows} rows, the table says ${file.recordCount}`);
  const groups = metadata.row_groups.map((group) => Number(group.num_rows));
  if (groups.some((rows) => rows < 0) || groups.reduce((sum, rows) => sum + rows, 0) !== file.recordCount)
    throw new RangeError('its row groups do not have as many rows as the file');
  return metadata;
}
