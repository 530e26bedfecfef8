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
  const world = await ErasureWorld.open(folder.path, settings);
  closers.push(() => world.close());
  return { world, lake: new Lake(folder.path) };
}

const value = (text: string, until: number) => JSON.stringify({ text, until });

async function send(world: ErasureWorld, records: readonly { key: string; value: string; ttl?: string }[]) {
  const producer = await world.client.producer();
  const messages = records.map(({ key, value: text, ttl }) => ({
    key,
    value: text,
    ...(ttl !== undefined && { headers: { ttl } }),
  }));
  await producer.send({ topic: 'notes', messages });
}

test('a record past its time is not found, counted or shown, and is there to be fetched until something is rewritten', async () => {
  const { world } = await open();
  await world.client.createTopic('notes', 1, {
    'quarry.ttl.expires': 'field:until',
    'quarry.ttl.lifetime': 'header:ttl',
  });
  const soon = Date.now() + 10_000;
  await send(world, [
    { key: 'past', value: value('word', 1000) },
    { key: 'soon', value: value('word', soon) },
    { key: 'late', value: value('word', soon + 3_600_000) },
    { key: 'brief', value: 'word', ttl: '0' },
    { key: 'kept', value: 'word' },
  ]);
  expect(await world.found('notes', 'word')).toBe(3);
  expect((await world.client.http('/notes/_count?q=word')).body.count).toBe(3);
  expect((await world.client.http('/notes/_doc/0:0')).status).toBe(404);
  expect((await world.client.http('/notes/_doc/0:4')).status).toBe(200);
  await until('its time', async () => (await world.found('notes', 'word')) === 2, 30_000);
  expect((await world.client.http('/notes/_doc/0:1')).status).toBe(404);
  await world.client.run();
  // As well from a stored segment.
  expect(await world.found('notes', 'word')).toBe(2);
  await send(world, [{ key: 'end', value: 'last' }]);
  expect(await world.read('notes', 'last')).toHaveLength(6);
  await world.deleteKey('notes', 'kept');
  expect((await world.read('notes', 'last')).map(({ key }) => key)).toEqual(['late', 'end']);
  expect(await world.found('notes', 'word')).toBe(1);
}, 60_000);

test('compaction drops what is past its time, and what comes after a change of the setting has its time', async () => {
  const { world } = await open({ 'wal.seal.age.ms': 20 });
  await world.client.createTopic('notes', 1, { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0' });
  await send(world, [{ key: 'before', value: value('word', 1000) }]);
  expect(await world.found('notes', 'word')).toBe(1);
  const admin = await world.client.admin();
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: 2,
        name: 'notes',
        configEntries: [
          { name: 'cleanup.policy', value: 'compact' },
          { name: 'min.cleanable.dirty.ratio', value: '0' },
          { name: 'quarry.ttl.expires', value: 'field:until' },
        ],
      },
    ],
  });
  expect((await world.client.http('/notes/_doc/0:0')).status).toBe(404);
  await send(world, [
    { key: 'past', value: value('word', 1000) },
    { key: 'kept', value: value('word', Date.now() + 3_600_000) },
  ]);
  await send(world, [{ key: 'end', value: 'last' }]);
  await until('compaction', async () => {
    await world.client.run();
    return (await world.read('notes', 'last')).length === 2;
  });
  expect(await world.found('notes', 'word')).toBe(1);
}, 60_000);

test('a record that was indexed before the setting was made is not counted, and a total says while it is not known', async () => {
  const { world } = await open({ 'wal.seal.age.ms': 20, 'merge.interval.ms': 3_600_000 });
  await world.client.createTopic('notes', 1, { 'quarry.merge.policy': 'none' });
  const words = Array.from({ length: 20 }, (_none, at) => ({ key: `past-${at}`, value: value('word', 1000) }));
  await send(world, [...words, { key: 'kept', value: value('word', Date.now() + 3_600_000) }]);
  expect(await world.found('notes', 'word')).toBe(21);
  await world.client.run();
  const alter = async (ttl: Record<string, string>) => {
    const configEntries = Object.entries({ 'quarry.merge.policy': 'none', ...ttl }).map(([name, text]) => ({
      name,
      value: text,
    }));
    const admin = await world.client.admin();
    await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: 'notes', configEntries }] });
  };
  const total = async () => (await world.client.http('/notes/_search?q=word&size=3')).body.hits.total;
  const count = async () => (await world.client.http('/notes/_count?q=word')).body.count;
  await alter({ 'quarry.ttl.expires': 'field:until' });
  await send(world, [{ key: 'new', value: value('word', Date.now() + 3_600_000) }]);
  const unsure = await total();
  expect(unsure.relation).toBe('gte');
  expect(unsure.value).toBeLessThanOrEqual(1);
  expect(await count()).toBe(1);
  const renewed = (wanted: number) =>
    until('the segments to be made anew', async () => {
      await world.client.run();
      await world.client.http('/admin/jobs/text-renewal/run', 'POST');
      const { value: found, relation } = await total();
      return found === wanted && relation === 'eq';
    });
  await renewed(2);
  expect(await count()).toBe(2);
}, 60_000);

test('a section goes from the log without the records past their time, when they are half of it', async () => {
  const { world } = await open({ 'wal.seal.age.ms': 20 });
  await world.client.createTopic('notes', 1, { 'quarry.ttl.expires': 'field:until' });
  const kept = { key: 'kept', value: value('word', Date.now() + 3_600_000) };
  await send(world, [kept, { key: 'past', value: value('secretword', 1000) }, { key: 'end', value: 'last' }]);
  await send(world, [kept, { key: 'end', value: 'last' }]);
  const run = async () => {
    await world.client.run();
    await world.client.http('/admin/jobs/expiry/run', 'POST');
  };
  await run();
  expect(await world.client.read('notes', 5)).toHaveLength(5);
  await send(
    world,
    Array.from({ length: 20 }, (_none, at) => ({ key: `past-${at}`, value: value('secretword', 1000) })),
  );
  await send(world, [{ key: 'end', value: 'finally' }]);
  await until('the records to go', async () => {
    await run();
    const left = (await world.read('notes', 'finally')).map(({ key }) => key);
    return left.filter((key) => key?.startsWith('past-')).length === 0 && left.includes('kept');
  });
  expect(await world.found('notes', 'word')).toBe(2);
}, 60_000);

test('what is past its time becomes no row of the table, and SQL passes over rows whose time comes later', async () => {
  const { world, lake } = await open({ 'memtable.flush.interval.ms': 3_600_000 });
  await world.client.createTopic('notes', 1, { 'quarry.ttl.expires': 'field:until', 'quarry.table': 'true' });
  await send(world, [
    { key: 'past', value: value('word', 1000) },
    { key: 'kept', value: value('word', Date.now() + 3_600_000) },
    { key: 'soon', value: value('word', Date.now() + 15_000) },
  ]);
  await world.client.run();
  expect((await lake.rows('notes')).map(({ key }) => key)).toEqual(['kept', 'soon']);
  await send(world, [
    { key: 'past', value: value('word', 1000) },
    { key: 'late', value: 'word' },
  ]);
  const keys = async () => {
    const sql = 'SELECT decode("key") AS k FROM notes ORDER BY "offset"';
    return (await world.client.http('/sql', 'POST', { sql })).body.rows.map(({ k }: { k: string }) => k);
  };
  expect(await keys()).toEqual(['kept', 'soon', 'late']);
  await until('its time', async () => (await keys()).length === 2, 40_000);
  expect(await keys()).toEqual(['kept', 'late']);
  expect((await lake.rows('notes')).map(({ key }) => key)).toEqual(['kept', 'soon']);
}, 60_000);

test('merging files of a table leaves out the rows that are past their time by then', async () => {
  const pauses = { 'memtable.flush.interval.ms': 3_600_000, 'merge.interval.ms': 3_600_000 };
  const { world, lake } = await open(pauses);
  await world.client.createTopic('notes', 1, { 'quarry.table': 'true' });
  const later = Date.now() + 3_600_000;
  for (let file = 0; file < 4; file++) {
    await send(world, [
      { key: `past-${file}`, value: value('word', 1000) },
      { key: `kept-${file}`, value: value('word', later) },
      { key: `brief-${file}`, value: 'word', ttl: '0' },
      { key: `silent-${file}`, value: 'word' },
    ]);
    await world.client.http('/admin/jobs/table-flush/run', 'POST');
  }
  expect(await lake.rows('notes')).toHaveLength(16);
  const before = await lake.state('notes');
  const admin = await world.client.admin();
  const entries = { 'quarry.table': 'true', 'quarry.ttl.expires': 'field:until', 'quarry.ttl.lifetime': 'header:ttl' };
  const configEntries = Object.entries(entries).map(([name, text]) => ({ name, value: text }));
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: 'notes', configEntries }] });
  await world.client.http('/admin/jobs/table-merge/run', 'POST');
  await until('the files to be merged', async () => (await lake.files('notes')).length === 1);
  const left = [0, 1, 2, 3].flatMap((file) => [`kept-${file}`, `silent-${file}`]);
  expect((await lake.rows('notes')).map(({ key }) => key)).toEqual(left);
  expect((await lake.state('notes'))?.offsets).toEqual(before?.offsets);
  const sql = 'SELECT decode("key") AS k FROM notes ORDER BY "offset"';
  const { rows } = (await world.client.http('/sql', 'POST', { sql })).body;
  expect(rows.map(({ k }: { k: string }) => k)).toEqual(left);
}, 60_000);

test('a setting that names no source is refused', async () => {
  const { world } = await open();
  await expect(world.client.createTopic('notes', 1, { 'quarry.ttl.expires': 'until' })).rejects.toThrow();
}, 60_000);
