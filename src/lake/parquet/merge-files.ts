import type { ObjectBody, ObjectStore } from '../../objects/types.ts';
import type { DataFile } from '../data-file.ts';
import type { Schema } from '../schema.ts';
import { DataFileReader, promotedOf, type RowBlock } from './data-file-reader.ts';
import type { IsDeleted } from './deleted-rows.ts';
import { RecordFileWriter } from './file-writer.ts';
import { UnreadableFile } from './group-reader.ts';
import { Memtable } from './memtable.ts';
import type { Compression } from './parquet-file.ts';
import type { PromotedValue } from './promote.ts';
import { FIRST_PROMOTED_ID, RECORD_ORDER } from './record-schema.ts';
import type { Spool } from './spool.ts';

/** A row group ends at so many bytes of keys, values and headers: that many of each file are in memory when it is merged again. */
const GROUP_BYTES = 8 * 1024 * 1024;

export interface MergeFilesOptions {
  readonly store: ObjectStore;
  readonly keyOf: (file: DataFile) => string;
  /** The table's current one: files come out as it says. */
  readonly schema: Schema;
  readonly compression: Compression;
  readonly rowGroupRows: number;
  /** A file ends when it has so many bytes. */
  readonly cutBytes: number;
  /** Decompressed row groups that may be in memory together; fewer files are merged where more would be. */
  readonly memoryBytes: number;
  /** With fewer than these it is not worth it. */
  readonly leastFiles: number;
  readonly spool: () => Spool;
  /** Stores a finished file and tells its URI. */
  readonly write: (body: ObjectBody) => Promise<string>;
  /** Told of bytes read or written; may make wait, or reject to end it all. */
  readonly pace: (bytes: number) => Promise<void>;
  /** Finds out which rows of these files others have deleted: they are left out too. */
  readonly deletedRows?: (files: readonly DataFile[]) => Promise<(file: DataFile) => IsDeleted | undefined>;
  /** Rows that are left out; by default none. */
  readonly drop?: (block: RowBlock, row: number) => boolean;
}

/** What became of the files. */
export interface MergedFiles {
  /** The first of the given ones: the others did not fit into the memory. */
  readonly merged: readonly DataFile[];
  readonly made: readonly DataFile[];
  readonly dropped: number;
  /** Rows that others had deleted. */
  readonly deleted: number;
}

/**
 * Writes the rows of some files of one partition of the table anew, sorted by partition and offset, into as few files as their size allows. Values are
 * carried over as they are, found by field id and widened to the schema. Rejects with UnreadableFile when one cannot be read.
 */
export async function mergeDataFiles(files: readonly DataFile[], options: MergeFilesOptions): Promise<MergedFiles> {
  const cursors = await openCursors(files, options);
  const merged = cursors.map(({ reader }) => reader.file);
  const output = new MergeOutput(merged[0]!, options);
  let [dropped, deleted] = [0, 0];
  try {
    const deletedOf = await options.deletedRows?.(merged);
    for (const cursor of cursors) cursor.isDeleted = deletedOf?.(cursor.reader.file);
    let open = cursors;
    for (const cursor of open) await cursor.load(options.pace);
    for (;;) {
      open = open.filter((cursor) => cursor.block !== undefined);
      const [first, second] = lowest(open);
      if (first === undefined) break;
      do {
        if (first.isDeleted?.(first.block!, first.row) === true) deleted++;
        else if (options.drop?.(first.block!, first.row) === true) dropped++;
        else output.add(first.block!, first.row);
        first.row++;
      } while (!output.full && !first.atEnd && (second === undefined || compare(first, second) <= 0));
      if (output.full) await output.flush();
      if (first.atEnd) await first.load(options.pace);
    }
    const made = await output.finish();
    const count = (all: readonly DataFile[]): number => all.reduce((sum, { recordCount }) => sum + recordCount, 0);
    if (count(made) + dropped + deleted !== count(merged))
      throw new Error(`${count(merged)} rows became ${count(made)}, ${dropped + deleted} were left out`);
    return { merged, made, dropped, deleted };
  } finally {
    output.close();
  }
}

/** A place in a file that is read. */
class Cursor {
  readonly reader: DataFileReader;
  block: RowBlock | undefined;
  row = 0;
  isDeleted: IsDeleted | undefined;

  constructor(reader: DataFileReader) {
    this.reader = reader;
  }

  get atEnd(): boolean {
    return this.row >= (this.block?.rows ?? 0);
  }

  /** Goes on to the next row group that has rows. */
  async load(pace: (bytes: number) => Promise<void>): Promise<void> {
    const { fileSizeInBytes, recordCount } = this.reader.file;
    this.row = 0;
    do this.block = await this.reader.next();
    while (this.block?.rows === 0);
    if (this.block !== undefined) await pace((fileSizeInBytes * this.block.rows) / recordCount);
  }
}

/** Opens as many files as fit into the memory. */
async function openCursors(files: readonly DataFile[], options: MergeFilesOptions): Promise<Cursor[]> {
  const { store, keyOf, schema, memoryBytes, leastFiles } = options;
  const cursors: Cursor[] = [];
  let bytes = 0;
  for (const file of files) {
    const reader = await DataFileReader.open(store, keyOf(file), file, schema);
    bytes += reader.largestGroupBytes;
    if (bytes <= memoryBytes) cursors.push(new Cursor(reader));
    else if (cursors.length >= leastFiles) break;
    else throw new UnreadableFile(file.path, `row groups of ${reader.largestGroupBytes} bytes do not fit the memory`);
  }
  return cursors;
}

function compare(a: Cursor, b: Cursor): number {
  const [one, other] = [a.block!, b.block!];
  return one.partition[a.row]! - other.partition[b.row]! || one.offset[a.row]! - other.offset[b.row]!;
}

/** The cursor at the lowest row, and the next one. */
function lowest(cursors: readonly Cursor[]): [Cursor | undefined, Cursor | undefined] {
  let [first, second]: [Cursor | undefined, Cursor | undefined] = [undefined, undefined];
  for (const cursor of cursors) {
    if (first === undefined || compare(cursor, first) < 0) [first, second] = [cursor, first];
    else if (second === undefined || compare(cursor, second) < 0) second = cursor;
  }
  return [first, second];
}

/** Files that grow row group by row group, on disk rather than in memory. */
class MergeOutput {
  readonly #like: DataFile;
  readonly #options: MergeFilesOptions;
  readonly #made: DataFile[] = [];
  readonly #memtable = new Memtable();
  #timestamps: number[] = [];
  #promoted: PromotedValue[][];
  #payload = 0;
  #writer: RecordFileWriter | undefined;
  #spool: Spool | undefined;
  #rows = 0;
  #last: readonly [number, number] = [-1, -1];
  #sorted = true;

  /** Files are of the partition of `like`. */
  constructor(like: DataFile, options: MergeFilesOptions) {
    this.#like = like;
    this.#options = options;
    this.#promoted = promotedOf(options.schema).map(() => []);
  }

  /** The row group is as large as it may be. */
  get full(): boolean {
    return this.#memtable.rows >= this.#options.rowGroupRows || this.#payload >= GROUP_BYTES;
  }

  add(block: RowBlock, row: number): void {
    const [key, value, headers] = [block.key[row]!, block.value[row]!, block.headers[row]!];
    const [partition, offset, timestamp] = [block.partition[row]!, block.offset[row]!, block.timestamp[row]!];
    this.#memtable.append(partition, offset, timestamp / 1000, block.timestampType[row]!, key, value, headers);
    this.#timestamps.push(timestamp);
    for (const [at, values] of this.#promoted.entries()) values.push(block.promoted[at]![row]!);
    this.#payload += (key?.length ?? 0) + (value?.length ?? 0);
    for (const header of headers) this.#payload += header.key.length + (header.value?.length ?? 0);
  }

  /** Writes the row group, and ends the file where it is large enough. */
  async flush(): Promise<void> {
    const frozen = this.#memtable.freeze();
    const { schema, compression, spool, cutBytes, pace } = this.#options;
    if (frozen.rows > 0) {
      this.#writer ??= new RecordFileWriter(fieldsOf(schema), promotedOf(schema), compression);
      this.#spool ??= spool();
      const order = this.#order(frozen);
      const promoted = this.#promoted.map((values) => Array.from(order, (row) => values[row]!));
      const timestamp = Float64Array.from(order, (row) => this.#timestamps[row]!);
      const before = this.#writer.bytes;
      this.#writer.rowGroup(frozen, order, { timestamp, promoted });
      this.#spool.append(this.#writer.take());
      this.#rows += frozen.rows;
      await pace(this.#writer.bytes - before);
    }
    [this.#timestamps, this.#promoted, this.#payload] = [[], this.#promoted.map(() => []), 0];
    if ((this.#writer?.bytes ?? 0) >= cutBytes) await this.#end();
  }

  /** The files that were written. */
  async finish(): Promise<readonly DataFile[]> {
    await this.flush();
    await this.#end();
    return this.#made;
  }

  close(): void {
    this.#spool?.close();
    this.#spool = undefined;
  }

  async #end(): Promise<void> {
    const [writer, spool] = [this.#writer, this.#spool];
    if (writer === undefined || spool === undefined) return;
    spool.append(writer.finish());
    const { partition, specId } = this.#like;
    this.#made.push({
      path: await this.#options.write(spool.finish()),
      partition,
      specId,
      recordCount: this.#rows,
      fileSizeInBytes: writer.bytes,
      ...writer.statistics.summary(),
      splitOffsets: writer.splitOffsets,
      sortOrderId: this.#sorted ? RECORD_ORDER['order-id'] : 0,
    });
    this.close();
    this.#writer = undefined;
    [this.#rows, this.#last, this.#sorted] = [0, [-1, -1], true];
  }

  /** Rows as they are sorted. A file of another engine may not be; then the row group is, and the whole may not be. */
  #order(frozen: ReturnType<Memtable['freeze']>): Uint32Array {
    const order = Uint32Array.from({ length: frozen.rows }, (_none, row) => row);
    const place = (row: number): readonly [number, number] => [frozen.partition(row), frozen.offset(row)];
    const by = (a: readonly [number, number], b: readonly [number, number]): number => a[0] - b[0] || a[1] - b[1];
    if (order.some((row) => row > 0 && by(place(row - 1), place(row)) > 0))
      order.sort((left, right) => by(place(left), place(right)));
    if (by(this.#last, place(order[0]!)) > 0) this.#sorted = false;
    this.#last = place(order.at(-1)!);
    return order;
  }
}

/** The columns that are written: the fixed ones and those that were promoted. */
function fieldsOf(schema: Schema): Schema {
  const names = new Set(promotedOf(schema).map(({ name }) => name));
  return { ...schema, fields: schema.fields.filter(({ id, name }) => id < FIRST_PROMOTED_ID || names.has(name)) };
}
