import {
  type DuckDBBlobValue,
  type DuckDBTimestampTZValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';
import {
  Binary,
  Bool,
  type DataType,
  Float64,
  Int32,
  Int64,
  makeData,
  Table,
  tableToIPC,
  TimestampMicrosecond,
  Uint32,
  Uint64,
  Utf8,
  vectorFromArray,
  Vector,
} from 'apache-arrow';
import { jsonOf } from './answer-values.ts';
import type { Rows } from './answer.ts';

interface ArrowColumn {
  readonly type: DataType;
  readonly value: (value: DuckDBValue, type: DuckDBType) => unknown;
}

const as = (type: DataType, value: ArrowColumn['value'] = (given) => given): ArrowColumn => ({ type, value });
const number = (type: DataType): ArrowColumn => as(type, Number);

const COLUMNS: Partial<Record<DuckDBTypeId, ArrowColumn>> = {
  [DuckDBTypeId.BOOLEAN]: as(new Bool()),
  [DuckDBTypeId.TINYINT]: number(new Int32()),
  [DuckDBTypeId.SMALLINT]: number(new Int32()),
  [DuckDBTypeId.INTEGER]: number(new Int32()),
  [DuckDBTypeId.BIGINT]: as(new Int64()),
  [DuckDBTypeId.UTINYINT]: number(new Uint32()),
  [DuckDBTypeId.USMALLINT]: number(new Uint32()),
  [DuckDBTypeId.UINTEGER]: number(new Uint32()),
  [DuckDBTypeId.UBIGINT]: as(new Uint64()),
  [DuckDBTypeId.FLOAT]: number(new Float64()),
  [DuckDBTypeId.DOUBLE]: number(new Float64()),
  [DuckDBTypeId.BLOB]: as(new Binary(), (value) => (value as DuckDBBlobValue).bytes),
};
/** Everything else is text: a text as it is, other values as the JSON answer has them. */
const TEXT = as(new Utf8(), (value, type) => {
  const json = jsonOf(value, type);
  return typeof json === 'string' ? json : JSON.stringify(json);
});

/** A result as a stream of Arrow's IPC format. */
export function arrowStream({ names, types, rows }: Rows): Uint8Array {
  const vectors: Record<string, Vector> = {};
  names.forEach((name, at) => {
    const type = types[at]!;
    const column = COLUMNS[type.typeId] ?? TEXT;
    const values = rows.map((row) => (row[at] === null ? null : column.value(row[at]!, type)));
    vectors[name] =
      type.typeId === DuckDBTypeId.TIMESTAMP_TZ ? timestamps(rows, at) : vectorFromArray(values, column.type);
  });
  return tableToIPC(new Table(vectors), 'stream');
}

/** By way of integers: Arrow's builder takes timestamps in milliseconds and multiplies them, which loses microseconds or ends with none at all. */
function timestamps(rows: Rows['rows'], at: number): Vector {
  const micros = vectorFromArray(
    rows.map((row) => (row[at] as DuckDBTimestampTZValue | null)?.micros ?? null),
    new Int64(),
  );
  const type = new TimestampMicrosecond('UTC');
  return new Vector(
    micros.data.map(({ length, nullCount, nullBitmap, values }) =>
      makeData({ type, length, nullCount, nullBitmap, data: values }),
    ),
  );
}
