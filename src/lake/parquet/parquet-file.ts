import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { writeColumn } from 'hyparquet-writer/src/column.js';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import { own } from '../../base/owned-bytes.ts';
import type { Schema } from '../schema.ts';
import { BinaryBounds } from './bounds.ts';
import { binaryStatistics, type EncodedPage, type PageCodec, writeChunk } from './column-chunk.ts';
import { ColumnStatistics } from './column-statistics.ts';
import { appendWithChecksums } from './page-checksums.ts';
import type { StoredPage } from './paged-column.ts';
import { parquetSchema } from './parquet-schema.ts';
import type { ColumnMetaData, SchemaElement, Statistics } from './parquet-types.ts';

export type Compression = 'zstd' | 'gzip' | 'snappy' | 'uncompressed';

const CODECS: Readonly<Record<Compression, PageCodec>> = {
  zstd: {
    name: 'ZSTD',
    compress(bytes) {
      // Answers come in pieces of `chunkSize`: a page's in one.
      const chunkSize = Math.max(1024, bytes.length);
      const params = { [constants.ZSTD_c_compressionLevel]: 1 };
      const compressed = zstdCompressSync(bytes, { params, chunkSize, pledgedSrcSize: bytes.length });
      // Smaller ones may be of a pool.
      const hasItsOwn = chunkSize > Buffer.poolSize && compressed.buffer.byteLength === chunkSize;
      return hasItsOwn ? own(compressed) : compressed;
    },
  },
  gzip: { name: 'GZIP', compress: (bytes) => gzipSync(bytes) },
  snappy: { name: 'SNAPPY', compress: (bytes) => snappyCompress(bytes) },
  uncompressed: { name: 'UNCOMPRESSED', compress: (bytes) => bytes },
};
/** What pages of a file with this compression are compressed by, as its footer names it. */
export const codecName = (compression: Compression): PageCodec['name'] => CODECS[compression].name;

const PAGE_BYTES = 1024 * 1024;

/** What a row group says of itself beside its columns. */
export interface GroupFacts {
  readonly rows: number;
  /** Rows lie by the first so many columns, ascending. */
  readonly sortedBy?: number;
  /** A bloom filter of one of the columns. */
  readonly bloom?: { readonly column: ColumnMetaData; readonly words: Uint32Array };
}

/** A Parquet file with Iceberg's field ids, made in memory: columns one after another, then the end of their row group. */
export class ParquetFile {
  readonly statistics = new ColumnStatistics();
  readonly splitOffsets: number[] = [];
  readonly #out: ByteWriter;
  readonly #file: ParquetWriter;
  readonly #elements: readonly SchemaElement[];
  readonly #codec: PageCodec;
  /** Where the row group under way begins. */
  #start: number;
  #chunks: ColumnMetaData[] = [];

  /** `expectedBytes`: about how large the file will be, so that it is seldom copied while it grows. */
  constructor(schema: Schema, compression: Compression, expectedBytes = 256 * 1024) {
    this.#out = new ByteWriter(Math.max(64 * 1024, Math.ceil(expectedBytes)));
    this.#elements = parquetSchema(schema);
    this.#codec = CODECS[compression];
    this.#file = new ParquetWriter({
      writer: this.#out,
      schema: [...this.#elements],
      codec: this.#codec.name,
      compressors: { [this.#codec.name]: this.#codec.compress },
      createdBy: 'quarry',
    });
    this.#start = this.#out.offset;
  }

  /** Bytes of the file so far. */
  get bytes(): number {
    return this.#out.offset;
  }

  /** A column of pages that are encoded already; `statistics` is asked when all were taken. */
  pages(
    id: number,
    path: string,
    pages: Iterable<EncodedPage | StoredPage>,
    statistics: () => Statistics,
  ): ColumnMetaData {
    const written = writeChunk(this.#out, path.split('.'), this.#element(id), pages, this.#codec);
    return this.#add(id, { ...written, statistics: statistics() });
  }

  /** A column of values as its physical type has them: the library's own encoder picks a dictionary where that makes it smaller. */
  values(id: number, values: readonly unknown[]): ColumnMetaData {
    const element = this.#element(id);
    const binary = element.type === 'BYTE_ARRAY' && element.converted_type !== 'UTF8';
    const optional = element.repetition_type === 'OPTIONAL';
    const pages = new ByteWriter();
    const { chunk } = writeColumn({
      writer: pages,
      column: {
        columnName: element.name,
        element,
        schemaPath: [this.#elements[0]!, element],
        codec: this.#codec.name,
        compressors: { [this.#codec.name]: this.#codec.compress },
        stats: !binary,
        pageSize: PAGE_BYTES,
        dictionarySize: PAGE_BYTES,
        columnIndex: false,
        offsetIndex: false,
      },
      pageData: {
        values: [...values],
        definitionLevels: optional ? values.map((value) => (value === null ? 0 : 1)) : [],
        repetitionLevels: [],
        maxDefinitionLevel: optional ? 1 : 0,
      },
    });
    if (chunk.meta_data === undefined) throw new Error(`column ${element.name} has no metadata`);
    const meta = appendWithChecksums(this.#out, pages.getBytes(), chunk.meta_data);
    return this.#add(id, binary ? { ...meta, statistics: boundsOf(values) } : meta);
  }

  /** Ends a row group; what comes next belongs to another one. */
  endGroup({ rows, sortedBy = 0, bloom }: GroupFacts): void {
    const columns = this.#chunks.map((meta) => ({ meta_data: meta, file_offset: meta.data_page_offset }));
    const chunk = columns.find(({ meta_data }) => meta_data === bloom?.column);
    if (bloom !== undefined && chunk !== undefined) this.#file.pendingIndexes.push({ chunk, bloomFilter: bloom.words });
    const sorting = Array.from({ length: sortedBy }, (_, column_idx) => ({
      column_idx,
      descending: false,
      nulls_first: true,
    }));
    this.splitOffsets.push(this.#start);
    this.#file.num_rows += BigInt(rows);
    this.#file.row_groups.push({
      columns,
      total_byte_size: this.#chunks.reduce((sum, meta) => sum + meta.total_uncompressed_size, 0n),
      num_rows: BigInt(rows),
      ...(sortedBy > 0 && { sorting_columns: sorting }),
      file_offset: BigInt(this.#start),
      total_compressed_size: BigInt(this.#out.offset - this.#start),
    });
    this.#chunks = [];
    this.#start = this.#out.offset;
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

  #add(id: number, meta: ColumnMetaData): ColumnMetaData {
    this.statistics.add(id, this.#element(id), meta);
    this.#chunks.push(meta);
    return meta;
  }

  #element(id: number): SchemaElement {
    return this.#elements.find((element) => element.field_id === id)!;
  }
}

/** Bounds of a column of bytes, cut to what a footer should hold. */
function boundsOf(values: readonly unknown[]): Statistics {
  const bounds = new BinaryBounds();
  let nulls = 0;
  for (const value of values) {
    if (value instanceof Uint8Array)
      bounds.see(Buffer.from(value.buffer, value.byteOffset, value.byteLength), 0, value.byteLength);
    else nulls++;
  }
  return binaryStatistics(bounds.lower(), bounds.upper(), nulls);
}
