import { tableFromIPC } from 'apache-arrow';
import type { PassThrough } from 'node:stream';
import { run } from '../../../src/main/commands/sql.ts';
import { recordedIo } from '../http-commands/io.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import type { Authorizer } from '../../../src/security/authorizer.ts';
import type { SqlService } from '../../../src/sql/service.ts';
import { createWorld, record, type Served, serve, type World } from '../http-search/world.ts';

const SECRET = 'of nobody else';
/** Everybody reads every topic but `secret` and those that begin with it. */
const authorizer: Authorizer = {
  authorize: (_, operation, type, name) => !(operation === 'read' && type === 'topic' && name.startsWith('secret')),
  authorizeAny: () => true,
};

let world: World;
let served: Served;

beforeAll(async () => {
  world = createWorld(systemClock, authorizer);
  world.topic(
    'orders',
    [
      { id: 1, price: 5 },
      { id: 2, price: 7 },
    ],
    { partitions: 2 },
  );
  world.partition('orders', 1).append([
    {
      timestamp: 1_767_225_600_123,
      key: Buffer.from('k'),
      value: Buffer.from([0xff, 0xfe]),
      headers: [{ key: Buffer.from('trace'), value: Buffer.from('t1') }],
    },
  ]);
  world.topic('secret', [SECRET]);
  world.topic('secret.more', [SECRET]);
  world.topic(
    'many',
    Array.from({ length: 6000 }, (_, n) => ({ n })),
  );
  served = await serve(world, { requestTimeoutMs: 20_000 });
});
afterAll(async () => {
  await served.front.close(0);
  await (world.deps.sql as SqlService).close();
});

const ask = (sql: string): Promise<{ status: number; body: any }> => served.post('/sql', { sql });
const rows = async (sql: string): Promise<unknown> => {
  const { status, body } = await ask(sql);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.rows;
};
const as = async (format: string, sql: string): Promise<Response> =>
  served.get('/sql', { method: 'POST', headers: { accept: format }, body: JSON.stringify({ sql }) });

describe('a topic', () => {
  test('is a table of its records', async () => {
    expect((await ask('SELECT * FROM "orders" ORDER BY "partition", "offset" DESC')).body).toEqual({
      columns: [
        { name: 'partition', type: 'INTEGER' },
        { name: 'offset', type: 'BIGINT' },
        { name: 'timestamp', type: 'TIMESTAMP WITH TIME ZONE' },
        { name: 'timestamp_type', type: 'INTEGER' },
        { name: 'key', type: 'BLOB' },
        { name: 'value', type: 'BLOB' },
        { name: 'headers', type: 'STRUCT("key" VARCHAR, "value" BLOB)[]' },
      ],
      rows: [
        {
          partition: 0,
          offset: 1,
          timestamp: '1970-01-01T00:00:01.000000Z',
          timestamp_type: 0,
          key: null,
          value: '{"id":2,"price":7}',
          headers: [],
        },
        {
          partition: 0,
          offset: 0,
          timestamp: '1970-01-01T00:00:01.000000Z',
          timestamp_type: 0,
          key: null,
          value: '{"id":1,"price":5}',
          headers: [],
        },
        {
          partition: 1,
          offset: 0,
          timestamp: '2026-01-01T00:00:00.123000Z',
          timestamp_type: 0,
          key: 'k',
          value: '//4=',
          headers: [{ key: 'trace', value: 't1' }],
        },
      ],
    });
  });

  test('can be joined, aggregated and taken apart as JSON', async () => {
    const sql = `WITH o AS (SELECT decode("value")::JSON AS v FROM "orders" WHERE "partition" = 0)
      SELECT count(*) AS n, sum((v->>'price')::INTEGER) AS total FROM o`;
    expect(await rows(sql)).toEqual([{ n: 2, total: 12 }]);
  });

  test('shows nothing of a transaction that is open or was aborted', async () => {
    const topic = world.topic('transactions', ['committed']);
    topic.append([record('aborted')], { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true });
    topic.aborted = [{ producerId: 7, firstOffset: 1, lastOffset: 2 }];
    topic.append([record('open')]);
    topic.lastStableOffset = 2;
    expect(await rows('SELECT "value" FROM "transactions"')).toEqual([{ value: 'committed' }]);
  });

  test('is read only where the conditions can hold', async () => {
    const memory = world.topic('pruned', ['a'], { partitions: 2 });
    memory.append([record('b')]);
    const other = world.partition('pruned', 1);
    other.append([record('c')]);
    expect(await rows(`SELECT "value" FROM "pruned" WHERE "partition" = 0 AND "offset" > 0`)).toEqual([{ value: 'b' }]);
    expect(memory.reads).toBe(1);
    expect(other.reads).toBe(0);
    expect(await rows(`SELECT 99 AS "offset", "value" FROM "pruned" WHERE "offset" = 1`)).toEqual([
      { offset: 99, value: 'b' },
    ]);
  });

  test('is described without being read, explained, and listed where it may be read', async () => {
    const before = world.partition('orders', 0).reads;
    expect(await rows('DESCRIBE "orders"')).toMatchObject([{ column_name: 'partition' }, {}, {}, {}, {}, {}, {}]);
    expect(world.partition('orders', 0).reads).toBe(before);
    expect(JSON.stringify(await rows('EXPLAIN SELECT * FROM "orders"'))).toContain('orders');
    const names = (await rows('SHOW TABLES')) as { name: string }[];
    expect(names.map(({ name }) => name)).toContain('orders');
    expect(names.filter(({ name }) => name.startsWith('secret'))).toEqual([]);
  });
});

describe('an answer', () => {
  test('is lines of JSON, CSV or an Arrow stream when asked for', async () => {
    const sql = `SELECT "offset", "key", 'a "b"' AS t, '' AS e FROM "orders" WHERE "partition" = 1`;
    expect(await (await as('application/x-ndjson', sql)).text()).toBe(
      '{"offset":0,"key":"k","t":"a \\"b\\"","e":""}\n',
    );
    const csv = await as('text/csv', `${sql} UNION ALL SELECT NULL, NULL, NULL, NULL ORDER BY "offset" NULLS LAST`);
    expect(csv.headers.get('content-type')).toContain('text/csv');
    expect(await csv.text()).toBe('offset,key,t,e\r\n0,k,"a ""b""",""\r\n,,,\r\n');
    const arrow = await as(
      'application/vnd.apache.arrow.stream',
      'SELECT * FROM "orders" ORDER BY "partition", "offset"',
    );
    const table = tableFromIPC(new Uint8Array(await arrow.arrayBuffer()));
    expect(table.numRows).toBe(3);
    const last = table.get(2)!;
    expect(last['offset']).toBe(0n);
    expect(Number(last['timestamp'])).toBe(1_767_225_600_123);
    expect([...(last['value'] as Uint8Array)]).toEqual([0xff, 0xfe]);
  });

  test('has integers beyond 2^53, and decimals, as their digits', async () => {
    const sql = `SELECT 9007199254740993 AS big, 9007199254740991 AS fits, 1.50 AS d, 1e300 AS f, NULL AS n, [1, 2] AS l`;
    expect(await rows(sql)).toEqual([
      { big: '9007199254740993', fits: 9007199254740991, d: '1.50', f: 1e300, n: null, l: [1, 2] },
    ]);
  });
});

describe('a query is bounded', () => {
  test.each([
    ['in rows', 'SELECT * FROM "many"', 'sql.max.rows'],
    ['in bytes', `SELECT repeat('x', 600000)`, 'sql.max.answer.bytes'],
    ['in memory', 'SELECT list(a.range) FROM range(100000000) a', 'sql.memory.bytes'],
    [
      'in time',
      'SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range * b.range = 3',
      'sql.timeout.ms',
    ],
  ])('%s', async (_, sql, setting) => {
    const { status, body } = await ask(sql);
    expect(status).toBe(400);
    expect(body.error.reason).toContain(setting);
  });

  test('in lambdas, which take the longer to plan the deeper they are', async () => {
    const nested = (deep: number): string =>
      `SELECT ${'list_transform([1], lambda x: '.repeat(deep)}1${')'.repeat(deep)} AS n`;
    expect((await ask(nested(10))).status).toBe(200);
    expect(await ask(nested(400))).toMatchObject({
      status: 400,
      body: { error: { reason: 'lambdas can be nested 10 deep' } },
    });
  });

  test('in number', async () => {
    const slow = 'SELECT count(*) FROM range(20000000) a, range(20) b WHERE a.range * b.range = 3';
    const answers = await Promise.all([slow, slow, slow, slow].map(ask));
    expect(answers.map(({ status }) => status)).toContain(429);
  });
});

describe('nothing but permitted topics can be read', () => {
  test.each([
    `SELECT * FROM '/etc/passwd'`,
    `SELECT * FROM "/etc/passwd"`,
    `SELECT * FROM 'file:///etc/passwd'`,
    `SELECT * FROM read_csv('/etc/passwd')`,
    `SELECT * FROM READ_CSV_AUTO('/etc/passwd')`,
    `SELECT * FROM read_text('/etc/passwd')`,
    `SELECT * FROM read_blob('/etc/passwd')`,
    `SELECT * FROM read_json('/etc/passwd')`,
    `SELECT * FROM read_ndjson_objects('/etc/passwd')`,
    `SELECT * FROM main.read_text('/etc/passwd')`,
    `SELECT * FROM system.main.read_text('/etc/passwd')`,
    `SELECT * FROM read_parquet('data/objects/**')`,
    `SELECT * FROM parquet_scan('x.parquet')`,
    `SELECT * FROM parquet_metadata('x.parquet')`,
    `SELECT * FROM sniff_csv('/etc/passwd')`,
    `SELECT * FROM glob('/etc/*')`,
    `SELECT (SELECT content FROM read_text('/etc/passwd'))`,
    `WITH x AS (FROM read_text('/etc/passwd')) FROM x`,
    `WITH x AS MATERIALIZED (SELECT 1) SELECT * FROM x, LATERAL (FROM read_text('/etc/passwd'))`,
    `SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')`,
    `SELECT * FROM query_table('/etc/passwd')`,
    `SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))`,
    `SELECT * FROM sql_auto_complete('SEL')`,
    `DESCRIBE SELECT * FROM read_csv('/etc/passwd')`,
    `SUMMARIZE FROM read_text('/etc/passwd')`,
    `EXPLAIN ANALYZE SELECT * FROM read_text('/etc/passwd')`,
    `EXPLAIN COPY (SELECT 1) TO '/tmp/quarry-sql-out'`,
    `PIVOT read_text('/etc/passwd') ON filename`,
    `COPY (SELECT 1) TO '/tmp/quarry-sql-out'`,
    `COPY orders FROM '/etc/passwd'`,
    `ATTACH '/tmp/quarry.db'`,
    `CREATE TABLE t AS FROM read_text('/etc/passwd')`,
    `CREATE VIEW v AS SELECT 1`,
    `INSERT INTO "orders" SELECT * FROM "orders"`,
    `DELETE FROM "orders"`,
    `DROP TABLE "orders"`,
    `INSTALL httpfs`,
    `LOAD httpfs`,
    `SET enable_external_access = true`,
    `RESET lock_configuration`,
    `PRAGMA database_list`,
    `CALL pragma_version()`,
    `EXPORT DATABASE '/tmp/quarry-sql-out'`,
    `PREPARE p AS SELECT 1`,
    `SELECT 1; SELECT * FROM read_text('/etc/passwd')`,
    `SELECT current_setting('temp_directory')`,
    `SELECT * FROM duckdb_settings()`,
    `SELECT * FROM duckdb_tables`,
    `SELECT * FROM (WITH duckdb_views AS (SELECT 1 AS x) FROM duckdb_views) a, duckdb_views b`,
    `WITH a AS (FROM pg_settings), pg_settings AS (SELECT 1) FROM a`,
    `SELECT * FROM (WITH "/etc/passwd" AS (SELECT 1 AS x) FROM "/etc/passwd") a, "/etc/passwd" b`,
    `SELECT * FROM information_schema.tables`,
    `SHOW ALL TABLES`,
    `SHOW DATABASES`,
    `SELECT * FROM (SHOW TABLES)`,
    `SELECT * FROM "secret"`,
    `SELECT * FROM 'secret'`,
    `SELECT * FROM SECRET`,
    `SELECT * FROM main."secret"`,
    `SELECT * FROM memory.main."secret"`,
    `SELECT * FROM "orders", "secret.more"`,
    `SELECT * FROM "orders" WHERE EXISTS (SELECT 1 FROM "secret" WHERE "value" IS NOT NULL)`,
    `SELECT (SELECT max("value") FROM "secret")`,
    `WITH secret AS (SELECT * FROM "secret") SELECT * FROM secret`,
    `DESCRIBE "secret"`,
    `TABLE "secret"`,
    `SELECT * FROM query_table(['orders', 'secret'])`,
    `SELECT 1 +`,
    ``,
  ])('%s', async (sql) => {
    const { status, body } = await ask(sql);
    const text = JSON.stringify(body);
    expect([400, 403, 404], text).toContain(status);
    expect(text).not.toContain('root:');
    expect(text).not.toContain(SECRET);
    expect(body.error.reason.length).toBeGreaterThan(10);
  });
});

test('quarry sql prints a table, another format, or why not', async () => {
  const ran = async (...args: string[]) => {
    const io = recordedIo({ QUARRY_HTTP_PORT: String(served.port) });
    return { code: await run(args, io), ...io.printed, bytes: String((io.bytes as PassThrough).read() ?? '') };
  };
  const sql = `SELECT "offset", decode("value")->>'id' AS id, chr(27) AS c FROM "orders" WHERE "partition" = 0 ORDER BY 1`;
  expect(await ran(sql)).toMatchObject({
    code: 0,
    out: 'offset  id  c\n     0  1   \\u001b\n     1  2   \\u001b\n',
    err: '2 rows\n',
  });
  expect(await ran(sql, '--format', 'csv')).toMatchObject({
    code: 0,
    bytes: 'offset,id,c\r\n0,1,\u001b\r\n1,2,\u001b\r\n',
  });
  expect(await ran('SELECT * FROM "nothere"')).toMatchObject({ code: 1, err: "quarry: there is no topic 'nothere'\n" });
  expect(await ran('SELECT', '1')).toMatchObject({ code: 2 });
});

test('a body that is no query is refused', async () => {
  expect((await served.post('/sql', { sql: 'SELECT 1', format: 'xml' })).status).toBe(400);
  expect((await served.post('/sql', { sql: 1 })).status).toBe(400);
  expect((await served.post('/sql', { query: 'SELECT 1' })).status).toBe(400);
  expect((await served.post('/sql', [])).status).toBe(400);
});
