import {
  blobValue,
  type DuckDBAppender,
  DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBTimestampTZValue,
  type DuckDBType,
  type DuckDBValue,
  listValue,
  structValue,
} from '@duckdb/node-api';
import type { TableColumn } from '../lake/index.ts';
// Not by the index: most queries need no more of the lakehouse than this.
import { type FrozenMemtable, Memtable } from '../lake/parquet/memtable.ts';
import { promote, type PromotedValue } from '../lake/parquet/promote.ts';
import { FIELD_ID } from '../lake/parquet/record-schema.ts';
import type { ValueReader } from '../lake/values/value-reader.ts';
import type { RecordView } from '../../protocol/records/index.ts';

/** Rows of one data chunk: DuckDB's vector size. */
const CHUNK_ROWS = 2048;
/** Bytes of rows that wait to become chunks. */
const BUFFER_BYTES = 8 * 1024 * 1024;
const NO_HEADERS = listValue([]);

/** Gives the value of a column in a row. */
type Column = (row: number) => DuckDBValue;

/** The columns of a table, by field id in order, and those that values fill. */
export interface RowColumns {
  readonly ids: readonly number[];
  readonly promoted: readonly TableColumn[];
  /** How values are read; undefined: as JSON. */
  readonly values: ValueReader | undefined;
}

/** Records on their way into a table of DuckDB, with the columns that the topic's Iceberg table has. */
export class RowBuffer {
  readonly #appender: DuckDBAppender;
  readonly #columns: RowColumns;
  readonly #types: readonly DuckDBType[];
  readonly #memtable = new Memtable();
  /** Rows that wait to become chunks. */
  readonly #full: FrozenMemtable[] = [];
  rows = 0;

  constructor(appender: DuckDBAppender, columns: RowColumns) {
    this.#appender = appender;
    this.#columns = columns;
    this.#types = Array.from({ length: appender.columnCount }, (_, at) => appender.columnType(at));
  }

  add(partition: number, timestampType: number, { offset, timestamp, key, value, headers }: RecordView): void {
    this.#memtable.append(partition, offset, timestamp, timestampType, key, value, headers);
    this.rows++;
    if (this.#memtable.bytes >= BUFFER_BYTES) this.#full.push(this.#memtable.freeze());
  }

  /** There is something to settle. */
  get isFull(): boolean {
    return this.#full.length > 0;
  }

  /** Makes chunks of the rows that wait for it. */
  async settle(): Promise<void> {
    for (const frozen of this.#full.splice(0)) {
      if (this.#columns.promoted.length > 0) await this.#columns.values?.prepare(frozen);
      this.#append(frozen);
    }
  }

  async flush(): Promise<void> {
    if (this.#memtable.rows > 0) this.#full.push(this.#memtable.freeze());
    await this.settle();
    this.#appender.flushSync();
  }

  #append(frozen: FrozenMemtable): void {
    for (let from = 0; from < frozen.rows; from += CHUNK_ROWS) {
      const count = Math.min(CHUNK_ROWS, frozen.rows - from);
      const chunk = DuckDBDataChunk.create(this.#types, count);
      columnsOf(this.#columns, frozen, from, count).forEach((column, at) =>
        chunk.setColumnValues(
          at,
          Array.from({ length: count }, (_, row) => column(from + row)),
        ),
      );
      this.#appender.appendDataChunk(chunk);
    }
  }
}

function columnsOf(
  { ids, promoted, values: reader }: RowColumns,
  frozen: FrozenMemtable,
  from: number,
  count: number,
): Column[] {
  const fixed = fixedColumns(frozen);
  const found = promoted.length === 0 ? [] : promote(frozen, rowsFrom(from, count), promoted, reader?.read).columns;
  const more = new Map(
    promoted.map(({ id, type }, at): [number, Column] => {
      const values = found[at] ?? [];
      return [id, (row) => duckDbValue(values[row - from] ?? null, type)];
    }),
  );
  return ids.map((id) => fixed.get(id) ?? more.get(id) ?? (() => null));
}

function fixedColumns(frozen: FrozenMemtable): Map<number, Column> {
  return new Map<number, Column>([
    [FIELD_ID.partition, (row) => frozen.partition(row)],
    [FIELD_ID.offset, (row) => BigInt(frozen.offset(row))],
    [FIELD_ID.timestamp, (row) => new DuckDBTimestampTZValue(BigInt(frozen.timestamp(row)) * 1000n)],
    [FIELD_ID.timestampType, (row) => frozen.timestampType(row)],
    [FIELD_ID.key, (row) => blobOf(frozen.key(row))],
    [FIELD_ID.value, (row) => blobOf(frozen.value(row))],
    [FIELD_ID.headers, (row) => headersOf(frozen, row)],
  ]);
}

function headersOf(frozen: FrozenMemtable, row: number): DuckDBValue {
  if (frozen.headerCount(row) === 0) return NO_HEADERS;
  return listValue(
    frozen
      .headers(row)
      .map(({ key, value }) => structValue({ key: Buffer.from(key).toString('utf8'), value: blobOf(value) })),
  );
}

function blobOf(bytes: Uint8Array | null): DuckDBValue {
  return bytes === null ? null : blobValue(bytes);
}

function duckDbValue(value: PromotedValue, type: string): DuckDBValue {
  if (type === 'date' && typeof value === 'number') return new DuckDBDateValue(value);
  if (type === 'timestamptz' && typeof value === 'bigint') return new DuckDBTimestampTZValue(value);
  return value;
}

function rowsFrom(from: number, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, at) => from + at);
}
