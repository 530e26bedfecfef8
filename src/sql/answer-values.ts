import { isUtf8 } from 'node:buffer';
import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  type DuckDBTimestampTZValue,
  DuckDBTypeId,
  type DuckDBType,
  type DuckDBValue,
  type DuckDBValueConverter,
  JsonDuckDBValueConverter,
  type Json,
} from '@duckdb/node-api';

const INTEGERS: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
]);

/**
 * A value as JSON has it: integers as numbers where a double holds them, else as their digits; bytes as text where they are UTF-8, else in base64;
 * timestamps with zone in ISO 8601, UTC, with microseconds; decimals as their digits; all else as DuckDB's client has it.
 */
export function jsonOf(
  value: DuckDBValue,
  type: DuckDBType,
  converter: DuckDBValueConverter<Json> = jsonOf,
): Json | null {
  if (value === null) return null;
  if (INTEGERS.has(type.typeId)) {
    const number = Number(value as bigint);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (type.typeId === DuckDBTypeId.BLOB) return textOf((value as DuckDBBlobValue).bytes);
  if (type.typeId === DuckDBTypeId.TIMESTAMP_TZ) return timeOf((value as DuckDBTimestampTZValue).micros, String(value));
  return JsonDuckDBValueConverter(value, type, converter);
}

/** Bytes that a value has at least, whatever the format of the answer. */
export function leastBytes(value: DuckDBValue): number {
  if (value === null || typeof value === 'boolean') return 0;
  if (typeof value === 'string') return value.length;
  if (value instanceof DuckDBBlobValue) return value.bytes.length;
  const sum = (values: readonly DuckDBValue[]): number => values.reduce<number>((all, one) => all + leastBytes(one), 0);
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return sum(value.items);
  if (value instanceof DuckDBStructValue) return sum(Object.values(value.entries));
  if (value instanceof DuckDBMapValue) return sum(value.entries.flatMap(({ key, value: held }) => [key, held]));
  return 1;
}

function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString(isUtf8(bytes) ? 'utf8' : 'base64');
}

function timeOf(micros: bigint, otherwise: string): string {
  const milliseconds = Number(micros / 1000n) - (micros % 1000n < 0n ? 1 : 0);
  if (Math.abs(milliseconds) > 8.64e15) return otherwise;
  const below = ((micros % 1000n) + 1000n) % 1000n;
  return new Date(milliseconds).toISOString().replace('Z', `${String(below).padStart(3, '0')}Z`);
}
