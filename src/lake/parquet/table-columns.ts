import { mayWiden } from '../iceberg/evolution.ts';
import type { NestedField, Schema } from '../schema.ts';
import { type PromotedColumn, promotedType } from './promoted-columns.ts';
import { FIRST_PROMOTED_ID } from './record-schema.ts';

/** The table property that says from which field of the JSON value a column is taken: JSON, by field id of the column. */
export const COLUMNS_KEY = 'quarry.columns';

/** A promoted column as a table has it. */
export interface TableColumn extends PromotedColumn {
  /** Its field id, which never changes. */
  readonly id: number;
}

/** What of a table's metadata says which columns it has. */
export interface ColumnsTable {
  readonly schema: Schema;
  readonly properties: Readonly<Record<string, string>>;
  /** The highest field id that was ever given. */
  readonly lastColumnId: number;
}

/** How a table comes to have the columns that somebody wants. */
export interface ColumnPlan {
  /** The schema to change to; undefined when it is right already. */
  readonly schema: Schema | undefined;
  /** The new value of the property `quarry.columns`; undefined when it is right already. */
  readonly property: string | undefined;
  /** The wanted columns, as far as they can be had. */
  readonly filled: readonly TableColumn[];
  /** What cannot be had and why, as sentences. */
  readonly refused: readonly string[];
}

/** Columns that JSON values can fill. One that another engine added is taken from the field of its name. */
export function tableColumns(schema: Schema, properties: Readonly<Record<string, string>>): TableColumn[] {
  const fields = fieldsOf(properties);
  return schema.fields.flatMap(({ id, name, required, type }) => {
    const known = promotedType(type);
    if (id < FIRST_PROMOTED_ID || known === undefined || required) return [];
    return [{ id, name, path: (fields.get(id) ?? name).split('.'), type: known }];
  });
}

function fieldsOf(properties: Readonly<Record<string, string>>): Map<number, string> {
  const fields = new Map<number, string>();
  const text = properties[COLUMNS_KEY];
  if (text === undefined) return fields;
  try {
    const parsed: unknown = JSON.parse(text);
    for (const [id, field] of Object.entries(parsed ?? {}))
      if (typeof field === 'string') fields.set(Number(id), field);
  } catch {
    // Spoilt by somebody else: columns are taken from the fields of their names until it is written anew.
  }
  return fields;
}

/**
 * What has to change so that the table has the wanted columns, by the rules of Iceberg: columns are added, widened and renamed. One that is no
 * longer wanted stays, and is null in new rows; wanted again, it goes on.
 */
export function planColumns(table: ColumnsTable, wanted: readonly PromotedColumn[]): ColumnPlan {
  const plan = new Planning(table);
  for (const column of wanted) plan.want(column);
  return plan.result();
}

const fieldOf = ({ path }: PromotedColumn): string => path.join('.');

class Planning {
  readonly #table: ColumnsTable;
  readonly #known: ReadonlyMap<string, TableColumn>;
  readonly #filled: TableColumn[] = [];
  readonly #refused: string[] = [];
  #lastId: number;

  constructor(table: ColumnsTable) {
    this.#table = table;
    this.#known = new Map(tableColumns(table.schema, table.properties).map((column) => [fieldOf(column), column]));
    this.#lastId = Math.max(table.lastColumnId, FIRST_PROMOTED_ID - 1);
  }

  want(column: PromotedColumn): void {
    const known = this.#known.get(fieldOf(column));
    if (known === undefined) {
      this.#filled.push({ ...column, id: ++this.#lastId });
      return;
    }
    if (mayWiden(known.type, column.type)) {
      this.#filled.push({ ...column, id: known.id });
      return;
    }
    this.#refused.push(
      `Column "${known.name}" stays ${known.type}: Iceberg lets no ${known.type} become ${column.type}.`,
    );
    this.#filled.push({ ...column, type: known.type, id: known.id });
  }

  result(): ColumnPlan {
    const filled = this.#named();
    const byId = new Map(filled.map((column) => [column.id, column]));
    const { schema, properties } = this.#table;
    const kept = schema.fields.map((field): NestedField => {
      const column = byId.get(field.id);
      byId.delete(field.id);
      return column === undefined ? field : { ...field, name: column.name, type: column.type };
    });
    const added = [...byId.values()].map(({ id, name, type }): NestedField => ({ id, name, required: false, type }));
    const fields = [...kept, ...added];
    const changed = JSON.stringify(fields) !== JSON.stringify(schema.fields);
    const sources = fieldsOf(properties);
    for (const column of filled) sources.set(column.id, fieldOf(column));
    const property = JSON.stringify(Object.fromEntries([...sources].sort(([left], [right]) => left - right)));
    return {
      schema: changed ? { ...schema, fields } : undefined,
      property: property === (properties[COLUMNS_KEY] ?? '{}') ? undefined : property,
      filled,
      refused: this.#refused,
    };
  }

  /** With names that no two columns have. Engines compare them without regard to case. */
  #named(): TableColumn[] {
    const wanted = new Map(this.#filled.map((column) => [column.id, column]));
    const fields = this.#table.schema.fields;
    const names = new Set(fields.map(({ id, name }) => (wanted.get(id)?.name ?? name).toLowerCase()));
    // Two may want to swap names: only where all renames together leave one name twice, all keep theirs.
    const renaming = names.size === fields.length;
    const taken = new Set(renaming ? names : fields.map(({ name }) => name.toLowerCase()));
    return this.#filled.flatMap((column) => {
      const old = fields.find(({ id }) => id === column.id);
      if (old !== undefined) {
        if (renaming || old.name === column.name) return [column];
        this.#refused.push(`Column "${old.name}" keeps its name: another column is called "${column.name}".`);
        return [{ ...column, name: old.name }];
      }
      const free = !taken.has(column.name.toLowerCase());
      taken.add(column.name.toLowerCase());
      if (free) return [column];
      this.#refused.push(
        `There is a column "${column.name}" already, which is not taken from the field "${fieldOf(column)}".`,
      );
      return [];
    });
  }
}
