import { type FileMetaData, parquetSchema } from 'hyparquet';
import type { ObjectStore } from '../../objects/types.ts';
import type { DataFile } from '../data-file.ts';
import type { Schema } from '../schema.ts';
import { wrongColumn } from './footer-check.ts';
import { GroupReader, type RowGroup, TEXT, UnreadableFile } from './group-reader.ts';
import type { PageCodec } from './column-chunk.ts';
import type { RowHeader } from './memtable.ts';
import type { StoredPage } from './paged-column.ts';
import type { PromotedValue } from './promote.ts';
import { type PromotedColumn, type PromotedType, promotedType } from './promoted-columns.ts';
import { FIELD_ID, FIRST_PROMOTED_ID } from './record-schema.ts';

/** The rows of one row group, by column. Bytes are views into what was read. */
export interface RowBlock {
  readonly rows: number;
  /** The place of its first row in the file, counted from 0. */
  readonly start: number;
  readonly partition: ArrayLike<number>;
  readonly offset: ArrayLike<number>;
  /** Microseconds, as doubles that are whole numbers. */
  readonly timestamp: ArrayLike<number>;
  readonly timestampType: ArrayLike<number>;
  readonly key: readonly (Uint8Array | null)[];
  /** Decoded when it is asked for. Throws UnreadableFile where that cannot be done. */
  readonly value: (row: number) => Uint8Array | null;
  /** The pages of values that another file with the codec can have as they are, by their first row. */
  readonly valuePages: (codec: PageCodec['name']) => ReadonlyMap<number, StoredPage>;
  readonly headers: readonly (readonly RowHeader[])[];
  /** By promoted column of the table's schema, then by row. */
  readonly promoted: readonly (readonly PromotedValue[])[];
}

/** As much of a row group as tells which records it holds. */
export type KeyBlock = Pick<RowBlock, 'rows' | 'start' | 'partition' | 'offset' | 'key'>;

/** The promoted columns of a schema that files of ours can hold. */
export function promotedOf(schema: Schema): PromotedColumn[] {
  return schema.fields.flatMap(({ id, name, required, type }) => {
    const known = promotedType(type);
    return id < FIRST_PROMOTED_ID || known === undefined || required ? [] : [{ name, path: [name], type: known }];
  });
}

/** Memory of the objects that a row's key and headers are. */
const ROW_OBJECTS_BYTES = 300;
/** Memory of pages of values that are decoded, or were and are still looked at. */
const VALUE_PAGES_BYTES = 4 * 1024 * 1024;

/** Reads a data file of a topic's table, row group by row group, by the field ids of the table's schema. */
export class DataFileReader {
  readonly #groups: GroupReader;
  readonly #schema: Schema;

  private constructor(groups: GroupReader, schema: Schema) {
    this.#groups = groups;
    this.#schema = schema;
  }

  /** Reads the footer. Rejects with UnreadableFile, or with the store's error. */
  static async open(store: ObjectStore, key: string, file: DataFile, schema: Schema): Promise<DataFileReader> {
    const groups = await GroupReader.open(store, key, file);
    checkRewritable(groups, schema);
    return new DataFileReader(groups, schema);
  }

  get file(): DataFile {
    return this.#groups.file;
  }

  /** Throws UnreadableFile where the footer's columns are not those that the table says the file has. */
  checkColumns(): void {
    const wrong = wrongColumn(this.file, this.#groups.metadata, this.#schema);
    if (wrong !== undefined) throw new UnreadableFile(this.file.path, wrong);
  }

  /** What the largest row group takes in memory: as it is stored, decoded but for the values, and a few pages of those. */
  get groupMemoryBytes(): number {
    const valueName = this.#groups.nameOf(FIELD_ID.value);
    const groups = this.#groups.metadata.row_groups.map(({ columns, num_rows: rows }) => {
      let bytes = Number(rows) * ROW_OBJECTS_BYTES;
      for (const { meta_data: meta } of columns) {
        const plain = Number(meta?.total_uncompressed_size ?? 0n);
        const isValue = meta?.path_in_schema[0] === valueName;
        bytes += Number(meta?.total_compressed_size ?? 0n) + (isValue ? Math.min(plain, VALUE_PAGES_BYTES) : plain);
      }
      return bytes;
    });
    return Math.max(0, ...groups);
  }

  /** The next row group, with its checksums checked; undefined after the last. */
  next(): Promise<RowBlock | undefined> {
    return this.#groups.next('all', (group) => this.#block(group));
  }

  /** As `next`, but reads, and checks, no more than partition, offset and key. */
  nextKeys(): Promise<KeyBlock | undefined> {
    return this.#groups.next([FIELD_ID.partition, FIELD_ID.offset, FIELD_ID.key], async ({ rows, start, column }) => ({
      rows,
      start,
      partition: numbers(await column(FIELD_ID.partition), rows),
      offset: numbers(await column(FIELD_ID.offset), rows),
      key: bytesOf(await column(FIELD_ID.key), rows),
    }));
  }

  #decoded(decode: () => Uint8Array | null): Uint8Array | null {
    try {
      return decode();
    } catch (error) {
      throw new UnreadableFile(this.file.path, (error as Error).message, { cause: error });
    }
  }

  async #block({ rows, start, column, paged }: RowGroup): Promise<RowBlock> {
    const header = headerFields(this.#groups.metadata);
    const [partition, offset, timestamp, timestampType] = [
      numbers(await column(FIELD_ID.partition), rows),
      numbers(await column(FIELD_ID.offset), rows),
      numbers(await column(FIELD_ID.timestamp), rows),
      numbers(await column(FIELD_ID.timestampType), rows),
    ];
    const promoted: PromotedValue[][] = [];
    for (const { name, type } of promotedOf(this.#schema)) {
      const id = this.#schema.fields.find((field) => field.name === name)?.id ?? -1;
      promoted.push(promotedValues(await column(id, TEXT), rows, type));
    }
    const values = paged(FIELD_ID.value);
    return {
      rows,
      start,
      partition,
      offset,
      timestamp,
      timestampType,
      key: bytesOf(await column(FIELD_ID.key), rows),
      value: (row) => this.#decoded(() => values?.value(row) ?? null),
      valuePages: (codec) => values?.copyable(codec) ?? new Map<number, StoredPage>(),
      headers: headersOf(await column(FIELD_ID.headers), rows, header),
      promoted,
    };
  }
}

/** Throws UnreadableFile for a file that lacks what every row has, or has a column of the table that files of ours cannot hold. */
function checkRewritable(groups: GroupReader, schema: Schema): void {
  const { file, metadata } = groups;
  const rewritable = new Set(promotedOf(schema).map(({ name }) => name));
  for (const { element } of parquetSchema(metadata).children) {
    const { field_id: id, name } = element;
    if (id === undefined) throw new UnreadableFile(file.path, `its column ${name} has no field id`);
    const field = schema.fields.find((one) => one.id === id);
    if (field !== undefined && id >= FIRST_PROMOTED_ID && !rewritable.has(field.name))
      throw new UnreadableFile(file.path, `its column ${name} is of a type that is not rewritten`);
  }
  for (const id of [FIELD_ID.partition, FIELD_ID.offset, FIELD_ID.timestamp, FIELD_ID.timestampType])
    if (groups.nameOf(id) === undefined)
      throw new UnreadableFile(file.path, `it lacks the column with the field id ${id}`);
}

/** What key and value of a header are called in the file. */
function headerFields(metadata: FileMetaData): { key: string; value: string } {
  const nameOf = (id: number): string => metadata.schema.find((element) => element.field_id === id)?.name ?? '';
  return { key: nameOf(FIELD_ID.headerKey), value: nameOf(FIELD_ID.headerValue) };
}

export function numbers(found: ArrayLike<unknown> | undefined, rows: number): Float64Array {
  const result = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const value = found?.[row];
    if (typeof value !== 'number' && typeof value !== 'bigint') throw new RangeError('a required value is missing');
    const number = Number(value);
    if (typeof value === 'bigint' && BigInt(number) !== value) throw new RangeError(`${value} does not fit a double`);
    result[row] = number;
  }
  return result;
}

export function bytesOf(found: ArrayLike<unknown> | undefined, rows: number): (Uint8Array | null)[] {
  return Array.from({ length: rows }, (_none, row) => (found?.[row] as Uint8Array | null | undefined) ?? null);
}

function headersOf(
  found: ArrayLike<unknown> | undefined,
  rows: number,
  names: { readonly key: string; readonly value: string },
): RowHeader[][] {
  return Array.from({ length: rows }, (_none, row) => {
    const list = (found?.[row] ?? []) as readonly Readonly<Record<string, Uint8Array | null | undefined>>[];
    return list.map((one) => ({ key: one[names.key] ?? new Uint8Array(0), value: one[names.value] ?? null }));
  });
}

/** Values of a promoted column in the type of the table, to which the file's may have been widened. */
export function promotedValues(
  found: ArrayLike<unknown> | undefined,
  rows: number,
  type: PromotedType,
): PromotedValue[] {
  const isLong = type === 'long' || type === 'timestamptz';
  return Array.from({ length: rows }, (_none, row) => {
    const value = (found?.[row] ?? null) as PromotedValue;
    return isLong && typeof value === 'number' ? BigInt(value) : value;
  });
}
