import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { temporaryFolder } from '../broker/process.ts';
import { byKey, byPlace, commitDeletes, type ForeignDelete } from '../lake/row-deletes.ts';
import { Lake } from '../tables/lake.ts';
import { ErasureWorld } from './world.ts';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open() {
  const folder = temporaryFolder();
  closers.push(() => folder.remove());
  const world = await ErasureWorld.open(folder.path, { 'memtable.flush.interval.ms': 3_600_000 });
  closers.push(() => world.close());
  const lake = new Lake(folder.path);
  const send = async (...records: string[]) => {
    await world.send('people', records);
    await world.client.run();
  };
  await world.client.createTopic('people', 1, { 'quarry.table': 'true' });
  const commit = async (...deletes: ForeignDelete[]) =>
    (await lake.with('people', (table) => commitDeletes(table, deletes)))!.map((path) => fileURLToPath(path));
  const left = async () => (await lake.rows('people')).map(({ key, value }) => `${key}=${value}`);
  const deletes = async () => (await lake.with('people', (table) => table.deletes()))!.length;
  return { world, lake, send, commit, left, deletes };
}

test('rows that another engine deleted do not come back when a key goes from their file', async () => {
  const { world, lake, send, commit, left, deletes } = await open();
  await send('ann=one', 'bob=secret', 'cyd=two', 'dan=three');
  const [file] = (await lake.with('people', (table) => table.files()))!;
  await commit(byPlace(file!, [0]), byKey(['dan']));
  const { body } = await world.deleteKey('people', 'bob');
  expect({ records: body.records, rows: body.table_rows }).toEqual({ records: 1, rows: 1 });
  expect(await left()).toEqual(['cyd=two']);
  expect(await deletes()).toBe(0);
  expect(await lake.state('people')).toEqual({ offsets: { 0: 4 }, snapshots: 1 });
}, 60_000);

test('a key goes from the delete files of another engine too', async () => {
  const { world, send, commit, left, deletes } = await open();
  await send('ann=one', 'bob=secret', 'zoe=last');
  const [named] = await commit(byKey(['bob', 'zoe']));
  await send('bob=again', 'ann=two');
  const [other] = await commit(byKey(['cyd']));
  const { body } = await world.deleteKey('people', 'bob');
  expect({ records: body.records, rows: body.table_rows }).toEqual({ records: 2, rows: 1 });
  await world.client.run();
  expect(await left()).toEqual(['ann=one', 'ann=two']);
  expect([existsSync(named!), existsSync(other!), await deletes()]).toEqual([false, false, 0]);
}, 60_000);

test('also where they are for no data file any more, and other delete files stay', async () => {
  const { world, lake, send, commit, left, deletes } = await open();
  await send('ann=one');
  const [named] = await commit(byKey(['bob'], { partition: [1] }));
  const [file] = (await lake.with('people', (table) => table.files()))!;
  const [kept] = await commit(byPlace(file!, [7]));
  const { body } = await world.deleteKey('people', 'bob');
  expect(body.outcome).toBe('deleted');
  await world.client.run();
  expect(await left()).toEqual(['ann=one']);
  expect([existsSync(named!), existsSync(kept!), await deletes()]).toEqual([false, true, 1]);
}, 60_000);
