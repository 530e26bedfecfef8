import { DELETE_FIELD_ID, type DataFile, type DeleteFile, partitionScope, type Schema } from '../lake/index.ts';
import { literal, parquetRead, quoted } from './column-types.ts';

/** A file of a table, and where it lies on the local disk. */
export interface LocalFile<File extends DataFile = DataFile> {
  readonly path: string;
  readonly file: File;
}

/** Files of a table in which other engines deleted rows, and the files that say which. */
export interface MarkedFiles {
  readonly schema: Schema;
  /** The columns by which rows are deleted, also those that the table no longer has. */
  readonly deleteColumns: Schema['fields'];
  readonly files: readonly LocalFile[];
  readonly deletes: readonly LocalFile<DeleteFile>[];
}

/** How rows are selected: statements that come first, and the sources of a FROM. */
export interface MarkedRead {
  readonly setup: readonly string[];
  readonly from: string;
  /** The table's columns, as the sources have them. */
  readonly columns: Schema;
}

/** Rows of one INSERT. */
const INSERT_ROWS = 1000;

/**
 * The rows of data files without those that delete files of other engines name, in DuckDB's words. DuckDB reads the delete files itself and joins them,
 * so that they count to the memory of the query. Tables that it needs are made under `prefix`. Columns are named by their field id, because rows may
 * be deleted by a column that the table no longer has.
 */
export function markedRead(prefix: string, { schema, deleteColumns, files, deletes }: MarkedFiles): MarkedRead {
  const scopes = new Map<string, number>();
  const scopeOf = (file: DataFile): number => {
    const text = partitionScope(file);
    const known = scopes.get(text) ?? scopes.size;
    scopes.set(text, known);
    return known;
  };
  const [dataTable, deleteTable] = [`${prefix}_files`, `${prefix}_deletes`];
  const setup = [
    `CREATE TABLE ${dataTable} (path VARCHAR, uri VARCHAR, scope INTEGER, sequence BIGINT)`,
    ...inserts(
      dataTable,
      files.map(({ path, file }) => [literal(path), literal(file.path), scopeOf(file), file.sequence ?? 0]),
    ),
    `CREATE TABLE ${deleteTable} (path VARCHAR, uri VARCHAR, scope INTEGER, sequence BIGINT)`,
    ...inserts(
      deleteTable,
      deletes.map(({ path, file }) => [
        literal(path),
        file.referencedFile === undefined ? 'NULL' : literal(file.referencedFile),
        scopeOf(file),
        file.sequence,
      ]),
    ),
  ];
  const columns = byId(schema);
  const extra = deleteColumns.filter(({ id }) => !schema.fields.some((field) => field.id === id));
  const read = byId({ ...schema, fields: [...schema.fields, ...extra] });
  const names = read.fields.map(({ name }) => name).join(', ');
  const paths = files.map(({ path }) => path);
  const sources = [
    `(SELECT ${names}, filename, file_row_number FROM ${parquetRead(read, paths)}) d`,
    `JOIN ${dataTable} f ON f.path = d.filename`,
    ...placeJoin(dataTable, deleteTable, deletes),
    ...valueJoins(deleteTable, { ...schema, fields: deleteColumns }, deletes),
  ];
  return { setup, from: sources.join('\n'), columns };
}

function byId(schema: Schema): Schema {
  return { ...schema, fields: schema.fields.map((field) => ({ ...field, name: `c${field.id}` })) };
}

function inserts(table: string, rows: readonly (readonly (string | number)[])[]): string[] {
  const statements: string[] = [];
  for (let at = 0; at < rows.length; at += INSERT_ROWS) {
    const values = rows.slice(at, at + INSERT_ROWS).map((row) => `(${row.join(', ')})`);
    statements.push(`INSERT INTO ${table} VALUES ${values.join(', ')}`);
  }
  return statements;
}

/** Without the rows at places that are deleted. */
function placeJoin(dataTable: string, deleteTable: string, deletes: readonly LocalFile<DeleteFile>[]): string[] {
  const paths = deletes.filter(({ file }) => file.kind === 'position').map(({ path }) => path);
  if (paths.length === 0) return [];
  const columns: Schema = {
    type: 'struct',
    'schema-id': 0,
    fields: [
      { id: DELETE_FIELD_ID.path, name: 'uri', required: true, type: 'string' },
      { id: DELETE_FIELD_ID.position, name: 'pos', required: true, type: 'long' },
    ],
  };
  return [
    `ANTI JOIN (SELECT f.path, r.pos
      FROM (SELECT uri, pos, filename FROM ${parquetRead(columns, paths)}) r
      JOIN ${deleteTable} x ON x.path = r.filename
      JOIN ${dataTable} f ON f.uri = r.uri AND f.scope = x.scope
      WHERE f.sequence <= x.sequence AND (x.uri IS NULL OR x.uri = r.uri)) p
    ON p.path = d.filename AND p.pos = d.file_row_number`,
  ];
}

/** Without the rows whose values were deleted later, for each combination of columns. */
function valueJoins(deleteTable: string, schema: Schema, deletes: readonly LocalFile<DeleteFile>[]): string[] {
  const byValue = deletes.filter(({ file }) => file.kind === 'equality');
  const groups = Map.groupBy(byValue, ({ file }) => JSON.stringify([file.equalityIds, file.isGlobal]));
  return [...groups.values()].map((group, at) => {
    const { equalityIds, isGlobal } = group[0]!.file;
    const columns = byId({ ...schema, fields: schema.fields.filter(({ id }) => equalityIds.includes(id)) });
    const names = columns.fields.map(({ name }) => name);
    const paths = group.map(({ path }) => path);
    const alias = quoted(`v${at}`);
    const conditions = names.map((name) => `${alias}.${name} IS NOT DISTINCT FROM d.${name}`);
    if (!isGlobal) conditions.push(`${alias}.scope = f.scope`);
    return `ANTI JOIN (SELECT ${names.map((name) => `r.${name}`).join(', ')}, x.scope, x.sequence
      FROM (SELECT ${names.join(', ')}, filename FROM ${parquetRead(columns, paths)}) r
      JOIN ${deleteTable} x ON x.path = r.filename) ${alias}
    ON ${conditions.join(' AND ')} AND ${alias}.sequence > f.sequence`;
  });
}
