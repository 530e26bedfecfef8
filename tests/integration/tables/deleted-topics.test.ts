import { existsSync, readdirSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { TestClient, until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { CALM } from '../text/world.ts';
import { Lake } from './lake.ts';

const closers: (() => Promise<void> | void)[] = [];
const SETTINGS = { ...CALM, 'log.level': 'silent', 'memtable.flush.interval.ms': 3_600_000 } as const;
const TABLE = { 'quarry.table': 'true' };

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(folder: string) {
  const broker = await Broker.start({ settings: { ...SETTINGS, 'data.dir': folder } });
  const client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
  const close = async () => {
    await client.close();
    await broker.stop();
  };
  closers.push(close);
  return { client, close };
}

function newFolder(): string {
  const folder = temporaryFolder();
  closers.push(() => folder.remove());
  return folder.path;
}

function filesOf(folder: string): string[] {
  const tables = `${folder}/objects/lake/topics`;
  if (!existsSync(tables)) return [];
  const entries = readdirSync(tables, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`);
}

const deleteTopic = async (client: TestClient, topic: string) =>
  (await client.admin()).deleteTopics({ topics: [topic] });

test('a topic takes its table, the entry in the catalog and all objects with it', async () => {
  const folder = newFolder();
  const lake = new Lake(folder);
  const { client } = await open(folder);
  await client.createTopic('orders', 1, TABLE);
  await client.send('orders', ['one']);
  await client.run();
  expect(await lake.tables()).toEqual(['orders']);
  await deleteTopic(client, 'orders');
  await until('the table to go', async () => (await lake.tables()).length === 0);
  await until('the objects to go', async () => {
    await client.http('/admin/jobs/garbage/run', 'POST');
    return filesOf(folder).length === 0;
  });
}, 60_000);

test('a table that its topic had left goes with the topic, even if the broker stops in between', async () => {
  const folder = newFolder();
  const lake = new Lake(folder);
  const first = await open(folder);
  await first.client.createTopic('orders', 1, TABLE);
  await first.client.send('orders', ['one']);
  await first.client.run();
  const admin = await first.client.admin();
  const configEntries = [{ name: 'quarry.table', value: 'false' }];
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: 'orders', configEntries }] });
  await first.client.http('/admin/jobs/table-drop/pause', 'POST');
  await first.close();

  const second = await open(folder);
  await deleteTopic(second.client, 'orders');
  await second.close();
  expect(await lake.tables()).toEqual(['orders']);
  const third = await open(folder);
  await third.client.http('/admin/jobs/table-drop/resume', 'POST');
  await until('the table to go', async () => (await lake.tables()).length === 0);
  await until('the objects to go', async () => {
    await third.client.http('/admin/jobs/garbage/run', 'POST');
    return filesOf(folder).length === 0;
  });
}, 60_000);

test('a topic that is made again at once has a table of its own, and the old one goes', async () => {
  const folder = newFolder();
  const lake = new Lake(folder);
  const { client } = await open(folder);
  for (const round of ['first', 'second', 'third']) {
    await client.createTopic('orders', 1, TABLE);
    await client.send('orders', [round]);
    await client.run();
    expect((await lake.rows('orders')).map(({ value }) => value)).toEqual([round]);
    if (round !== 'third') await deleteTopic(client, 'orders');
  }
  await until('the old ones to go', async () => (await lake.tables()).length === 1);
  expect((await lake.rows('orders')).map(({ value }) => value)).toEqual(['third']);
}, 60_000);
