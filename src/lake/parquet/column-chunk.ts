import { giveBack } from '../../base/owned-bytes.ts';
import { pageChecksum } from './page-checksums.ts';
import type { StoredPage } from './paged-column.ts';
import type { ColumnMetaData, CompressionCodec, Encoding, SchemaElement, Statistics } from './parquet-types.ts';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';

/** How pages are compressed. */
export interface PageCodec {
  readonly name: CompressionCodec;
  readonly compress: (bytes: Uint8Array) => Uint8Array;
}

/** A page's values in their encoding, nulls left out, and its levels: empty where every level is the same by the schema. */
export interface EncodedPage {
  readonly encoding: Encoding;
  readonly bytes: Uint8Array;
  /** Entries with nulls. */
  readonly values: number;
  readonly rows: number;
  readonly nulls: number;
  readonly definitions: Uint8Array;
  readonly repetitions: Uint8Array;
  readonly maxDefinition: number;
}

/** Writes the pages of one column of a row group. */
export function writeChunk(
  out: ByteWriter,
  path: readonly string[],
  element: SchemaElement,
  pages: Iterable<EncodedPage | StoredPage>,
  codec: PageCodec,
): Omit<ColumnMetaData, 'statistics'> {
  if (element.type === undefined) throw new Error(`column ${element.name} has no physical type`);
  const start = out.offset;
  let values = 0;
  let plainBytes = 0;
  const encodings = new Set<Encoding>(['RLE']);
  for (const page of pages) {
    if ('stored' in page) {
      values += page.rows;
      encodings.add('PLAIN');
      plainBytes += copyPage(out, page);
      continue;
    }
    values += page.values;
    encodings.add(page.encoding);
    plainBytes += writePage(out, page, codec);
  }
  return {
    type: element.type,
    encodings: [...encodings],
    path_in_schema: [...path],
    codec: codec.name,
    num_values: BigInt(values),
    total_compressed_size: BigInt(out.offset - start),
    total_uncompressed_size: BigInt(plainBytes),
    data_page_offset: BigInt(start),
  };
}

function writePage(out: ByteWriter, page: EncodedPage, codec: PageCodec): number {
  const levels = new ByteWriter();
  if (page.repetitions.length > 0) writeRleBitPackedHybrid(levels, page.repetitions, 1);
  const repetitionBytes = levels.offset;
  if (page.definitions.length > 0) writeRleBitPackedHybrid(levels, page.definitions, page.maxDefinition > 1 ? 2 : 1);
  const compressed = codec.compress(page.bytes);
  const levelBytes = levels.getBytes();
  const start = out.offset;
  writePageHeader(out, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: levels.offset + page.bytes.length,
    compressed_page_size: levels.offset + compressed.length,
    crc: pageChecksum(levelBytes, compressed),
    data_page_header_v2: {
      num_values: page.values,
      num_nulls: page.nulls,
      num_rows: page.rows,
      encoding: page.encoding,
      definition_levels_byte_length: levels.offset - repetitionBytes,
      repetition_levels_byte_length: repetitionBytes,
      is_compressed: true,
    },
  });
  const header = out.offset - start;
  out.appendBytes(levelBytes);
  out.appendBytes(compressed);
  giveBack(compressed);
  return header + levels.offset + page.bytes.length;
}

function copyPage(out: ByteWriter, { header, stored }: StoredPage): number {
  const start = out.offset;
  // The two libraries have types of their own for the same header.
  const copied = { ...header, crc: header.crc ?? pageChecksum(stored) } as Parameters<typeof writePageHeader>[1];
  writePageHeader(out, copied);
  const headerBytes = out.offset - start;
  out.appendBytes(stored);
  return headerBytes + header.uncompressed_page_size;
}

/** Statistics of a binary column, whose bounds are cut and therefore not exact. */
export function binaryStatistics(
  lower: Uint8Array | undefined,
  upper: Uint8Array | undefined,
  nulls: number,
): Statistics {
  const counted: Statistics = { null_count: BigInt(nulls), is_min_value_exact: false, is_max_value_exact: false };
  if (lower !== undefined) counted.min_value = lower;
  if (upper !== undefined) counted.max_value = upper;
  return counted;
}
