import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type DataFile,
  FIELD_ID,
  type NestedField,
  type PrimitiveType,
  recordSchema,
  type Schema,
  singleValue,
} from '../../../src/lake/index.ts';
import { QueryDatabase } from '../../../src/sql/database.ts';
import { excludedBy } from '../../../src/sql/prune.ts';

const MIB = 1024 * 1024;
let database: QueryDatabase;
beforeAll(async () => {
  database = await QueryDatabase.open({ memoryBytes: 64 * MIB, threads: 1 });
});
afterAll(() => database.close());

const column = (id: number, name: string, type: PrimitiveType): NestedField => ({ id, name, required: false, type });
const schema: Schema = {
  ...recordSchema(),
  fields: [
    ...recordSchema().fields,
    column(11, 'level', 'string'),
    column(12, 'n', 'long'),
    column(13, 'ratio', 'double'),
    column(14, 'share', 'float'),
    column(15, 'day', 'date'),
    column(16, 'ok', 'boolean'),
    column(17, 'user.id', 'string'),
    column(18, 'empty', 'long'),
    column(19, 'at', 'timestamptz'),
  ],
};
const DAY_20454 = Date.parse('2026-01-01');

/** Rows of 2026-01-01, partition 1, offsets 10 to 19. */
const BOUNDS: readonly (readonly [number, string, string | number | boolean, string | number | boolean])[] = [
  [FIELD_ID.partition, 'int', 1, 1],
  [FIELD_ID.offset, 'long', 10, 19],
  [FIELD_ID.timestamp, 'timestamptz', DAY_20454 * 1000, (DAY_20454 + 3_600_000) * 1000],
  [11, 'string', 'info', 'warn'],
  // Written when the column was narrower.
  [12, 'int', -5, 5],
  [13, 'double', 0.5, 1.5],
  [14, 'float', Math.fround(0.1), Math.fround(0.1)],
  [15, 'date', 20_454, 20_455],
  [16, 'boolean', false, false],
  [17, 'string', 'a', 'b'],
  [19, 'timestamptz', DAY_20454 * 1000, DAY_20454 * 1000],
];
const file: DataFile = {
  path: 'file:///f.parquet',
  partition: [20_454],
  specId: 0,
  recordCount: 10,
  fileSizeInBytes: 100,
  columnSizes: new Map(),
  valueCounts: new Map([[18, 10]]),
  nullValueCounts: new Map([[18, 10]]),
  nanValueCounts: new Map([
    [13, 0],
    [14, 0],
  ]),
  lowerBounds: new Map(BOUNDS.map(([id, type, lower]) => [id, singleValue(type, lower)])),
  upperBounds: new Map(BOUNDS.map(([id, type, , upper]) => [id, singleValue(type, upper)])),
  splitOffsets: [],
  sortOrderId: 1,
};

const excluded = async (where: string, of: DataFile = file): Promise<string | undefined> => {
  const { tables } = await database.check(`SELECT * FROM "t" WHERE ${where}`);
  return excludedBy(of, schema, tables[0]!.bounds);
};

describe('a file is left out', () => {
  test.each([
    ['"partition" = 0', 'partition'],
    ['"partition" IN (0, 2)', 'partition'],
    ['"offset" > 19', 'offset'],
    ['"offset" < 10', 'offset'],
    [`"timestamp" < '2025-12-31T23:59:59Z'`, 'timestamp'],
    [`"timestamp" > '2026-01-01T01:00:00.001Z'`, 'timestamp'],
    [`level = 'debug'`, 'level'],
    [`level > 'warned'`, 'level'],
    [`level IN ('debug', 'zero')`, 'level'],
    [`LEVEL = 'debug'`, 'level'],
    ['n > 5.5', 'n'],
    ['n BETWEEN 6 AND 8', 'n'],
    ['5.01 < n', 'n'],
    ['ratio < 0.25', 'ratio'],
    ['share > 0.2', 'share'],
    [`"day" = DATE '2026-01-03'`, 'day'],
    [`"day" < '2025-12-31'`, 'day'],
    ['ok', 'ok'],
    ['ok = true', 'ok'],
    [`"user.id" = 'c'`, 'user.id'],
    ['empty = 1', 'empty'],
    [`"at" > TIMESTAMPTZ '2026-01-01 00:00:01'`, 'at'],
    [`"value" IS NOT NULL AND (n = 0 OR n = 1) AND n = 7`, 'n'],
  ])('by %s', async (where, name) => {
    expect(await excluded(where)).toBe(name);
  });
});

describe('a file is read', () => {
  test.each([
    '"partition" = 1 AND "offset" >= 19',
    '"partition" IN (0, 1)',
    `"timestamp" >= '2026-01-01' AND "timestamp" < '2026-01-01 00:00:00.5'`,
    `level = 'info'`,
    `level >= 'warn'`,
    `level IN ('debug', 'trace', 'notice')`,
    'n = 5',
    'n >= 5',
    `n = '7'`,
    'ratio = 1.5',
    // As a float it is not less than itself.
    'share = 0.1',
    'share <= 0.1',
    'share >= 0.1',
    `"day" = DATE '2026-01-02'`,
    'ok = false',
    'NOT ok',
    'empty IS NULL',
    'n > 100 OR level IS NULL',
    `"user.id" = 'a'`,
    `unknown = 'x'`,
    `level = 'debug'::VARCHAR`,
    `"at" = '2026-01-01T00:00:00.0000001Z'`,
  ])('when rows may have %s', async (where) => {
    expect(await excluded(where)).toBeUndefined();
  });

  test('when a column has no bounds, or a NaN, which is greater than all numbers', async () => {
    const unbounded = { ...file, lowerBounds: new Map(), upperBounds: new Map(), valueCounts: new Map() };
    expect(await excluded(`n > 100 AND level = 'debug' AND "offset" = 1`, unbounded)).toBeUndefined();
    const withNan = { ...file, nanValueCounts: new Map([[13, 1]]) };
    expect(await excluded('ratio > 2', withNan)).toBeUndefined();
    expect(await excluded('ratio < 0.25', withNan)).toBe('ratio');
    expect(await excluded('ratio > 2')).toBe('ratio');
  });
});
