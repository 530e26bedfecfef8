import type { DataFile } from '../data-file.ts';
import type { NestedField, Schema } from '../schema.ts';
import type { ColumnBatch } from './batch.ts';

/** What is made of a value for its column. */
type Convert = (value: unknown) => unknown;

const wrong = (value: unknown, type: string): never => {
  throw new RangeError(`a value of type ${typeof value} cannot be a ${type}`);
};
const integer = (type: string) => (value: unknown) =>
  typeof value === 'number' && value === (value | 0) ? value : wrong(value, type);
function long(value: unknown): bigint {
  if (typeof value === 'bigint' && value === BigInt.asIntN(64, value)) return value;
  return Number.isSafeInteger(value) ? BigInt(value as number) : wrong(value, 'long');
}
const float = (value: unknown) => (typeof value === 'number' ? value : wrong(value, 'double'));
const micros = (value: unknown) => (value instanceof Date ? BigInt(value.getTime()) * 1000n : long(value));
const CONVERSIONS: Readonly<Record<string, Convert>> = {
  boolean: (value) => (typeof value === 'boolean' ? value : wrong(value, 'boolean')),
  int: integer('int'),
  long,
  float,
  double: float,
  date: integer('date'),
  timestamp: micros,
  timestamptz: micros,
  string: (value) => (typeof value === 'string' ? value : wrong(value, 'string')),
  binary: (value) => (value instanceof Uint8Array ? value : wrong(value, 'binary')),
};

function conversionOf({ name, type }: NestedField): Convert {
  const convert = typeof type === 'string' && Object.hasOwn(CONVERSIONS, type) ? CONVERSIONS[type] : undefined;
  if (convert === undefined) throw new RangeError(`columns such as '${name}' of this type are not written yet`);
  return convert;
}

/** The values of one column, checked; nulls where the batch does not have it. */
function valuesOf(field: NestedField, batch: ColumnBatch): unknown[] {
  const given = batch.columns[field.name];
  if (given !== undefined && given.length !== batch.rows)
    throw new RangeError(`column '${field.name}' has ${given.length} values, the batch ${batch.rows} rows`);
  const convert = conversionOf(field);
  return Array.from({ length: batch.rows }, (_, row) => {
    const value = given?.[row] ?? null;
    if (value !== null) return convert(value);
    if (field.required) throw new RangeError(`column '${field.name}' is required, row ${row} has no value`);
    return null;
  });
}

/** A Parquet file of a batch, with field ids; the file's description lacks its path. Throws a RangeError for rows that the schema does not take. */
export async function encodeBatch(
  schema: Schema,
  batch: ColumnBatch,
): Promise<{ bytes: Uint8Array; file: Omit<DataFile, 'path'> }> {
  for (const name of Object.keys(batch.columns))
    if (!schema.fields.some((field) => field.name === name)) throw new RangeError(`the table has no column '${name}'`);
  const columns = schema.fields.map((field) => valuesOf(field, batch));
  // The Parquet library is loaded by whoever writes a table, and by nobody else.
  const { ParquetFile } = await import('../parquet/parquet-file.ts');
  const parquet = new ParquetFile(schema, 'zstd');
  for (const [at, { id }] of schema.fields.entries()) parquet.values(id, columns[at]!);
  parquet.endGroup({ rows: batch.rows });
  const bytes = parquet.finish();
  const file = {
    partition: [],
    specId: 0,
    recordCount: batch.rows,
    fileSizeInBytes: bytes.byteLength,
    ...parquet.statistics.summary(),
    splitOffsets: parquet.splitOffsets,
    sortOrderId: 0,
  };
  return { bytes, file };
}
