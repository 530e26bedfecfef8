import type { ObjectBody } from '../../objects/types.ts';
import type { DataFile } from '../data-file.ts';
import type { Schema } from '../schema.ts';
import { promotedOf, type RowBlock } from './data-file-reader.ts';
import { RecordFileWriter } from './file-writer.ts';
import { Memtable } from './memtable.ts';
import type { PlacedPage } from './pages.ts';
import type { StoredPage } from './paged-column.ts';
import { codecName, type Compression } from './parquet-file.ts';
import type { PromotedValue } from './promote.ts';
import { FIRST_PROMOTED_ID, RECORD_ORDER } from './record-schema.ts';
import { GROUP_BYTES } from './row-groups.ts';
import type { Spool } from './spool.ts';

export interface MergeOutputOptions {
  /** The table's current one: files come out as it says. */
  readonly schema: Schema;
  readonly compression: Compression;
  readonly rowGroupRows: number;
  /** A file ends when it has so many bytes. */
  readonly cutBytes: number;
  readonly spool: () => Spool;
  /** Stores a finished file and tells its URI. */
  readonly write: (body: ObjectBody) => Promise<string>;
  /** Told of bytes read or written; may make wait, or reject to end it all. */
  readonly pace: (bytes: number) => Promise<void>;
}

/** Says why a row is left out of what is written. */
export type WhyLeftOut = (block: RowBlock, row: number) => 'deleted' | 'dropped' | undefined;

const NO_PAGES: ReadonlyMap<number, StoredPage> = new Map();

/** Files that grow row group by row group, on disk rather than in memory. */
export class MergeOutput {
  readonly #like: DataFile;
  readonly #options: MergeOutputOptions;
  readonly #made: DataFile[] = [];
  /** Rows that were left out. */
  dropped = 0;
  deleted = 0;
  readonly #memtable = new Memtable();
  #timestamps: number[] = [];
  #promoted: PromotedValue[][];
  #payload = 0;
  #valuePages: PlacedPage[] = [];
  /** Of the row group that grows: whether its rows come in their order, and the last of them. */
  #isAscending = true;
  #lastRow: readonly [partition: number, offset: number] = [-1, -1];
  readonly #pages = new WeakMap<RowBlock, ReadonlyMap<number, StoredPage>>();
  #writer: RecordFileWriter | undefined;
  #spool: Spool | undefined;
  #rows = 0;
  #last: readonly [number, number] = [-1, -1];
  #sorted = true;

  /** Files are of the partition of `like`. */
  constructor(like: DataFile, options: MergeOutputOptions) {
    this.#like = like;
    this.#options = options;
    this.#promoted = promotedOf(options.schema).map(() => []);
  }

  /** The row group is as large as it may be. */
  get #isFull(): boolean {
    return this.#memtable.rows >= this.#options.rowGroupRows || this.#payload >= GROUP_BYTES;
  }

  /** Adds the rows from `from` on before `to`, but for those that are left out. Pages of values that are whole and in their order are taken as they are. */
  async add(block: RowBlock, from: number, to: number, whyLeftOut: WhyLeftOut | undefined): Promise<void> {
    const pages = this.#pagesOf(block);
    for (let row = from; row < to; ) {
      const page = pages.get(row);
      if (page !== undefined && row + page.rows <= to && isWhole(block, row, page, whyLeftOut)) {
        // In a row group that has to be sorted yet no page has a place.
        if (!this.#isAscending || this.#isBelowLast(block, row)) await this.#flush();
        this.#valuePages.push({ at: this.#memtable.rows, page });
        this.#payload += page.header.uncompressed_page_size;
        for (const end = row + page.rows; row < end; row++) this.#row(block, row, null);
      } else {
        const why = whyLeftOut?.(block, row);
        if (why === undefined) {
          if (this.#valuePages.length > 0 && this.#isBelowLast(block, row)) await this.#flush();
          this.#row(block, row, block.value(row));
        } else this[why]++;
        row++;
      }
      if (this.#isFull) await this.#flush();
    }
  }

  #row(block: RowBlock, row: number, value: Uint8Array | null): void {
    const [key, headers] = [block.key[row]!, block.headers[row]!];
    const [partition, offset, timestamp] = [block.partition[row]!, block.offset[row]!, block.timestamp[row]!];
    this.#isAscending &&= !this.#isBelowLast(block, row);
    this.#lastRow = [partition, offset];
    this.#memtable.append(partition, offset, timestamp / 1000, block.timestampType[row]!, key, value, headers);
    this.#timestamps.push(timestamp);
    for (const [at, values] of this.#promoted.entries()) values.push(block.promoted[at]![row]!);
    this.#payload += (key?.length ?? 0) + (value?.length ?? 0);
    for (const header of headers) this.#payload += header.key.length + (header.value?.length ?? 0);
  }

  /** The row comes before the last one of the row group. */
  #isBelowLast({ partition, offset }: RowBlock, row: number): boolean {
    const [lastPartition, lastOffset] = this.#lastRow;
    return partition[row]! < lastPartition || (partition[row] === lastPartition && offset[row]! < lastOffset);
  }

  /** Found once for each block. */
  #pagesOf(block: RowBlock): ReadonlyMap<number, StoredPage> {
    const found =
      this.#pages.get(block) ?? (isSorted(block) ? block.valuePages(codecName(this.#options.compression)) : NO_PAGES);
    this.#pages.set(block, found);
    return found;
  }

  /** Writes the row group, and ends the file where it is large enough. */
  async #flush(): Promise<void> {
    const frozen = this.#memtable.freeze();
    const { schema, compression, spool, cutBytes, pace } = this.#options;
    if (frozen.rows > 0) {
      this.#writer ??= new RecordFileWriter(fieldsOf(schema), promotedOf(schema), compression);
      this.#spool ??= spool();
      const order = this.#order(frozen);
      const promoted = this.#promoted.map((values) => Array.from(order, (row) => values[row]!));
      const timestamp = Float64Array.from(order, (row) => this.#timestamps[row]!);
      const before = this.#writer.bytes;
      this.#writer.rowGroup(frozen, order, { timestamp, promoted, valuePages: this.#valuePages });
      frozen.release();
      this.#spool.append(this.#writer.take());
      this.#rows += frozen.rows;
      await pace(this.#writer.bytes - before);
    }
    [this.#timestamps, this.#promoted, this.#payload] = [[], this.#promoted.map(() => []), 0];
    [this.#valuePages, this.#isAscending, this.#lastRow] = [[], true, [-1, -1]];
    if ((this.#writer?.bytes ?? 0) >= cutBytes) await this.#end();
  }

  /** The files that were written. */
  async finish(): Promise<readonly DataFile[]> {
    await this.#flush();
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

function isSorted({ rows, partition, offset }: RowBlock): boolean {
  for (let row = 1; row < rows; row++) {
    const step = partition[row]! - partition[row - 1]! || offset[row]! - offset[row - 1]!;
    if (step < 0) return false;
  }
  return true;
}

/** Nothing of the page is left out. */
function isWhole(block: RowBlock, first: number, { rows }: StoredPage, whyLeftOut: WhyLeftOut | undefined): boolean {
  if (whyLeftOut === undefined) return true;
  for (let row = first; row < first + rows; row++) if (whyLeftOut(block, row) !== undefined) return false;
  return true;
}

/** The columns that are written: the fixed ones and those that were promoted. */
function fieldsOf(schema: Schema): Schema {
  const names = new Set(promotedOf(schema).map(({ name }) => name));
  return { ...schema, fields: schema.fields.filter(({ id, name }) => id < FIRST_PROMOTED_ID || names.has(name)) };
}
