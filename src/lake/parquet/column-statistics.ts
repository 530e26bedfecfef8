import type { ColumnMetaData, SchemaElement } from './parquet-types.ts';
import type { DataFile } from '../data-file.ts';
import { int32Bytes, int64Bytes, stringBounds } from './bounds.ts';
import { FIELD_ID } from './record-schema.ts';

type Bounded = string | number | bigint | boolean | Uint8Array;

interface Column {
  readonly element: SchemaElement;
  size: number;
  values: number;
  nulls: number;
  least: Bounded | undefined;
  greatest: Bounded | undefined;
  /** A row group had values but no upper bound. */
  open: boolean;
}

/** Gathers over row groups what a manifest says of a file's columns. */
export class ColumnStatistics {
  readonly #columns = new Map<number, Column>();

  /** Takes one row group's chunk of the column with the field id `id`. */
  add(id: number, element: SchemaElement, meta: ColumnMetaData): void {
    const column: Column = this.#columns.get(id) ?? {
      element,
      size: 0,
      values: 0,
      nulls: 0,
      least: undefined,
      greatest: undefined,
      open: false,
    };
    this.#columns.set(id, column);
    const nulls = Number(meta.statistics?.null_count ?? 0n);
    const { min_value: least, max_value: greatest } = meta.statistics ?? {};
    column.size += Number(meta.total_compressed_size);
    column.values += Number(meta.num_values);
    column.nulls += nulls;
    if (greatest === undefined && nulls < Number(meta.num_values)) column.open = true;
    if (isBounded(least) && (column.least === undefined || order(least, column.least) < 0)) column.least = least;
    if (isBounded(greatest) && (column.greatest === undefined || order(greatest, column.greatest) > 0)) {
      column.greatest = greatest;
    }
  }

  /** The maps of a `DataFile`. Fields inside lists have counts only: a bound there says nothing of a row. */
  summary(): Pick<
    DataFile,
    'columnSizes' | 'valueCounts' | 'nullValueCounts' | 'nanValueCounts' | 'lowerBounds' | 'upperBounds'
  > {
    const columns = [...this.#columns];
    const lowerBounds = new Map<number, Uint8Array>();
    const upperBounds = new Map<number, Uint8Array>();
    for (const [id, column] of columns) {
      if (id === FIELD_ID.headerKey || id === FIELD_ID.headerValue) continue;
      const { lower, upper } = serialized(column);
      if (lower !== undefined) lowerBounds.set(id, lower);
      if (upper !== undefined && !column.open) upperBounds.set(id, upper);
    }
    const floating = columns.filter(([, { element }]) => element.type === 'FLOAT' || element.type === 'DOUBLE');
    return {
      columnSizes: new Map(columns.map(([id, { size }]) => [id, size])),
      valueCounts: new Map(columns.map(([id, { values }]) => [id, values])),
      nullValueCounts: new Map(columns.map(([id, { nulls }]) => [id, nulls])),
      // JSON has no NaN.
      nanValueCounts: new Map(floating.map(([id]) => [id, 0])),
      lowerBounds,
      upperBounds,
    };
  }
}

function isBounded(value: unknown): value is Bounded {
  return value instanceof Uint8Array || ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}

function order(left: Bounded, right: Bounded): number {
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right);
  if (typeof left === 'string' && typeof right === 'string')
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  return left < right ? -1 : left > right ? 1 : 0;
}

function serialized({ element, least, greatest }: Column): { lower?: Uint8Array; upper?: Uint8Array | undefined } {
  if (least === undefined || greatest === undefined) return least instanceof Uint8Array ? { lower: least } : {};
  if (typeof least === 'string' && typeof greatest === 'string') return stringBounds(least, greatest);
  return { lower: single(element, least), upper: single(element, greatest) };
}

/** Single-value serialization of the Iceberg spec (appendix D). */
function single(element: SchemaElement, value: Bounded): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0);
  if (element.type === 'INT64') return int64Bytes(BigInt(value));
  if (element.type === 'INT32') return int32Bytes(Number(value));
  const bytes = Buffer.alloc(element.type === 'FLOAT' ? 4 : 8);
  if (element.type === 'FLOAT') bytes.writeFloatLE(Number(value));
  else bytes.writeDoubleLE(Number(value));
  return bytes;
}
