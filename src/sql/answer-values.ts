import { isUtf8 } from 'node:buffer';
import { type DuckDBBlobValue, type DuckDBTimestampTZValue, DuckDBTypeId } from '@duckdb/node-api';
import {
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
