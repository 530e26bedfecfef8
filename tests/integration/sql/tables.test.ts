import { readdirSync } from 'node:fs';
import { ConfigResourceTypes } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { TestClient, until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { Lake } from '../tables/lake.ts';
import { BUSY } from '../text/world.ts';

const folder = temporaryFolder();
const lake = new Lake(folder.path);
let broker: Broker;
let client: TestClient;

beforeAll(async () => {
  // Rows reach the table only when they are asked for.
  const settings = {
    ...BUSY,
    'data.dir': folder.path,
    'memtable.flush.interval.ms': 3_600_000,
    'log.retention.check.interval.ms': 100,
  };
  broker = await Broker.start({ settings });
  client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
});
afterAll(async () => {
  await client.close();
  await broker.stop();
  folder.remove();
});

const sql = async (text: string): Promise<any> => {
  const { status, body } = await client.http('/sql', 'POST', { sql: text });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.rows;
};
const explained = async (text: string): Promise<string> => {
  const rows = (await sql(`EXPLAIN ${text}`)) as { explain_key: string; explain_value: string }[];
  return rows.find(({ explain_key: key }) => key === 'plan')!.explain_value;
};
const values = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_none, at) => JSON.stringify({ n: from + at }));
/** Sends, and waits until everything is in the table. */
const sendToTable = async (topic: string, given: readonly string[]): Promise<void> => {
  const before = await lake.count(topic);
  await client.send(topic, [...given]);
  await client.run();
  await until('the rows', async () => (await lake.count(topic)) === before + given.length);
};

describe('a topic that has a table', () => {
  test('is its files and what is not in them yet, each record once', async () => {
    await client.createTopic('orders', 2, { 'quarry.table': 'true' });
    await sendToTable('orders', values(0, 50));
    await sendToTable('orders', values(50, 50));
    await client.send('orders', values(100, 30));
    expect(await lake.count('orders')).toBe(100);
    const count = `SELECT count(*) AS rows, count(DISTINCT (decode("value")->>'n')::INTEGER) AS records FROM "orders"`;
    expect(await sql(count)).toEqual([{ rows: 130, records: 130 }]);
    expect(await explained('SELECT * FROM "orders"')).toMatch(
      /^"orders"\n {2}table: [2-4] of [2-4] files, 100 of 100 rows.*\n {2}log: 30 offsets/,
    );
    await client.run();
    await until('the rest', async () => (await lake.count('orders')) === 130);
    expect(await sql(count)).toEqual([{ rows: 130, records: 130 }]);
    expect(await explained('SELECT * FROM "orders"')).toContain('log: nothing');
  });

  test('leaves out files by partition, offset and time, and gives the same rows', async () => {
    await client.createTopic('pruned', 1, { 'quarry.table': 'true', 'quarry.merge.policy': 'none' });
    for (let part = 0; part < 4; part++) await sendToTable('pruned', values(part * 10, 10));
    expect(await explained('SELECT * FROM "pruned" WHERE "offset" BETWEEN 12 AND 15')).toMatch(
      /1 of 4 files, 10 of 40 rows, .*; the others are left out by "offset"/,
    );
    expect(await sql('SELECT count(*) AS n FROM "pruned" WHERE "offset" BETWEEN 12 AND 25')).toEqual([{ n: 14 }]);
    expect(await explained(`SELECT * FROM "pruned" WHERE "timestamp" < '2001-01-01'`)).toContain('0 of 4 files');
    expect(await sql(`SELECT count(*) AS n FROM "pruned" WHERE "timestamp" > '2001-01-01'`)).toEqual([{ n: 40 }]);
    expect(await explained('SELECT * FROM "pruned" WHERE "partition" IN (1, 2)')).toContain('left out by "partition"');
  });

  test('holds what the log has lost', async () => {
    await client.createTopic('kept', 1, { 'quarry.table': 'true' });
    await sendToTable('kept', values(0, 20));
    const admin = await client.admin();
    const retain = (milliseconds: string) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: ConfigResourceTypes.TOPIC,
            name: 'kept',
            configEntries: ['quarry.table', 'retention.ms'].map((name, at) => ({
              name,
              value: ['true', milliseconds][at]!,
            })),
          },
        ],
      });
    await retain('1');
    await until('the log to lose them', async () => (await admin.fetchTopicOffsets('kept'))[0]?.low === '20');
    await retain('-1');
    await client.send('kept', values(20, 5));
    expect(await sql('SELECT count(*) AS n, min("offset") AS first FROM "kept"')).toEqual([{ n: 25, first: 0 }]);
  });

  test('has promoted columns, also of rows that are in no file yet, and leaves out files by them', async () => {
    await client.createTopic('promoted', 1, {
      'quarry.table': 'true',
      'quarry.table.columns': 'level string, ms long, user.id string',
    });
    const lines = (level: string, ms: number): string[] =>
      [0, 1].map((more) => JSON.stringify({ level, ms: ms + more, user: { id: `u${ms + more}` } }));
    await sendToTable('promoted', lines('info', 10));
    await sendToTable('promoted', lines('warn', 20));
    await client.send('promoted', [...lines('error', 30), 'no JSON']);
    const all = await sql('SELECT level, ms, "user.id" AS id FROM "promoted" ORDER BY "offset"');
    expect(all).toEqual([
      { level: 'info', ms: 10, id: 'u10' },
      { level: 'info', ms: 11, id: 'u11' },
      { level: 'warn', ms: 20, id: 'u20' },
      { level: 'warn', ms: 21, id: 'u21' },
      { level: 'error', ms: 30, id: 'u30' },
      { level: 'error', ms: 31, id: 'u31' },
      { level: null, ms: null, id: null },
    ]);
    expect(await explained(`SELECT * FROM "promoted" WHERE level = 'warn'`)).toMatch(/1 of 2 files.*by "level"/);
    expect(await sql('SELECT count(*) AS n FROM "promoted" WHERE ms BETWEEN 20 AND 30')).toEqual([{ n: 3 }]);
    expect(await explained('SELECT * FROM "promoted" WHERE "user.id" > \'u2\'')).toMatch(/1 of 2 files.*by "user.id"/);
    await client.run();
    await until('the rest', async () => (await lake.count('promoted')) === 7);
    expect(await sql('SELECT level, ms, "user.id" AS id FROM "promoted" ORDER BY "offset"')).toEqual(all);
  });

  test('has the types of its columns described, and its keys and headers whole', async () => {
    await client.createTopic('typed', 1, { 'quarry.table': 'true', 'retention.ms': '-1' });
    const producer = client.kafka.producer();
    await producer.connect();
    await producer.send({
      topic: 'typed',
      messages: [{ key: 'k', value: Buffer.from([0xff, 0x00]), headers: { h: 'v' }, timestamp: '1767225600123' }],
    });
    await producer.disconnect();
    const row = (await sql('SELECT * FROM "typed"'))[0];
    await client.run();
    await until('the row', async () => (await lake.count('typed')) === 1);
    expect((await sql('SELECT * FROM "typed"'))[0]).toEqual(row);
    expect(row).toMatchObject({
      key: 'k',
      headers: [{ key: 'h', value: 'v' }],
      timestamp: '2026-01-01T00:00:00.123000Z',
    });
    const types = (await sql('DESCRIBE "typed"')).map((one: Record<string, string>) => one['column_type']);
    expect(types).toEqual([
      'INTEGER',
      'BIGINT',
      'TIMESTAMP WITH TIME ZONE',
      'INTEGER',
      'BLOB',
      'BLOB',
      'STRUCT("key" VARCHAR, "value" BLOB)[]',
    ]);
  });
});

test('files that a query needed are given back, and their number is counted', async () => {
  expect(readdirSync(`${folder.path}/cache/sql/files`)).toEqual([]);
  const response = await fetch(`http://${broker.httpAddress}/metrics`);
  const text = await response.text();
  expect(text).toMatch(/quarry_sql_files_total\{outcome="read"\} [1-9]/);
  expect(text).toMatch(/quarry_sql_files_total\{outcome="pruned"\} [1-9]/);
  expect(text).toMatch(/quarry_sql_log_rows_total [1-9]/);
  expect(text).toMatch(/quarry_sql_query_seconds_count\{outcome="ok"\} [1-9]/);
});
