import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { Broker } from '../../../src/broker/index.ts';
import { TestClient, until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { CALM } from '../text/world.ts';
import { Lake } from './lake.ts';

const closers: (() => Promise<void> | void)[] = [];
const SETTINGS = { ...CALM, 'log.level': 'silent', 'memtable.flush.interval.ms': 3_600_000 } as const;

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(folder: string, settings: Record<string, number | string> = {}) {
  const broker = await Broker.start({ settings: { ...SETTINGS, 'data.dir': folder, ...settings } });
  const client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
  const close = async () => {
    await client.close();
    await broker.stop();
  };
  closers.push(close);
  const sql = async (text: string) => (await client.http('/sql', 'POST', { sql: text })).body.rows;
  const job = (kind: string, key = '') => client.http(`/admin/jobs/${kind}/run?key=${key}`, 'POST');
  return { client, sql, job, close };
}

function newFolder(): string {
  const folder = temporaryFolder();
  closers.push(() => folder.remove());
  return folder.path;
}

const TABLE = { 'quarry.table': 'true', 'quarry.merge.policy': 'none' };
const values = (from: number, count: number) => Array.from({ length: count }, (_none, at) => `v${from + at}`);
const offsets = async (lake: Lake, topic: string) => (await lake.rows(topic)).map(({ offset }) => offset);
async function before(client: TestClient, topic: string, offset: number): Promise<void> {
  const admin = await client.admin();
  // The client has to have heard of the topic.
  await admin.fetchTopicOffsets(topic);
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
}
const range = (from: number, to: number) => Array.from({ length: to - from }, (_none, at) => from + at);

test('DeleteRecords takes the rows below out of the table, and SQL shows none of them from its answer on', async () => {
  const folder = newFolder();
  const lake = new Lake(folder);
  const { client, sql } = await open(folder);
  await client.createTopic('orders', 1, TABLE);
  for (const from of [0, 10, 20]) {
    await client.send('orders', values(from, 10));
    await client.run();
  }
  // Read and not flushed.
  await client.send('orders', values(30, 10));
  await client.http('/admin/jobs/table-retention/pause', 'POST');
  await before(client, 'orders', 15);
  const shown = 'SELECT min("offset") AS first, count(*) AS n FROM "orders"';
  expect(await sql(shown)).toEqual([{ first: 15, n: 25 }]);
  expect(await offsets(lake, 'orders')).toEqual(range(0, 30));
  await client.http('/admin/jobs/table-retention/resume', 'POST');
  await until('the rows to go', async () => (await lake.count('orders')) === 15);
  expect(await offsets(lake, 'orders')).toEqual(range(15, 30));
  expect(await sql(shown)).toEqual([{ first: 15, n: 25 }]);

  await before(client, 'orders', 35);
  await until('the rest to go', async () => (await lake.count('orders')) === 0);
  await client.run();
  expect(await offsets(lake, 'orders')).toEqual(range(35, 40));
  expect(await sql(shown)).toEqual([{ first: 35, n: 5 }]);
}, 60_000);

test('a deletion that was answered is done after a restart, though its topic has left its table', async () => {
  const folder = newFolder();
  const lake = new Lake(folder);
  const first = await open(folder);
  await first.client.createTopic('orders', 1, TABLE);
  await first.client.send('orders', values(0, 10));
  await first.client.run();
  await first.client.http('/admin/jobs/table-retention/pause', 'POST');
  await before(first.client, 'orders', 4);
  const admin = await first.client.admin();
  const configEntries = [{ name: 'quarry.table', value: 'false' }];
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: 'orders', configEntries }] });
  await first.close();
  expect(await lake.count('orders')).toBe(10);
  const { client } = await open(folder);
  await client.http('/admin/jobs/table-retention/resume', 'POST');
  await until('the rows to go', async () => (await lake.count('orders')) === 6);
}, 60_000);

test("the log's retention leaves rows alone, unless the table follows the log or has an age of its own", async () => {
  const folder = newFolder();
  const lake = new Lake(folder);
  const { client, sql, job } = await open(folder, { 'log.retention.check.interval.ms': 50 });
  const topics = {
    outlives: { 'retention.ms': '3600000' },
    follows: { 'retention.ms': '3600000', 'quarry.table.retention.ms': '-2' },
    young: { 'quarry.table.retention.ms': '1' },
  };
  const admin = await client.admin();
  for (const topic of Object.keys(topics)) {
    await client.createTopic(topic, 1, { ...TABLE, 'retention.ms': '-1' });
    const producer = await client.producer();
    const timestamp = String(systemClock.now() - 7_200_000);
    await producer.send({ topic, messages: values(0, 5).map((value) => ({ value, timestamp })) });
  }
  await client.run();
  for (const topic of Object.keys(topics)) expect(await lake.count(topic)).toBe(5);
  for (const [name, more] of Object.entries(topics)) {
    const settings = { ...TABLE, 'retention.ms': '-1', ...more };
    const configEntries = Object.entries(settings).map(([key, value]) => ({ name: key, value }));
    await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name, configEntries }] });
  }
  await until('the log to lose them', async () => (await admin.fetchTopicOffsets('outlives'))[0]?.low === '5');
  await until('the rows that follow to go', async () => (await lake.count('follows')) === 0);
  await until('the old rows to go', async () => (await lake.count('young')) === 0);
  await job('table-retention');
  expect(await lake.count('outlives')).toBe(5);
  expect(await sql('SELECT count(*) AS n FROM "outlives"')).toEqual([{ n: 5 }]);
  expect((await admin.fetchTopicOffsets('young'))[0]?.low).toBe('0');
}, 60_000);
