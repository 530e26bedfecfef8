import type { IcebergType, Schema } from '../lake/index.ts';

const PLAIN: Readonly<Record<string, string>> = {
  boolean: 'BOOLEAN',
  int: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMP WITH TIME ZONE',
  string: 'VARCHAR',
  uuid: 'UUID',
  binary: 'BLOB',
};

/** The type of DuckDB in which values of an Iceberg column are read. */
function duckDbType(type: IcebergType): string {
  if (typeof type === 'string') return PLAIN[type] ?? (type.startsWith('decimal') ? type.toUpperCase() : 'BLOB');
  switch (type.type) {
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quoted(field.name)} ${duckDbType(field.type)}`).join(', ')})`;
    case 'list':
      return `${duckDbType(type.element)}[]`;
    case 'map':
      return `MAP(${duckDbType(type.key)}, ${duckDbType(type.value)})`;
  }
}

/** The columns of a table, as CREATE TABLE wants them. */
export function columnDefinitions({ fields }: Schema): string {
  return fields.map(({ name, type }) => `${quoted(name)} ${duckDbType(type)}`).join(', ');
}

/**
 * A read of Parquet files as one table. Columns are found by their field ids: files written under an older schema have other names, narrower types,
 * or not all columns, and are read all the same.
 */
export function parquetRead({ fields }: Schema, paths: readonly string[]): string {
  const columns = fields.map(
    ({ id, name, type }) =>
      `${id}: {'name': ${literal(name)}, 'type': ${literal(duckDbType(type))}, 'default_value': NULL}`,
  );
  return `read_parquet([${paths.map(literal).join(', ')}], schema = MAP {${columns.join(', ')}})`;
}

/** An identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text constant. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
