import { beforeAll, afterAll, describe, expect, test } from 'vitest';
import { askDuckDb, QueryDatabase } from '../../../src/sql/database.ts';

const MIB = 1024 * 1024;
let database: QueryDatabase;

beforeAll(async () => {
  const limits = { memoryBytes: 64 * MIB, threads: 1, maxRows: 10, maxAnswerBytes: MIB, maxBatchBytes: MIB };
  database = await QueryDatabase.open(limits);
});
afterAll(() => database.close());

const boundsIn = async (where: string): Promise<unknown> =>
  (await database.check(`SELECT * FROM "t" WHERE ${where}`)).tables[0]?.bounds;
const at = (text: string): number => Date.parse(text);

describe('bounds of what a query reads', () => {
  test.each([
    ['"partition" = 1 AND "offset" >= 10', { partition: { min: 1, max: 1 }, offset: { min: 10 } }],
    ['20 > "offset" AND t."offset" > 3', { offset: { min: 4, max: 19 } }],
    ['"offset" BETWEEN 5 AND 9', { offset: { min: 5, max: 9 } }],
    ["timestamp < '2026-01-02'", { timestamp: { max: at('2026-01-02') } }],
    ["timestamp >= '2026-01-02 03:04:05+02'", { timestamp: { min: at('2026-01-02T01:04:05Z') } }],
    ["timestamp <= '2026-01-02T00:00:00.123456Z'", { timestamp: { max: at('2026-01-02T00:00:00.124Z') } }],
    ["timestamp > TIMESTAMPTZ '2026-01-02'", { timestamp: { min: at('2026-01-02') } }],
  ])('%s', async (where, bounds) => {
    expect(await boundsIn(where)).toEqual(bounds);
  });

  test.each([
    '"offset" = 1 OR "partition" = 1',
    'NOT ("offset" < 5 AND "partition" = 1)',
    '"offset" < "partition"',
    '"offset" < 1 + 1',
    '"offset" < NULL',
    'headers."offset" = 1',
    "timestamp > 'yesterday'",
  ])('nothing is bounded by %s', async (where) => {
    expect(await boundsIn(where)).toEqual({});
  });

  test('a topic that is named twice, renamed or sampled is read whole', async () => {
    const of = async (sql: string): Promise<unknown> => (await database.check(sql)).tables.map(({ bounds }) => bounds);
    expect(await of('SELECT * FROM t WHERE "offset" = 1 UNION ALL SELECT * FROM t')).toEqual([{}]);
    expect(await of('SELECT * FROM t AS x(a, b, "offset") WHERE "offset" = 1')).toEqual([{}]);
    expect(await of('SELECT * FROM t TABLESAMPLE 10% WHERE "offset" = 1')).toEqual([{}]);
    expect(await of('SELECT * FROM t JOIN u USING ("offset") WHERE "offset" = 1')).toEqual([{}, {}]);
  });

  test('a bound of a subquery holds for it', async () => {
    const { tables } = await database.check(
      'SELECT * FROM (SELECT * FROM t WHERE "offset" <= 5) WHERE "partition" = 1',
    );
    expect(tables).toEqual([{ name: 't', bounds: { offset: { max: 5 } }, optional: false }]);
  });
});

test('a database of a query can be configured by nobody, and reads no file', async () => {
  for (const sql of [
    'SET threads = 4',
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_text('/etc/passwd')",
    "ATTACH '/tmp/x.db'",
  ])
    await expect(askDuckDb(() => database.connection.run(sql))).rejects.toThrow(
      /configuration|locked|does not exist|disabled/,
    );
});
