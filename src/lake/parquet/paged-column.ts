import type { ColumnMetaData } from 'hyparquet';
import { readPage } from 'hyparquet/src/column.js';
import { type PageHeader, pagesOf } from './page-checksums.ts';

/** A page of byte strings as it lies in a file, which can become part of another one as it is. */
export interface StoredPage {
  readonly header: PageHeader;
  /** All that follows the header. */
  readonly stored: Uint8Array;
  readonly rows: number;
  readonly nulls: number;
  /** At or below, and at or above, all values of the page; undefined where it has none. */
  readonly lower: Uint8Array | undefined;
  readonly upper: Uint8Array | undefined;
}

export type ColumnDecoder = Parameters<typeof readPage>[2];

/** Smaller pages are written anew, or every merge would leave more of them. */
const LEAST_COPIED_BYTES = 256 * 1024;

interface Page {
  readonly header: PageHeader;
  readonly stored: Uint8Array;
  readonly first: number;
  readonly rows: number;
}

/**
 * A column of byte strings in one row group, as far as that was read from the file: a page is decompressed when a value of it is asked for, and the last
 * one is kept. Its checksums were checked before. Throws RangeError where the pages are not as their headers say.
 */
export class PagedColumn {
  readonly #decoder: ColumnDecoder;
  readonly #meta: ColumnMetaData;
  readonly #pages: Page[] = [];
  #dictionary: ReturnType<typeof readPage>['data'];
  #open: Page | undefined;
  #values: ArrayLike<unknown> = [];

  constructor(chunk: Uint8Array, meta: ColumnMetaData, decoder: ColumnDecoder, rows: number) {
    this.#decoder = decoder;
    this.#meta = meta;
    let first = 0;
    for (const { header, stored } of pagesOf(chunk)) {
      if (header.type === 'DICTIONARY_PAGE') {
        this.#dictionary = this.#decode({ header, stored });
        continue;
      }
      const count = header.data_page_header_v2?.num_rows ?? header.data_page_header?.num_values ?? 0;
      this.#pages.push({ header, stored, first, rows: count });
      first += count;
    }
    if (first !== rows) throw new RangeError(`column ${meta.path_in_schema.join('.')} has ${first} of ${rows} rows`);
  }

  /** What it takes is little for rows one after another. */
  value(row: number): Uint8Array | null {
    if (this.#open === undefined || row < this.#open.first || row >= this.#open.first + this.#open.rows) {
      this.#open = this.#pages.findLast(({ first }) => first <= row)!;
      this.#values = this.#decode(this.#open) ?? [];
      if (this.#values.length !== this.#open.rows) throw new RangeError('a page does not have as many rows as it says');
    }
    return (this.#values[row - this.#open.first] as Uint8Array | null | undefined) ?? null;
  }

  /** By their first row, the pages that a file of ours with this codec could have. */
  copyable(codec: ColumnMetaData['codec']): Map<number, StoredPage> {
    const { codec: own, statistics } = this.#meta;
    const [lower, upper] = [bytesOr(statistics?.min_value), bytesOr(statistics?.max_value)];
    const pages = new Map<number, StoredPage>();
    if (own !== codec || this.#decoder.element.repetition_type !== 'OPTIONAL') return pages;
    for (const { header, stored, first, rows } of this.#pages) {
      const { encoding, num_nulls: nulls = 0 } = header.data_page_header_v2 ?? {};
      if (encoding !== 'PLAIN' || header.uncompressed_page_size < LEAST_COPIED_BYTES) continue;
      const isBounded = nulls === rows || (lower !== undefined && upper !== undefined);
      if (isBounded) pages.set(first, { header, stored, rows, nulls, lower, upper });
    }
    return pages;
  }

  #decode({ header, stored }: Pick<Page, 'header' | 'stored'>): ReturnType<typeof readPage>['data'] {
    const reader = { view: new DataView(stored.buffer, stored.byteOffset, stored.byteLength), offset: 0 };
    return readPage(reader, header, this.#decoder, this.#dictionary, undefined, 0).data;
  }
}

function bytesOr(bound: unknown): Uint8Array | undefined {
  return bound instanceof Uint8Array ? bound : undefined;
}
