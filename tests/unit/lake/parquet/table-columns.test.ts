import { expect, test } from 'vitest';
import {
  COLUMNS_KEY,
  type ColumnPlan,
  type ColumnsTable,
  parsePromotedColumns,
  planColumns,
  recordSchema,
  tableColumns,
} from '../../../../src/lake/index.ts';

const EMPTY: ColumnsTable = { schema: recordSchema(), properties: {}, lastColumnId: 10 };

const plan = (table: ColumnsTable, columns: string): ColumnPlan => planColumns(table, parsePromotedColumns(columns));

/** The table after a plan was carried out. */
function after(table: ColumnsTable, columns: string): ColumnsTable {
  const { schema = table.schema, property } = plan(table, columns);
  const properties = property === undefined ? table.properties : { [COLUMNS_KEY]: property };
  return { schema, properties, lastColumnId: Math.max(table.lastColumnId, ...schema.fields.map(({ id }) => id)) };
}

const shown = ({ schema }: ColumnsTable): string[] =>
  schema.fields.filter(({ id }) => id > 10).map(({ id, name, type }) => `${id} ${name} ${type as string}`);

test('wanted columns are added with new ids, and wanting them again changes nothing', () => {
  const table = after(EMPTY, 'level string, user.id long');
  expect(shown(table)).toEqual(['11 level string', '12 user.id long']);
  expect(table.properties[COLUMNS_KEY]).toBe('{"11":"level","12":"user.id"}');
  expect(plan(table, 'level string, user.id long')).toMatchObject({
    schema: undefined,
    property: undefined,
    refused: [],
  });
});

test('int becomes long and float becomes double under the same id', () => {
  const table = after(after(EMPTY, 'a int, b float'), 'a long, b double');
  expect(shown(table)).toEqual(['11 a long', '12 b double']);
});

test('a column of the same field with another name is renamed and keeps its id and its field', () => {
  const table = after(after(EMPTY, 'level string'), 'severity string from level');
  expect(shown(table)).toEqual(['11 severity string']);
  expect(tableColumns(table.schema, table.properties)).toEqual([
    { id: 11, name: 'severity', path: ['level'], type: 'string' },
  ]);
});

test('two columns can swap their names', () => {
  const table = after(after(EMPTY, 'a string, b string'), 'b string from a, a string from b');
  expect(shown(table)).toEqual(['11 b string', '12 a string']);
});

test('a column that is no longer wanted stays, and goes on under its id when it is wanted again', () => {
  const without = after(after(EMPTY, 'a string, b string'), 'b string');
  expect(shown(without)).toEqual(['11 a string', '12 b string']);
  expect(plan(without, 'b string').filled.map(({ name }) => name)).toEqual(['b']);
  const again = plan(without, 'a string, b string');
  expect(again.schema).toBeUndefined();
  expect(again.filled.map(({ id }) => id)).toEqual([11, 12]);
});

test.each([
  ['a long', 'a int', 'Column "a" stays long: Iceberg lets no long become int.'],
  ['a string', 'a long', 'Column "a" stays string: Iceberg lets no string become long.'],
  ['a date', 'a timestamptz', 'Column "a" stays date: Iceberg lets no date become timestamptz.'],
])('"%s" to "%s" is refused with the reason, and the column goes on as it is', (from, to, reason) => {
  const table = after(EMPTY, from);
  const { schema, filled, refused } = plan(table, to);
  expect(schema).toBeUndefined();
  expect(refused).toEqual([reason]);
  expect(filled.map(({ name, type }) => `${name} ${type}`)).toEqual([from]);
});

test('a name that another column has is refused for a new and for a renamed column', () => {
  const table = after(EMPTY, 'a string, b string');
  expect(plan(table, 'A string from c')).toMatchObject({ schema: undefined, filled: [] });
  expect(plan(table, 'A string from c').refused).toEqual([
    'There is a column "A" already, which is not taken from the field "c".',
  ]);
  const renamed = plan(table, 'b string from a');
  expect(renamed.refused).toEqual(['Column "a" keeps its name: another column is called "b".']);
  expect(renamed.filled).toEqual([{ id: 11, name: 'a', path: ['a'], type: 'string' }]);
});

test('an id that was given once is never given again', () => {
  const table = after({ ...EMPTY, lastColumnId: 41 }, 'a string');
  expect(shown(table)).toEqual(['42 a string']);
});

test('a column that another engine added is taken from the field of its name', () => {
  const schema = {
    ...EMPTY.schema,
    fields: [...EMPTY.schema.fields, { id: 12, name: 'x', required: false, type: 'int' as const }],
  };
  const table = { schema, properties: {}, lastColumnId: 12 };
  expect(plan(table, 'x long').filled).toEqual([{ id: 12, name: 'x', path: ['x'], type: 'long' }]);
});

test('a spoilt property does not stop the table', () => {
  const table = after(EMPTY, 'a string');
  expect(tableColumns(table.schema, { [COLUMNS_KEY]: 'nonsense' })).toHaveLength(1);
  expect(tableColumns(table.schema, { [COLUMNS_KEY]: 'null' })).toHaveLength(1);
});
