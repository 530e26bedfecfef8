import type { DataFile } from '../data-file.ts';
import type { NestedField, Schema } from '../schema.ts';
import type { ColumnBatch } from './batch.ts';

type WriteOptions = Parameters<typeof import('hyparquet-writer').parquetWriteBuffer>[0];
type Element = NonNullable<WriteOptions['schema']>[number];

/** How a column type is written, and what is made of its values. */
interface Form {
  readonly element: Partial<Element>;
  readonly convert: (value: unknown) => unknown;
}

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
const timestamp = (isAdjustedToUTC: boolean): Form => ({
  element: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC, unit: 'MICROS' } },
  convert: micros,
});

const FORMS: Readonly<Record<string, Form>> = {
  boolean: {
    element: { type: 'BOOLEAN' },
    convert: (value) => (typeof value === 'boolean' ? value : wrong(value, 'boolean')),
  },
  int: { element: { type: 'INT32' }, convert: integer('int') },
  long: { element: { type: 'INT64' }, convert: long },
  float: { element: { type: 'FLOAT' }, convert: float },
  double: { element: { type: 'DOUBLE' }, convert: float },
  date: { element: { type: 'INT32', converted_type: 'DATE' }, convert: integer('date') },
  timestamp: timestamp(false),
  timestamptz: timestamp(true),
  string: {
    element: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
    convert: (value) => (typeof value === 'string' ? value : wrong(value, 'string')),
  },
  binary: {
    element: { type: 'BYTE_ARRAY' },
    convert: (value) => (value instanceof Uint8Array ? value : wrong(value, 'binary')),
  },
};

function formOf(field: NestedField): Form {
  const form = typeof field.type === 'string' && Object.hasOwn(FORMS, field.type) ? FORMS[field.type] : undefined;
  if (form === undefined) throw new RangeError(`columns such as '${field.name}' of this type are not written yet`);
  return form;
}

/** The values of one column, checked; nulls where the batch does not have it. */
function valuesOf(field: NestedField, batch: ColumnBatch): unknown[] {
  const given = batch.columns[field.name];
  if (given !== undefined && given.length !== batch.rows)
    throw new RangeError(`column '${field.name}' has ${given.length} values, the batch ${batch.rows} rows`);
  const { convert } = formOf(field);
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
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const columnData = schema.fields.map((field) => ({ name: field.name, data: valuesOf(field, batch) }));
  const elements = schema.fields.map((field) => ({
    ...formOf(field).element,
    name: field.name,
    field_id: field.id,
    repetition_type: field.required ? 'REQUIRED' : 'OPTIONAL',
  }));
  const root = { name: 'table', num_children: schema.fields.length };
  const bytes = new Uint8Array(parquetWriteBuffer({ columnData, schema: [root, ...elements] as Element[] }));
  const count = (data: readonly unknown[]): number =>
    data.reduce<number>((sum, value) => sum + (value === null ? 1 : 0), 0);
  const nulls = schema.fields.map((field, i) => [field.id, count(columnData[i]?.data ?? [])] as const);
  const file = {
    partition: [],
    specId: 0,
    recordCount: batch.rows,
    fileSizeInBytes: bytes.byteLength,
    columnSizes: new Map(),
    valueCounts: new Map(schema.fields.map((field) => [field.id, batch.rows])),
    nullValueCounts: new Map(nulls),
    nanValueCounts: new Map(),
    lowerBounds: new Map(),
    upperBounds: new Map(),
    splitOffsets: [4],
    sortOrderId: 0,
  };
  return { bytes, file };
}
