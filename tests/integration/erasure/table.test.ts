import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { Lake } from '../tables/lake.ts';
import { ErasureWorld } from './world.ts';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(settings: Record<string, number | string> = {}) {
  const folder = temporaryFolder();
  closers.push(() => folder.remove());
  const world = await ErasureWorld.open(folder.path, { 'memtable.flush.interval.ms': 3_600_000, ...settings });
  closers.push(() => world.close());
  return { world, lake: new Lake(folder.path) };
}

const parquetFiles = (folder: string) =>
  readdirSync(join(folder, 'objects'), { recursive: true, withFileTypes: true })
    .filter(({ name }) => name.endsWith('.parquet'))
    .map(({ parentPath, name }) => join(parentPath, name));

const TABLE = { 'quarry.table': 'true' };

test('a key goes from the files of the table in one commit that carries the offsets, and old snapshots with it go', async () => {
  const { world, lake } = await open();
  await world.client.createTopic('people', 2, TABLE);
  await world.send('people', ['ann=one', 'bob=secret', 'cyd=two'], 0);
  await world.client.run();
  await world.send('people', ['dan=three'], 1);
  await world.client.run();
  await world.send('people', ['bob=secret', 'ann=four'], 1);
  await world.client.run();
  const [kept] = (await lake.files('people')).filter((_path, at) => at === 1);
  expect(await lake.state('people')).toEqual({ offsets: { 0: 3, 1: 3 }, snapshots: 3 });

  const { body } = await world.deleteKey('people', 'bob');
  expect({ outcome: body.outcome, records: body.records, rows: body.table_rows }).toEqual({
    outcome: 'deleted',
    records: 2,
    rows: 2,
  });
  const left = ['0:0:ann', '0:2:cyd', '1:0:dan', '1:2:ann'];
  const shown = (rows: Awaited<ReturnType<typeof lake.rows>>) =>
    rows.map(({ partition, offset, key }) => `${partition}:${offset}:${key}`);
  expect(shown(await lake.rows('people'))).toEqual(left);
  expect(await lake.files('people')).toContain(kept);
  expect(await lake.state('people')).toEqual({ offsets: { 0: 3, 1: 3 }, snapshots: 1 });
  await world.client.run();
  // Not only out of the table: no file is left that has it.
  expect(shown(await lake.rowsIn(parquetFiles(world.folder)))).toEqual(left);

  await world.send('people', ['bob=afterwards'], 0);
  await world.client.run();
  expect(shown(await lake.rows('people'))).toEqual([...left.slice(0, 2), '0:3:bob', ...left.slice(2)]);
}, 60_000);

test('rows that were read and not yet flushed are read again without the key', async () => {
  const { world, lake } = await open();
  await world.client.createTopic('people', 1, TABLE);
  await world.send('people', ['ann=one', 'bob=secret', 'cyd=two']);
  const records = async () => (await world.client.http('/admin/processor')).body.tables.records;
  await until('records to be read', async () => (await records()) === 3);
  const { body } = await world.deleteKey('people', 'bob');
  expect({ records: body.records, rows: body.table_rows }).toEqual({ records: 1, rows: 0 });
  await world.client.run();
  expect((await lake.rows('people')).map(({ key }) => key)).toEqual(['ann', 'cyd']);
}, 60_000);

test('a topic that is no longer a table loses the key from the table that it left', async () => {
  const { world, lake } = await open();
  await world.client.createTopic('people', 1, TABLE);
  await world.send('people', ['ann=one', 'bob=secret']);
  await world.client.run();
  const admin = await world.client.admin();
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: 2, name: 'people', configEntries: [{ name: 'quarry.table', value: 'false' }] }],
  });
  const { body } = await world.deleteKey('people', 'bob');
  expect(body.table_rows).toBe(1);
  expect((await lake.rows('people')).map(({ key }) => key)).toEqual(['ann']);
}, 60_000);
