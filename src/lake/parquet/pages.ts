import { BinaryBounds } from './bounds.ts';
import type { EncodedPage } from './column-chunk.ts';
import { deltaPacked, fitsDeltaPacking } from './delta-packing.ts';
import type { FrozenMemtable } from './memtable.ts';
import type { StoredPage } from './paged-column.ts';

const PAGE_BYTES = 1024 * 1024;
const NONE = new Uint8Array(0);

/** Bytes of one page, used again for the next, of any column. */
export class PageBuffer {
  #bytes = Buffer.allocUnsafeSlow(PAGE_BYTES + 64 * 1024);
  #used = 0;

  get used(): number {
    return this.#used;
  }

  /** A value in Parquet's PLAIN encoding: its length, then its bytes. */
  put(from: Buffer, position: number, length: number): void {
    const end = this.#used + 4 + length;
    if (end > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(end, 2 * this.#bytes.length));
      this.#bytes.copy(grown, 0, 0, this.#used);
      this.#bytes = grown;
    }
    this.#bytes.writeUInt32LE(length, this.#used);
    from.copy(this.#bytes, this.#used + 4, position, position + length);
    this.#used = end;
  }

  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#used);
    this.#used = 0;
    return taken;
  }
}

/** What is known of a column of byte strings after its pages were made. */
export class BinaryColumn {
  readonly bounds = new BinaryBounds();
  nulls = 0;
}

/** Pages that take the place of so many rows, from a row on. */
export interface PlacedPage {
  readonly at: number;
  readonly page: StoredPage;
}

/** Pages of `value`, some of which are there already. A page holds until the next is asked for. */
export function* valuePages(
  frozen: FrozenMemtable,
  rows: Uint32Array,
  placed: readonly PlacedPage[],
  seen: BinaryColumn,
  buffer: PageBuffer,
): Generator<EncodedPage | StoredPage> {
  let from = 0;
  for (const { at, page } of placed) {
    yield* binaryPages(frozen, rows.subarray(from, at), 'value', seen, buffer);
    seen.nulls += page.nulls;
    for (const bound of [page.lower, page.upper])
      if (bound !== undefined) seen.bounds.see(Buffer.from(bound), 0, bound.length);
    yield page;
    from = at + page.rows;
  }
  yield* binaryPages(frozen, rows.subarray(from), 'value', seen, buffer);
}

/** Pages of `key` or `value`. A page holds until the next is asked for. */
export function* binaryPages(
  frozen: FrozenMemtable,
  rows: Uint32Array,
  column: 'key' | 'value',
  seen: BinaryColumn,
  page: PageBuffer,
): Generator<EncodedPage> {
  const definitions = new Uint8Array(rows.length);
  let first = 0;
  let nulls = 0;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    const length = column === 'key' ? frozen.keyLength(row) : frozen.valueLength(row);
    if (length < 0) {
      nulls++;
    } else {
      const position = column === 'key' ? frozen.keyPosition(row) : frozen.valuePosition(row);
      definitions[at] = 1;
      const chunk = frozen.chunk(row);
      seen.bounds.see(chunk, position, length);
      page.put(chunk, position, length);
    }
    if (page.used < PAGE_BYTES && at + 1 < rows.length) continue;
    yield flatPage(page.take(), at + 1 - first, nulls, definitions.subarray(first, at + 1));
    seen.nulls += nulls;
    first = at + 1;
    nulls = 0;
  }
}

function flatPage(bytes: Uint8Array, rows: number, nulls: number, definitions: Uint8Array): EncodedPage {
  return { encoding: 'PLAIN', bytes, values: rows, rows, nulls, definitions, repetitions: NONE, maxDefinition: 1 };
}

/** Pages of `headers.element.key` or `.value`: an entry for each header, and one that is null for a record without any. */
export function* headerPages(
  frozen: FrozenMemtable,
  rows: Uint32Array,
  leaf: 'key' | 'value',
  seen: BinaryColumn,
  page: PageBuffer,
): Generator<EncodedPage> {
  const present = leaf === 'key' ? 1 : 2;
  let definitions: number[] = [];
  let repetitions: number[] = [];
  let nulls = 0;
  let first = 0;
  const add = (definition: number, repetition: number): void => {
    definitions.push(definition);
    repetitions.push(repetition);
    if (definition < present) nulls++;
  };
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    const count = frozen.headerCount(row);
    if (count === 0) add(0, 0);
    else putHeaders(frozen, row, leaf, page, (isNull, header) => add(isNull ? 1 : present, header === 0 ? 0 : 1));
    if (page.used < PAGE_BYTES && at + 1 < rows.length) continue;
    yield {
      encoding: 'PLAIN',
      bytes: page.take(),
      values: definitions.length,
      rows: at + 1 - first,
      nulls,
      definitions: Uint8Array.from(definitions),
      repetitions: Uint8Array.from(repetitions),
      maxDefinition: present,
    };
    seen.nulls += nulls;
    first = at + 1;
    nulls = 0;
    definitions = [];
    repetitions = [];
  }
}

function putHeaders(
  frozen: FrozenMemtable,
  row: number,
  leaf: 'key' | 'value',
  page: PageBuffer,
  each: (isNull: boolean, header: number) => void,
): void {
  const { bytes, position } = frozen.headerCursor(row);
  let at = position;
  for (let header = 0; header < frozen.headerCount(row); header++) {
    for (const part of ['key', 'value'] as const) {
      const length = bytes.readInt32LE(at);
      if (part === leaf) {
        if (length >= 0) page.put(bytes, at + 4, length);
        each(length < 0, header);
      }
      at += 4 + Math.max(0, length);
    }
  }
}

/** The one page of a required column of 32-bit numbers. */
export function int32Page(values: Int32Array): EncodedPage {
  return requiredPage(Buffer.from(values.buffer, values.byteOffset, values.byteLength), values.length, 'PLAIN');
}

/** The one page of a required column of 64-bit numbers, which are whole numbers in doubles. */
export function int64Page(values: Float64Array): EncodedPage {
  if (fitsDeltaPacking(values)) return requiredPage(deltaPacked(values), values.length, 'DELTA_BINARY_PACKED');
  const plain = BigInt64Array.from(values, BigInt);
  return requiredPage(Buffer.from(plain.buffer), values.length, 'PLAIN');
}

function requiredPage(bytes: Uint8Array, rows: number, encoding: EncodedPage['encoding']): EncodedPage {
  return { encoding, bytes, values: rows, rows, nulls: 0, definitions: NONE, repetitions: NONE, maxDefinition: 0 };
}
