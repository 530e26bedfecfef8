import { crc32 } from 'node:zlib';
import type { FileMetaData } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { endOfStruct } from './thrift-check.ts';
import type { ColumnMetaData } from './parquet-types.ts';

/** The checksum of a page as Parquet defines it: CRC-32 of all that follows the header, as it is stored. */
export function pageChecksum(...stored: readonly Uint8Array[]): number {
  // A signed field of the header.
  return stored.reduce((sum, bytes) => crc32(bytes, sum), 0) | 0;
}

export type PageHeader = ReturnType<typeof parquetHeader>;

/** What a footer says of a column. */
type PageColumn = Pick<
  FileMetaData['row_groups'][number]['columns'][number]['meta_data'] & object,
  'path_in_schema' | 'num_values' | 'total_uncompressed_size' | 'encodings' | 'statistics'
>;

/** The pages of a column's part of a row group. Throws RangeError where they do not end where it does. */
export function* pagesOf(chunk: Uint8Array): Generator<{ readonly header: PageHeader; readonly stored: Uint8Array }> {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const reader = { view, offset: 0 };
  while (reader.offset < chunk.length) {
    endOfStruct(chunk, reader.offset);
    const header = parquetHeader(reader);
    const end = reader.offset + header.compressed_page_size;
    if (!(header.compressed_page_size >= 0 && end <= chunk.length))
      throw new RangeError('a page ends beyond its column');
    yield { header, stored: chunk.subarray(reader.offset, end) };
    reader.offset = end;
  }
}

/**
 * Throws RangeError where a page that has a checksum is not what was written, and where the headers, which have none, do not add up to what the
 * footer says of the column: a reader believes their counts.
 */
export function checkPages(chunk: Uint8Array, meta: PageColumn): void {
  const column = meta.path_in_schema.join('.');
  let [page, entries, nulls, plainBytes] = [0, 0, 0, 0];
  for (const { header, stored } of pagesOf(chunk)) {
    page++;
    if (header.crc !== undefined && header.crc !== pageChecksum(stored))
      throw new RangeError(`page ${page} of column ${column} is damaged: its checksum is wrong`);
    entries += header.data_page_header_v2?.num_values ?? header.data_page_header?.num_values ?? 0;
    nulls += header.data_page_header_v2?.num_nulls ?? 0;
    plainBytes += header.uncompressed_page_size - header.compressed_page_size;
    if (!isSound(header, stored.length, meta))
      throw new RangeError(`page ${page} of column ${column} is not as the footer describes it`);
  }
  if (entries !== Number(meta.num_values) || plainBytes !== Number(meta.total_uncompressed_size) - chunk.length)
    throw new RangeError(`the pages of column ${column} are not what the footer says`);
  const expected = Number(meta.statistics?.null_count ?? nulls);
  // Pages of the first version do not say how many nulls they have.
  if (nulls > 0 && nulls !== expected) throw new RangeError(`column ${column} has ${nulls} nulls, not ${expected}`);
}

/** Whether a header says what can be, of a page that is stored in so many bytes. Fields may be missing: nothing covers the headers. */
function isSound(header: PageHeader, length: number, meta: PageColumn): boolean {
  const { data_page_header_v2: second, data_page_header: first, dictionary_page_header: dictionary } = header;
  const within = (most: number, ...counts: readonly (number | undefined)[]): boolean =>
    counts.every((count) => Number.isInteger(count) && count! >= 0 && count! <= most);
  const most = Number(meta.num_values);
  const plain = header.uncompressed_page_size;
  if (!within(Number(meta.total_uncompressed_size), plain)) return false;
  if (dictionary !== undefined) return within(most, dictionary.num_values);
  const page = second ?? first;
  // The index pages that Parquet names were never defined.
  if (page === undefined || !(meta.encodings as readonly string[]).includes(page.encoding)) return false;
  if (second === undefined) return within(most, page.num_values);
  const { definition_levels_byte_length: definitions, repetition_levels_byte_length: repetitions } = second;
  if (!within(most, second.num_values, second.num_nulls, second.num_rows)) return false;
  if (!within(length, definitions, repetitions, definitions + repetitions)) return false;
  return second.is_compressed !== false || plain === header.compressed_page_size;
}

/** Appends a column that a library wrote without checksums, with them; what is said of it afterwards. */
export function appendWithChecksums(out: ByteWriter, chunk: Uint8Array, meta: ColumnMetaData): ColumnMetaData {
  const start = out.offset;
  let dictionary: bigint | undefined;
  let data: bigint | undefined;
  for (const { header, stored } of pagesOf(chunk)) {
    if (header.type === 'DICTIONARY_PAGE') dictionary ??= BigInt(out.offset);
    else data ??= BigInt(out.offset);
    // The two libraries have types of their own for the same header.
    writePageHeader(out, { ...header, crc: pageChecksum(stored) } as Parameters<typeof writePageHeader>[1]);
    out.appendBytes(stored);
  }
  const grown = BigInt(out.offset - start - chunk.length);
  return {
    ...meta,
    ...(dictionary !== undefined && { dictionary_page_offset: dictionary }),
    data_page_offset: data ?? BigInt(start),
    total_compressed_size: meta.total_compressed_size + grown,
    total_uncompressed_size: meta.total_uncompressed_size + grown,
  };
}
