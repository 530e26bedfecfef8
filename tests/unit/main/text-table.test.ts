import { expect, test } from 'vitest';
import { tableLines } from '../../../src/main/text-table.ts';

test('a table has columns as wide as what is in them, however many rows it has', () => {
  const rows = Array.from({ length: 200_000 }, (_, n) => ['x', n] as const);
  const lines = tableLines(['name', 'n'], rows).split('\n');
  expect([lines[0], lines[1], lines.at(-2)]).toEqual(['name  n', 'x          0', 'x     199999']);
});
