import type { FileMetaData } from 'hyparquet';
import type { DataFile } from '../data-file.ts';
import type { Schema } from '../schema.ts';
import { parquetSchema } from './parquet-schema.ts';
import { fileSchema } from './record-schema.ts';
import { tableColumns } from './table-columns.ts';

/** Types that files may have where the table has a wider one. */
const WIDENED: Readonly<Record<string, string>> = { INT64: 'INT32', DOUBLE: 'FLOAT' };

/**
 * What of the columns in a footer is not as the table says, by field id: type, size, entries. Parquet has no checksum of a footer, and a wrong id
 * would show a column's values under another name. Undefined where all is right.
 */
export function wrongColumn(
  file: DataFile,
  { schema, row_groups: groups }: FileMetaData,
  table: Schema,
): string | undefined {
  const types = new Map(
    parquetSchema(fileSchema(tableColumns(table, {}))).flatMap(({ field_id: id, type }) =>
      id === undefined || type === undefined ? [] : [[id, type] as const],
    ),
  );
  const leaves = schema.filter(({ type }) => type !== undefined);
  const sizes = new Map<number, number>();
  const counts = new Map<number, number>();
  for (const { columns } of groups) {
    if (columns.length !== leaves.length) return `a row group has ${columns.length} of ${leaves.length} columns`;
    for (const [at, { meta_data: meta }] of columns.entries()) {
      const { name, field_id: id = -1, type } = leaves[at]!;
      const expected = types.get(id);
      const narrower = WIDENED[expected ?? ''];
      if (meta === undefined || meta.type !== type) return `column ${name} has two types`;
      if (expected !== undefined && type !== expected && type !== narrower)
        return `column ${name} is ${type}, not ${expected}`;
      if (meta.path_in_schema.at(-1) !== name) return `column ${name} has two names`;
      sizes.set(id, (sizes.get(id) ?? 0) + Number(meta.total_compressed_size));
      counts.set(id, (counts.get(id) ?? 0) + Number(meta.num_values));
    }
  }
  for (const [what, found, told] of [
    ['bytes', sizes, file.columnSizes],
    ['entries', counts, file.valueCounts],
  ] as const)
    for (const [id, expected] of told)
      if (found.get(id) !== expected)
        return `the column with the field id ${id} has ${found.get(id) ?? 0} ${what}, the table says ${expected}`;
  return undefined;
}
