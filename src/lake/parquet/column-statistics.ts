import type { ColumnMetaData, SchemaElement, Statistics } from './parquet-types.ts';
import type { DataFile } from '../data-file.ts';
import { compareValues, type SingleValue, singleValue } from '../single-value.ts';
import { stringBounds } from './bounds.ts';

/** Types of Iceberg whose values have the same bytes as those of a physical type of Parquet. */
const ICEBERG_TYPES: Readonly<Record<string, string>> = {
  INT32: 'int',
  INT64: 'long',
  FLOAT: 'float',
  DOUBLE: 'double',
};

interface Column {
  readonly element: SchemaElement;
  /** Inside a list a bound says nothing of a row. */
  readonly isNested: boolean;
  size: number;
  values: number;
  nulls: number;
  nans: number;
  least: SingleValue | undefined;
  greatest: SingleValue | undefined;
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
      isNested: meta.path_in_schema.length > 1,
      size: 0,
      values: 0,
      nulls: 0,
      nans: 0,
      least: undefined,
      greatest: undefined,
      open: false,
    };
    this.#columns.set(id, column);
    const statistics: Statistics | undefined = meta.statistics;
    const nulls = Number(statistics?.null_count ?? 0n);
    const { min_value: least, max_value: greatest } = statistics ?? {};
    column.size += Number(meta.total_compressed_size);
    column.values += Number(meta.num_values);
    column.nulls += nulls;
    column.nans += Number(statistics?.nan_count ?? 0n);
    if (greatest === undefined && nulls < Number(meta.num_values)) column.open = true;
    if (isBounded(least) && (column.least === undefined || compareValues(least, column.least) < 0))
      column.least = least;
    if (isBounded(greatest) && (column.greatest === undefined || compareValues(greatest, column.greatest) > 0)) {
      column.greatest = greatest;
    }
  }

  /** The maps of a `DataFile`. Fields inside lists have counts only. */
  summary(): Pick<
    DataFile,
    'columnSizes' | 'valueCounts' | 'nullValueCounts' | 'nanValueCounts' | 'lowerBounds' | 'upperBounds'
  > {
    const columns = [...this.#columns];
    const lowerBounds = new Map<number, Uint8Array>();
    const upperBounds = new Map<number, Uint8Array>();
    for (const [id, column] of columns) {
      if (column.isNested) continue;
      const { lower, upper } = serialized(column);
      if (lower !== undefined) lowerBounds.set(id, lower);
      if (upper !== undefined && !column.open) upperBounds.set(id, upper);
    }
    const floating = columns.filter(([, { element }]) => element.type === 'FLOAT' || element.type === 'DOUBLE');
    return {
      columnSizes: new Map(columns.map(([id, { size }]) => [id, size])),
      valueCounts: new Map(columns.map(([id, { values }]) => [id, values])),
      nullValueCounts: new Map(columns.map(([id, { nulls }]) => [id, nulls])),
      nanValueCounts: new Map(floating.map(([id, { nans }]) => [id, nans])),
      lowerBounds,
      upperBounds,
    };
  }
}

function isBounded(value: unknown): value is SingleValue {
  return value instanceof Uint8Array || ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}

function serialized({ element, least, greatest }: Column): { lower?: Uint8Array; upper?: Uint8Array | undefined } {
  if (least === undefined || greatest === undefined) return least instanceof Uint8Array ? { lower: least } : {};
  if (typeof least === 'string' && typeof greatest === 'string') return stringBounds(least, greatest);
  const type = ICEBERG_TYPES[element.type ?? ''] ?? '';
  return { lower: singleValue(type, least), upper: singleValue(type, greatest) };
}
