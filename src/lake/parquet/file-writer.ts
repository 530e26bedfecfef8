import type { Schema } from '../schema.ts';
import { bloomOfKeys } from './bloom.ts';
import { binaryStatistics, type EncodedPage } from './column-chunk.ts';
import type { FrozenMemtable } from './memtable.ts';
import {
  BinaryColumn,
  binaryPages,
  headerPages,
  int32Page,
  int64Page,
  PageBuffer,
  type PlacedPage,
  valuePages,
} from './pages.ts';
import { type Compression, ParquetFile } from './parquet-file.ts';
import type { StoredPage } from './paged-column.ts';
import type { ColumnMetaData } from './parquet-types.ts';
import { promote, type PromotedValue, type ReadValue, readJson } from './promote.ts';
import type { PromotedColumn } from './promoted-columns.ts';
import { FIELD_ID } from './record-schema.ts';

/** What rows have already that were part of a file before, in the order in which they are written. */
export interface CarriedColumns {
  /** Microseconds. */
  readonly timestamp: Float64Array;
  /** By promoted column. */
  readonly promoted: readonly PromotedValue[][];
  /** Pages of values, by the place of their first row. */
  readonly valuePages: readonly PlacedPage[];
}

/** Writes one file of a topic's table, row group by row group, in memory. */
export class RecordFileWriter {
  readonly #file: ParquetFile;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #promoted: readonly PromotedColumn[];
  readonly #read: ReadValue;
  readonly #page = new PageBuffer();
  #misfits = 0;

  /** `expectedBytes`: about how large the file will be, so that it is seldom copied while it grows. */
  constructor(
    schema: Schema,
    promoted: readonly PromotedColumn[],
    compression: Compression,
    read: ReadValue = readJson,
    expectedBytes?: number,
  ) {
    this.#file = new ParquetFile(schema, compression, expectedBytes);
    this.#ids = new Map(schema.fields.map((field) => [field.name, field.id]));
    this.#promoted = promoted;
    this.#read = read;
  }

  get statistics(): ParquetFile['statistics'] {
    return this.#file.statistics;
  }

  get splitOffsets(): number[] {
    return this.#file.splitOffsets;
  }

  /** JSON values that did not fit their column. */
  get misfits(): number {
    return this.#misfits;
  }

  /** Bytes of the file so far. */
  get bytes(): number {
    return this.#file.bytes;
  }

  /** Adds rows, which the caller has sorted. Promoted columns come from the values, or are carried over. */
  rowGroup(frozen: FrozenMemtable, rows: Uint32Array, carried?: CarriedColumns): void {
    this.#numbers(frozen, rows, carried?.timestamp);
    const key = this.#binary('key', FIELD_ID.key, (seen) => binaryPages(frozen, rows, 'key', seen, this.#page));
    this.#binary('value', FIELD_ID.value, (seen) =>
      valuePages(frozen, rows, carried?.valuePages ?? [], seen, this.#page),
    );
    for (const leaf of ['key', 'value'] as const) {
      const id = leaf === 'key' ? FIELD_ID.headerKey : FIELD_ID.headerValue;
      this.#binary(`headers.list.element.${leaf}`, id, (seen) => headerPages(frozen, rows, leaf, seen, this.#page));
    }
    const promoted = carried?.promoted ?? this.#promote(frozen, rows);
    for (const [at, { name }] of this.#promoted.entries()) this.#file.values(this.#ids.get(name)!, promoted[at]!);
    const words = bloomOfKeys(frozen, rows);
    this.#file.endGroup({
      rows: rows.length,
      sortedBy: 2,
      ...(words !== undefined && { bloom: { column: key, words } }),
    });
  }

  /** What was written since the last call; holds until more is written. A large file is taken out piece by piece. */
  take(): Uint8Array {
    return this.#file.take();
  }

  /** Ends the file: the whole of it, or what was not taken yet. */
  finish(): Uint8Array {
    return this.#file.finish();
  }

  #numbers(frozen: FrozenMemtable, rows: Uint32Array, carried?: Float64Array): void {
    const partition = new Int32Array(rows.length);
    const timestampType = new Int32Array(rows.length);
    const offset = new Float64Array(rows.length);
    const timestamp = carried ?? new Float64Array(rows.length);
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at]!;
      partition[at] = frozen.partition(row);
      timestampType[at] = frozen.timestampType(row);
      offset[at] = frozen.offset(row);
      if (carried === undefined) timestamp[at] = frozen.timestamp(row) * 1000;
    }
    this.#number('partition', int32Page(partition), partition);
    this.#number('offset', int64Page(offset), offset);
    this.#number('timestamp', int64Page(timestamp), timestamp);
    this.#number('timestamp_type', int32Page(timestampType), timestampType);
  }

  #number(name: string, page: EncodedPage, values: Int32Array | Float64Array): void {
    let least = values[0]!;
    let greatest = least;
    for (const value of values) {
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
    const wide = values instanceof Float64Array;
    this.#file.pages(this.#ids.get(name)!, name, [page], () => ({
      min_value: wide ? BigInt(least) : least,
      max_value: wide ? BigInt(greatest) : greatest,
      null_count: 0n,
    }));
  }

  #binary(path: string, id: number, pages: (seen: BinaryColumn) => Iterable<EncodedPage | StoredPage>): ColumnMetaData {
    const seen = new BinaryColumn();
    return this.#file.pages(id, path, pages(seen), () =>
      binaryStatistics(seen.bounds.lower(), seen.bounds.upper(), seen.nulls),
    );
  }

  #promote(frozen: FrozenMemtable, rows: Uint32Array): readonly PromotedValue[][] {
    if (this.#promoted.length === 0) return [];
    const { columns, misfits } = promote(frozen, rows, this.#promoted, this.#read);
    this.#misfits += misfits;
    return columns;
  }
}
