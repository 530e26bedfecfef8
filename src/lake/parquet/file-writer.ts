import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { ColumnMetaData, SchemaElement, Statistics } from './parquet-types.ts';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { writeColumn } from 'hyparquet-writer/src/column.js';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import type { Schema } from '../schema.ts';
import { bloomOfKeys } from './bloom.ts';
import { binaryStatistics, type EncodedPage, type PageCodec, writeChunk } from './column-chunk.ts';
import { ColumnStatistics } from './column-statistics.ts';
import type { FrozenMemtable } from './memtable.ts';
import { BinaryColumn, binaryPages, headerPages, int32Page, int64Page } from './pages.ts';
import { parquetSchema } from './parquet-schema.ts';
import { promote, type PromotedValue, type ReadValue, readJson } from './promote.ts';
import type { PromotedColumn } from './promoted-columns.ts';
import { FIELD_ID } from './record-schema.ts';

export type Compression = 'zstd' | 'gzip' | 'snappy' | 'uncompressed';

const CODECS: Readonly<Record<Compression, PageCodec>> = {
  zstd: {
    name: 'ZSTD',
    // Answers come in pieces of `chunkSize`: a page's in one.
    compress: (bytes) => {
      const params = { [constants.ZSTD_c_compressionLevel]: 1 };
      return zstdCompressSync(bytes, { params, chunkSize: Math.max(1024, bytes.length) });
    },
  },
  gzip: { name: 'GZIP', compress: (bytes) => gzipSync(bytes) },
  snappy: { name: 'SNAPPY', compress: (bytes) => snappyCompress(bytes) },
  uncompressed: { name: 'UNCOMPRESSED', compress: (bytes) => bytes },
};

/** What rows have already that were part of a file before, in the order in which they are written. */
export interface CarriedColumns {
  /** Microseconds. */
  readonly timestamp: Float64Array;
  /** By promoted column. */
  readonly promoted: readonly PromotedValue[][];
}

/** Writes one file of a topic's table, row group by row group, in memory. */
export class RecordFileWriter {
  readonly statistics = new ColumnStatistics();
  readonly splitOffsets: number[] = [];
  readonly #out: ByteWriter;
  readonly #file: ParquetWriter;
  readonly #elements: SchemaElement[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #promoted: readonly PromotedColumn[];
  readonly #codec: PageCodec;
  readonly #read: ReadValue;
  #misfits = 0;
  #chunks: ColumnMetaData[] = [];

  /** `expectedBytes`: about how large the file will be, so that it is seldom copied while it grows. */
  constructor(
    schema: Schema,
    promoted: readonly PromotedColumn[],
    compression: Compression,
    read: ReadValue = readJson,
    expectedBytes = 256 * 1024,
  ) {
    this.#read = read;
    this.#out = new ByteWriter(Math.max(64 * 1024, Math.ceil(expectedBytes)));
    this.#elements = parquetSchema(schema);
    this.#ids = new Map(schema.fields.map((field) => [field.name, field.id]));
    this.#promoted = promoted;
    this.#codec = CODECS[compression];
    this.#file = new ParquetWriter({
      writer: this.#out,
      schema: this.#elements,
      codec: this.#codec.name,
      compressors: { [this.#codec.name]: this.#codec.compress },
      createdBy: 'quarry',
    });
  }

  /** JSON values that did not fit their column. */
  get misfits(): number {
    return this.#misfits;
  }

  /** Bytes of the file so far. */
  get bytes(): number {
    return this.#out.offset;
  }

  /** Adds rows, which the caller has sorted. Promoted columns come from the values, or are carried over. */
  rowGroup(frozen: FrozenMemtable, rows: Uint32Array, carried?: CarriedColumns): void {
    const start = this.#out.offset;
    this.splitOffsets.push(start);
    this.#chunks = [];
    this.#numbers(frozen, rows, carried?.timestamp);
    const key = this.#binary('key', FIELD_ID.key, (seen) => binaryPages(frozen, rows, 'key', seen));
    this.#binary('value', FIELD_ID.value, (seen) => binaryPages(frozen, rows, 'value', seen));
    for (const leaf of ['key', 'value'] as const) {
      const id = leaf === 'key' ? FIELD_ID.headerKey : FIELD_ID.headerValue;
      this.#binary(`headers.list.element.${leaf}`, id, (seen) => headerPages(frozen, rows, leaf, seen));
    }
    this.#promotedColumns(carried?.promoted ?? this.#promote(frozen, rows));
    const columns = this.#chunks.map((meta) => ({ meta_data: meta, file_offset: meta.data_page_offset }));
    const bloom = bloomOfKeys(frozen, rows);
    const keyChunk = columns.find(({ meta_data }) => meta_data === key);
    if (bloom !== undefined && keyChunk !== undefined) {
      this.#file.pendingIndexes.push({ chunk: keyChunk, bloomFilter: bloom });
    }
    const sorting = [0, 1].map((column_idx) => ({ column_idx, descending: false, nulls_first: true }));
    this.#file.num_rows += BigInt(rows.length);
    this.#file.row_groups.push({
      columns,
      total_byte_size: this.#chunks.reduce((sum, meta) => sum + meta.total_uncompressed_size, 0n),
      num_rows: BigInt(rows.length),
      sorting_columns: sorting,
      file_offset: BigInt(start),
      total_compressed_size: BigInt(this.#out.offset - start),
    });
  }

  /** What was written since the last call; holds until more is written. A large file is taken out piece by piece. */
  take(): Uint8Array {
    const taken = this.#out.getBytes();
    this.#out.index = 0;
    return taken;
  }

  /** Ends the file: the whole of it, or what was not taken yet. */
  finish(): Uint8Array {
    // A promise only where the writer flushes, which one in memory does not.
    void this.#file.finish();
    return this.#out.getBytes();
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
    const wide = this.#element(name).type === 'INT64';
    this.#add(this.#ids.get(name)!, name, [page], () => ({
      min_value: wide ? BigInt(least) : least,
      max_value: wide ? BigInt(greatest) : greatest,
      null_count: 0n,
    }));
  }

  #binary(path: string, id: number, pages: (seen: BinaryColumn) => Iterable<EncodedPage>): ColumnMetaData {
    const seen = new BinaryColumn();
    return this.#add(id, path, pages(seen), () =>
      binaryStatistics(seen.bounds.lower(), seen.bounds.upper(), seen.nulls),
    );
  }

  #add(id: number, path: string, pages: Iterable<EncodedPage>, statistics: () => Statistics): ColumnMetaData {
    const steps = path.split('.');
    const written = writeChunk(this.#out, steps, this.#element(steps.at(-1)!, id), pages, this.#codec);
    const meta = { ...written, statistics: statistics() };
    this.statistics.add(id, this.#element(steps.at(-1)!, id), meta);
    this.#chunks.push(meta);
    return meta;
  }

  #element(name: string, id = this.#ids.get(name)): SchemaElement {
    return this.#elements.find((element) => element.field_id === id)!;
  }

  #promote(frozen: FrozenMemtable, rows: Uint32Array): readonly PromotedValue[][] {
    if (this.#promoted.length === 0) return [];
    const { columns, misfits } = promote(frozen, rows, this.#promoted, this.#read);
    this.#misfits += misfits;
    return columns;
  }

  /** Few and small: the library's own encoder picks dictionaries for them. */
  #promotedColumns(columns: readonly PromotedValue[][]): void {
    for (const [at, { name }] of this.#promoted.entries()) {
      const id = this.#ids.get(name)!;
      const element = this.#element(name);
      const values = columns[at]!;
      const { chunk } = writeColumn({
        writer: this.#out,
        column: {
          columnName: name,
          element,
          schemaPath: [this.#elements[0]!, element],
          codec: this.#codec.name,
          compressors: { [this.#codec.name]: this.#codec.compress },
          stats: true,
          pageSize: 1024 * 1024,
          dictionarySize: 1024 * 1024,
          columnIndex: false,
          offsetIndex: false,
        },
        pageData: {
          values,
          definitionLevels: values.map((value) => (value === null ? 0 : 1)),
          repetitionLevels: [],
          maxDefinitionLevel: 1,
        },
      });
      if (chunk.meta_data === undefined) throw new Error(`column ${name} has no metadata`);
      this.statistics.add(id, element, chunk.meta_data);
      this.#chunks.push(chunk.meta_data);
    }
  }
}
