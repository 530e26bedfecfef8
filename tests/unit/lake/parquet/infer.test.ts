import { expect, test } from 'vitest';
import { inferColumns, Memtable, parsePromotedColumns } from '../../../../src/lake/index.ts';

function inferred(values: readonly unknown[], known = ''): string[] {
  const table = new Memtable();
  for (const [offset, value] of values.entries()) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    table.append(0, offset, 0, 0, null, Buffer.from(text), []);
  }
  return inferColumns(table.freeze(), parsePromotedColumns(known)).map(
    ({ name, path, type }) => `${name} ${type} ${path.join('/')}`,
  );
}

test.each([
  [[true, false], 'boolean'],
  [[1, 2], 'long'],
  [[1, 2.5], 'double'],
  [['a', 'b'], 'string'],
  [['2026-01-31'], 'date'],
  [['2026-01-31T10:00:00Z', '2026-01-31 10:00:00.5+02:00'], 'timestamptz'],
  [['2026-01-31', '2026-02-31'], 'string'],
  [[1, null], 'long'],
])('%j is %s', (values, type) => {
  expect(inferred(values.map((a) => ({ a })))).toEqual([`a ${type} a`]);
});

test('nothing is inferred from values of several types, from lists, or from what is no JSON object', () => {
  expect(inferred([{ a: 1 }, { a: 'x' }, { a: 2 }])).toEqual([]);
  expect(inferred([{ a: [1] }, 'text', '[1]', '{"broken":'])).toEqual([]);
});

test('fields of nested objects have columns, and a fixed name gets a prefix', () => {
  expect(inferred([{ user: { id: 1 }, timestamp: 'x', Key: 2 }])).toEqual([
    'user.id long user/id',
    'value.timestamp string timestamp',
    'value.Key long Key',
  ]);
});

test('fields that have a column, and names that differ in case only, get none', () => {
  expect(inferred([{ a: 1, b: 2, B: 3 }], 'x long from a')).toEqual(['b long b']);
});

test('objects whose names are data make no columns', () => {
  const values = Array.from({ length: 100 }, (_none, at) => ({ level: 'INFO', byUser: { [`u${at}`]: 1 } }));
  expect(inferred(values)).toEqual(['level string level']);
});

test('no more columns are inferred than a table may have', () => {
  const wide = Object.fromEntries(Array.from({ length: 500 }, (_none, at) => [`f${at}`, at]));
  expect(inferred([wide], 'a int, b int')).toHaveLength(198);
});
