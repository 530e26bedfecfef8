import type { PrimitiveType } from '../schema.ts';

/** Types that a JSON value can have in a table; a subset of Iceberg's. */
const TYPES = [
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'string',
  'date',
  'timestamptz',
] as const satisfies readonly PrimitiveType[];

export type PromotedType = (typeof TYPES)[number];

/** A field of the JSON value that has a column of its own. */
export interface PromotedColumn {
  /** Name of the column: `user.id` is one column, whose name has a dot. */
  readonly name: string;
  /** Where the value is found: `['user', 'id']`. It says which column this is: a column that gets another name keeps its field. */
  readonly path: readonly string[];
  readonly type: PromotedType;
}

/** Columns that every table of a topic has; a promoted column cannot take their names. */
export const FIXED_COLUMNS = ['partition', 'offset', 'timestamp', 'timestamp_type', 'key', 'value', 'headers'] as const;

/** Most promoted columns of a table. */
export const MAX_COLUMNS = 200;
const NAME = /^[A-Za-z_@][\w@-]*(\.[A-Za-z_@][\w@-]*){0,7}$/;

/** The setting `quarry.table.columns` is not what it must be; the message is a sentence for whoever set it. */
export class InvalidColumns extends Error {
  override readonly name = 'InvalidColumns';
}

/**
 * Parses `level string, took_ms long from duration, user.id string`: name, type, and the field where it is not named as the column is. An empty
 * text is no columns. Throws `InvalidColumns`.
 */
export function parsePromotedColumns(text: string): PromotedColumn[] {
  const columns: PromotedColumn[] = [];
  const seen = new Set<string>();
  const fields = new Set<string>();
  for (const part of text.split(',').map((piece) => piece.trim())) {
    if (part === '') continue;
    const column = parseColumn(part);
    // Engines compare names without regard to case.
    const folded = column.name.toLowerCase();
    if ((FIXED_COLUMNS as readonly string[]).includes(folded)) {
      throw new InvalidColumns(`Column "${column.name}" has the name of a column that every table has.`);
    }
    if (seen.has(folded)) throw new InvalidColumns(`Column "${column.name}" is named twice.`);
    seen.add(folded);
    const field = column.path.join('.');
    if (fields.has(field)) throw new InvalidColumns(`Field "${field}" has two columns.`);
    fields.add(field);
    columns.push(column);
  }
  if (columns.length > MAX_COLUMNS) throw new InvalidColumns(`At most ${MAX_COLUMNS} columns can be promoted.`);
  return columns;
}

function parseColumn(part: string): PromotedColumn {
  const [name = '', type = '', from, field = name, ...rest] = part.split(/\s+/);
  if (type === '' || (from !== undefined && (from !== 'from' || field === name)) || rest.length > 0) {
    throw new InvalidColumns(
      `"${part}" is not a name and a type, such as "level string" or "level string from severity".`,
    );
  }
  for (const one of [name, field]) {
    if (isColumnName(one)) continue;
    throw new InvalidColumns(
      `"${one}" is not a name of a column: letters, digits, "_", "-" and "@", with dots between at most 8 nested names.`,
    );
  }
  const known = promotedType(type);
  if (known === undefined) {
    throw new InvalidColumns(`Column "${name}" has the type "${type}", which is none of ${TYPES.join(', ')}.`);
  }
  return { name, path: field.split('.'), type: known };
}

/** Whether a column, and the field that it is taken from, can have this name. */
export function isColumnName(name: string): boolean {
  return NAME.test(name);
}

/** The type when JSON values can have it. */
export function promotedType(type: unknown): PromotedType | undefined {
  return TYPES.find((candidate) => candidate === type);
}
