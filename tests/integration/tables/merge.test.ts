import { afterEach, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { eventsOf } from '../../../src/main/event-stream.ts';
import { TestClient, until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { BUSY } from '../text/world.ts';
import { Lake } from './lake.ts';
import { logRows } from './log-rows.ts';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(settings: Record<string, number | string> = {}) {
  const folder = temporaryFolder();
  closers.push(() => folder.remove());
  const merging = { 'memtable.flush.interval.ms': 3_600_000, 'merge.interval.ms': 3_600_000, ...settings };
  const broker = await Broker.start({ settings: { ...BUSY, ...merging, 'data.dir': folder.path } });
  const client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
  closers.push(async () => {
    await client.close();
    await broker.stop();
  });
  return { broker, client, lake: new Lake(folder.path) };
}

const values = (from: number, count: number) =>
  Array.from({ length: count }, (_none, at) => JSON.stringify({ n: from + at }));

/** `count` files with 10 rows each. */
async function fill(client: TestClient, topic: string, count: number): Promise<void> {
  for (let file = 0; file < count; file++) {
    await client.send(topic, values(file * 10, 10));
    await job(client, 'table-flush');
  }
}

const job = (client: TestClient, kind: string) => client.http(`/admin/jobs/${kind}/run`, 'POST');

async function metric(client: TestClient, name: string): Promise<number> {
  const { body } = await client.http('/metrics');
  const line = String(body)
    .split('\n')
    .find((one) => one.startsWith(`${name}{what="table"}`));
  return Number(line?.split(' ')[1]);
}

test('small files of a table become one when there are four, and old snapshots go', async () => {
  const { client, lake } = await open({ 'table.snapshot.retention.ms': 0 });
  await client.createTopic('rows', 2, { 'quarry.table': 'true' });
  await fill(client, 'rows', 5);
  const before = await lake.files('rows');
  expect(before.length).toBeGreaterThanOrEqual(5);
  await job(client, 'table-merge');
  await until('the files to be merged', async () => (await lake.files('rows')).length === 1);
  expect(await lake.rows('rows')).toEqual(await logRows(client.kafka, 'rows', 50));
  await until('the numbers', async () => (await metric(client, 'quarry_merges_total')) === 1);
  expect(await metric(client, 'quarry_read_amplification')).toBe(1);
  expect(await metric(client, 'quarry_write_amplification')).toBeGreaterThan(1);
  const { existsSync } = await import('node:fs');
  expect(before.every((file) => existsSync(file))).toBe(true);
  await job(client, 'table-expiry');
  await until('the old files to go', () => Promise.resolve(before.every((file) => !existsSync(file))));
  expect(await lake.rows('rows')).toHaveLength(50);
  await fill(client, 'rows', 1);
  expect(await lake.rows('rows')).toHaveLength(60);
}, 60_000);

test('a merge tells how many bytes it has read and written', async () => {
  const { broker, client } = await open();
  await client.createTopic('told', 1, { 'quarry.table': 'true' });
  await fill(client, 'told', 5);
  const gone = new AbortController();
  closers.push(() => gone.abort());
  const answer = await fetch(`http://${broker.httpAddress}/admin/events`, { signal: gone.signal });
  await job(client, 'table-merge');
  for await (const { name, data } of eventsOf(answer.body!.pipeThrough(new TextDecoderStream()))) {
    const { kind, key, done } = JSON.parse(data).job;
    if (name !== 'finished' || kind !== 'table-merge' || key === '') continue;
    expect(done).toBeGreaterThan(1000);
    break;
  }
}, 60_000);

test('by itself, unless the topic says none', async () => {
  const { client, lake } = await open({ 'merge.interval.ms': 50 });
  await client.createTopic('left', 1, { 'quarry.table': 'true', 'quarry.merge.policy': 'none' });
  await client.createTopic('merged', 1, { 'quarry.table': 'true', 'quarry.merge.policy': 'level-based' });
  await fill(client, 'left', 5);
  await fill(client, 'merged', 5);
  await until('the files to be merged', async () => (await lake.files('merged')).length <= 2);
  expect(await lake.files('left')).toHaveLength(5);
  expect(await lake.rows('merged')).toEqual(await logRows(client.kafka, 'merged', 50));
}, 60_000);
