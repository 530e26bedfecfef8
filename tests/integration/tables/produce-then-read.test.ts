import { afterEach, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { TestClient, until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { BUSY } from '../text/world.ts';
import { Lake } from './lake.ts';
import { logRows } from './log-rows.ts';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const folderOf = () => {
  const folder = temporaryFolder();
  closers.push(() => folder.remove());
  return folder.path;
};

async function open(folder: string, settings: Record<string, number | string> = {}) {
  const broker = await Broker.start({ settings: { ...BUSY, 'data.dir': folder, ...settings } });
  const client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
  const close = async () => {
    await client.close();
    await broker.stop();
  };
  closers.push(close);
  return { client, close };
}

const status = async (client: TestClient) => (await client.http('/admin/processor')).body.tables;
const values = (from: number, count: number) =>
  Array.from({ length: count }, (_none, at) => JSON.stringify({ n: from + at }));

test('a table holds what the log holds, record for record, and a restart doubles nothing', async () => {
  const folder = folderOf();
  const lake = new Lake(folder);
  const first = await open(folder, { 'memtable.flush.interval.ms': 200 });
  await first.client.createTopic('rows', 3, { 'quarry.table': 'true' });
  await first.client.createTopic('plain', 1);
  await first.client.send('plain', values(0, 10));
  for (let part = 0; part < 10; part++) await first.client.send('rows', values(part * 100, 100));
  await until('all rows', async () => (await lake.count('rows')) === 1000);
  expect(await lake.rows('rows')).toEqual(await logRows(first.client.kafka, 'rows', 1000));
  expect(await lake.tables()).toEqual(['rows']);
  await first.close();

  const second = await open(folder, { 'memtable.flush.interval.ms': 200 });
  await second.client.send('rows', values(1000, 500));
  await until('the new rows', async () => (await lake.count('rows')) >= 1500);
  expect(await lake.rows('rows')).toEqual(await logRows(second.client.kafka, 'rows', 1500));
  expect((await status(second.client)).rows).toBe(500);
}, 60_000);

test('rows that wait are in the table when the processor is asked to run, and after a stop', async () => {
  const folder = folderOf();
  const lake = new Lake(folder);
  const { client, close } = await open(folder, { 'memtable.flush.interval.ms': 3_600_000 });
  await client.createTopic('rows', 2, { 'quarry.table': 'true' });
  await client.send('rows', values(0, 100));
  await until('records to be read', async () => (await status(client)).records === 100);
  expect(await lake.count('rows')).toBe(0);
  await client.run();
  expect(await lake.count('rows')).toBe(100);
  await client.send('rows', values(100, 50));
  await close();
  expect(await lake.count('rows')).toBe(150);
}, 60_000);

test('aborted and control records are no rows, and an open transaction has none before it ends', async () => {
  const folder = folderOf();
  const lake = new Lake(folder);
  const { client } = await open(folder, { 'memtable.flush.interval.ms': 50 });
  await client.createTopic('rows', 1, { 'quarry.table': 'true' });
  const producer = client.kafka.producer({ transactionalId: 'tx', maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  closers.push(() => producer.disconnect());
  const send = async (value: string) => {
    const transaction = await producer.transaction();
    await transaction.send({ topic: 'rows', messages: [{ value }, { value }] });
    return transaction;
  };
  await (await send('committed')).commit();
  await (await send('aborted')).abort();
  const open_ = await send('open');
  await client.send('rows', ['plain']);
  await client.run();
  expect((await lake.rows('rows')).map(({ value }) => value)).toEqual(['committed', 'committed']);
  await open_.commit();
  await until('the rest', async () => (await lake.count('rows')) === 5);
  const rows = await lake.rows('rows');
  expect(rows.map(({ value }) => value)).toEqual(['committed', 'committed', 'open', 'open', 'plain']);
  expect(rows).toEqual(await logRows(client.kafka, 'rows', 5));
}, 60_000);

test('a deleted topic takes its table and files along, and one of the same name begins anew', async () => {
  const folder = folderOf();
  const lake = new Lake(folder);
  const { client } = await open(folder, { 'memtable.flush.interval.ms': 50 });
  await client.createTopic('rows', 1, { 'quarry.table': 'true' });
  await client.send('rows', ['old']);
  await until('the row', async () => (await lake.count('rows')) === 1);
  const [file] = await lake.files('rows');
  const { existsSync } = await import('node:fs');
  expect(existsSync(file!)).toBe(true);
  await (await client.admin()).deleteTopics({ topics: ['rows'] });
  await until('the table to go', async () => (await lake.tables()).length === 0);
  await until('the file to go', () => !existsSync(file!));
  await client.createTopic('rows', 1, { 'quarry.table': 'true' });
  await client.send('rows', ['new']);
  await until('the new row', async () => (await lake.count('rows')) === 1);
  expect((await lake.rows('rows')).map(({ value }) => value)).toEqual(['new']);
}, 60_000);
