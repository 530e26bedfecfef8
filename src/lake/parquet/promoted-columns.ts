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
  /** Name of the column, as the setting writes it: `user.id` is one column, whose name has a dot. */
  readonly name: string;
  /** Where the value is found: `['user', 'id']`. */
  readonly path: readonly string[];
  readonly type: PromotedType;
}

/** Columns that every table of a topic has; a promoted column cannot take their names. */
export const FIXED_COLUMNS = ['partition', 'offset', 'timestamp', 'timestamp_type', 'key', 'value', 'headers'] as const;

const MAX_COLUMNS = 200;
const NAME = /^[A-Za-z_@][\w@-]*(\.[A-Za-z_@][\w@-]*){0,7}$/;

/** The setting `quarry.table.columns` is not what it must be; the message is a sentence for whoever set it. */
export class InvalidColumns extends Error {
  override readonly name = 'InvalidColumns';
}

/** Parses `level string, duration_ms long, user.id string`. An empty text is no columns. Throws `InvalidColumns`. */
export function parsePromotedColumns(text: string): PromotedColumn[] {
  const columns: PromotedColumn[] = [];
  const seen = new Set<string>(FIXED_COLUMNS);
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
    columns.push(column);
  }
  if (columns.length > MAX_COLUMNS) throw new InvalidColumns(`At most ${MAX_COLUMNS} columns can be promoted.`);
  return columns;
}

function parseColumn(part: string): PromotedColumn {
  const [name = '', type = '', ...rest] = part.split(/\s+/);
  if (type === '' || rest.length > 0) {
    throw new InvalidColumns(`"${part}" is not a name and a type, such as "level string".`);
  }
  if (!NAME.test(name)) {
    throw new InvalidColumns(
      `"${name}" is not a name of a column: letters, digits, "_", "-" and "@", with dots between at most 8 nested names.`,
    );
  }
  const known = promotedType(type);
  if (known === undefined) {
    throw new InvalidColumns(`Column "${name}" has the type "${type}", which is none of ${TYPES.join(', ')}.`);
  }
  return { name, path: name.split('.'), type: known };
}

/** The type when JSON values can have it. */
export function promotedType(type: unknown): PromotedType | undefined {
  return TYPES.find((candidate) => candidate === type);
}
