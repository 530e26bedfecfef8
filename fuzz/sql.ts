import { below, type Random } from '../src/base/random.ts';
import { askDuckDb, QueryDatabase } from '../src/sql/database.ts';
import { SqlError } from '../src/sql/errors.ts';
import { mutate, stopwatch } from './mutate.ts';
import type { FuzzTarget } from './run.ts';

const LONGEST_MS = 10_000;
const PIECES =
  "SELECT FROM WHERE AND OR NOT ( ) , . * orders \"orders\" 'x' 1 -1 1.5 1e400 = < >= BETWEEN IN (1,2) IS NULL CASE WHEN THEN ELSE END WITH t AS UNION ALL EXPLAIN ANALYZE DESCRIBE SHOW TABLES SUMMARIZE PIVOT ON USING sum(n) GROUP BY 1 ORDER LIMIT 3 ; -- /* */ $$ $1 ? :: CAST INTERVAL timestamp partition \"offset\" [1,2] {'a':1} lambda x: x + read_csv('f') range(3) unnest SAMPLE 10% LATERAL JOIN VALUES \\ \u0000 é 😀 \ud800".split(
    ' ',
  );

const QUERIES = [
  'SELECT n, count(*) FROM orders o WHERE "offset" BETWEEN 1 AND 5 AND timestamp >= \'2026-01-01\' GROUP BY n',
  "WITH t AS (SELECT * FROM orders) SELECT * FROM t JOIN items USING (key) WHERE level IN ('a', 'b')",
  "SELECT CASE WHEN n > 1.50 THEN TRUE END, x::TIMESTAMP FROM (VALUES (1, '2026-01-01')) v(n, x)",
];

function query(random: Random): string {
  if (below(random, 2) === 0) return mutate(random, Buffer.from(QUERIES[below(random, QUERIES.length)]!)).toString();
  return Array.from({ length: 1 + below(random, 20) }, () => PIECES[below(random, PIECES.length)]).join(' ');
}

/** Queries that are as deep, as wide or as long as they can be. */
function* large(): Generator<string> {
  const times = 50_000;
  yield `SELECT ${'('.repeat(times)}1${')'.repeat(times)}`;
  yield `SELECT ${'(SELECT '.repeat(times)}1${')'.repeat(times)}`;
  yield `SELECT ${'NOT '.repeat(times)}TRUE`;
  yield `SELECT ${'-'.repeat(times)}1`;
  yield `SELECT ${'['.repeat(times)}${']'.repeat(times)}`;
  yield `SELECT 1${' + 1'.repeat(times)}`;
  yield `SELECT * FROM orders WHERE ${Array.from({ length: times }, (_none, at) => `n = ${at}`).join(' OR ')}`;
  yield `SELECT * FROM orders WHERE n IN (${Array.from({ length: times }, (_none, at) => at).join()})`;
  yield `SELECT * FROM ${'(SELECT * FROM '.repeat(times)}orders${')'.repeat(times)}`;
  yield `SELECT 1${' UNION ALL SELECT 1'.repeat(times)}`;
  yield `${'WITH t AS ('.repeat(times)}`;
  yield `EXPLAIN ${'EXPLAIN '.repeat(times)}SELECT 1`;
  yield `SELECT '${'x'.repeat(1_000_000)}'`;
  yield ' '.repeat(1_000_000);
}

async function checks(database: QueryDatabase, text: string): Promise<void> {
  const check = stopwatch(LONGEST_MS, `${text.slice(0, 60)}…`);
  await askDuckDb(() => database.check(text)).catch((error: unknown) => {
    if (!(error instanceof SqlError)) throw error;
  });
  check();
}

const LIMITS = { memoryBytes: 256 * 1024 * 1024, threads: 1 };

export const targets: readonly FuzzTarget[] = [
  {
    name: 'texts of sql',
    async run(random, iterations) {
      const database = await QueryDatabase.open(LIMITS);
      for (let i = 0; i < iterations / 4; i++) await checks(database, query(random));
      database.close();
    },
  },
  {
    name: 'large texts of sql',
    async run() {
      for (const text of large()) {
        const database = await QueryDatabase.open(LIMITS);
        await checks(database, text);
        database.close();
      }
    },
  },
];
