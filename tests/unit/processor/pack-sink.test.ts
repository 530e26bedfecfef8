import { expect, test } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { saveLogStart } from '../../../src/metadata/log-start.ts';
import { partitionRows } from '../../../src/metadata/partitions.ts';
import { packJob } from '../../../src/processor/jobs/kinds.ts';
import { Scheduler } from '../../../src/processor/jobs/scheduler.ts';
import { TOPIC_A, TOPIC_B } from '../packs/batches.ts';
import { A, B, bytesOf, keysOf, packedBytes, packFixture, sealSome } from './pack-fixture.ts';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('a sealed segment becomes one object that holds every partition byte for byte', async () => {
  const fixture = await packFixture();
  const { wal, clock, objects, sections, packed, start } = fixture;
  const { sequence, placed } = await sealSome(wal, 0);
  const { sink } = start();
  await clock.advance(10_000);
  const done = await sink.run();
  expect(done).toMatchObject({ segments: 1, records: 12, indexes: 3, errors: 0, corrupt: 0 });
  expect(packed).toEqual([sequence]);
  expect(await keysOf(objects)).toHaveLength(1);
  expect(
    (await sections.bounds()).map(({ topicId, partition, lastOffset }) => [topicId, partition, lastOffset]),
  ).toEqual([
    [A, 0, 3],
    [A, 1, 3],
    [B, 0, 3],
  ]);
  expect(await packedBytes(fixture, A, 0)).toEqual(bytesOf(placed, TOPIC_A, 0));
  expect(await packedBytes(fixture, A, 1)).toEqual(bytesOf(placed, TOPIC_A, 1));
  expect(await packedBytes(fixture, B, 0)).toEqual(bytesOf(placed, TOPIC_B, 0));
});

test('a section row says what its batches hold', async () => {
  const { wal, sections, start, clock } = await packFixture();
  await sealSome(wal, 100);
  await start().sink.run(true);
  expect(await sections.atOrAfter(A, 1, 0)).toMatchObject({
    baseOffset: 100,
    lastOffset: 103,
    records: 4,
    generation: 0,
    minTimestamp: 1000,
    maxTimestamp: 1025,
    created: clock.now(),
  });
});

test('segments wait for their age, unless all are asked for or the WAL is over its limit', async () => {
  const { wal, clock, start, packed } = await packFixture();
  await sealSome(wal, 0);
  const { sink } = start();
  await clock.advance(9_999);
  expect((await sink.run()).segments).toBe(0);
  expect(sink.status().waiting).toBe(1);
  await clock.advance(1);
  expect((await sink.run()).segments).toBe(1);
  await sealSome(wal, 4);
  expect((await sink.run(true)).segments).toBe(1);
  expect(packed).toHaveLength(2);

  const small = await packFixture({ maxBytes: 1 });
  await sealSome(small.wal, 0);
  expect((await small.start().sink.run()).segments).toBe(1);
});

test('segments are packed in their order when the clock went back between them', async () => {
  const fixture = await packFixture();
  const { wal, clock, start } = fixture;
  const first = await sealSome(wal, 0);
  await clock.advance(-60_000);
  const second = await sealSome(wal, 4);
  await clock.advance(10_000);
  const { sink } = start();
  await sink.run();
  await sink.run(true);
  const placed = [...first.placed, ...second.placed];
  expect(await packedBytes(fixture, A, 0)).toEqual(bytesOf(placed, TOPIC_A, 0));
});

test('one run takes no more segments than it may', async () => {
  const { wal, clock, start, packed } = await packFixture();
  for (let i = 0; i < 5; i++) await sealSome(wal, i * 4);
  await clock.advance(20_000);
  const { sink } = start({ maxSegmentsPerRun: 2 });
  expect((await sink.run()).segments).toBe(2);
  expect((await sink.run()).segments).toBe(2);
  expect((await sink.run()).segments).toBe(1);
  expect(packed).toEqual([...packed].sort((a, b) => a - b));
  expect(new Set(packed).size).toBe(5);
});

test('a WAL over its limit is packed as soon as a segment is sealed, run after run', async () => {
  const { wal, start, packed } = await packFixture({ maxBytes: 1 });
  for (let i = 0; i < 4; i++) await sealSome(wal, i * 4);
  const { sink } = start({ maxSegmentsPerRun: 2 });
  wal.onSealed(() => void sink.catchUp());
  await sealSome(wal, 16);
  for (let turn = 0; turn < 1000 && sink.status().waiting > 0; turn++) await nextTurn();
  expect(packed).toHaveLength(5);
  await sink.stop();
});

test('the end does not wait for an upload that hangs', async () => {
  const { wal, clock, start, setFaults } = await packFixture();
  await sealSome(wal, 0);
  const { sink, building } = start();
  let cutOff: (() => void) | undefined;
  setFaults((operation) =>
    operation === 'put'
      ? new Promise<void>((_, reject) => {
          cutOff = () => reject(new Error('cut off'));
        })
      : undefined,
  );
  building.close = async () => cutOff?.();
  const running = sink.run(true);
  while (cutOff === undefined) await nextTurn();
  const stopped = sink.stop();
  while ((await Promise.race([stopped.then(() => 'stopped'), clock.advance(500).then(() => 'on')])) === 'on');
  expect(await running).toMatchObject({ segments: 0, errors: 1 });
});

test('runs at the same time are one run', async () => {
  const { wal, start, objects } = await packFixture();
  await sealSome(wal, 0);
  const { sink } = start();
  const runs = [sink.run(true), sink.run(true), sink.run(true)];
  expect(new Set(await Promise.all(runs)).size).toBe(1);
  expect(await keysOf(objects)).toHaveLength(1);
});

test('its job runs it every interval until the scheduler is stopped', async () => {
  const { wal, clock, start, packed } = await packFixture();
  const { sink } = start();
  const jobs = new Scheduler({
    clock,
    random: seededRandom(1),
    logger: silentLogger,
    metrics: createMetrics(),
    maxRunning: 1,
  });
  jobs.define(packJob(sink, 30_000));
  jobs.start();
  await sealSome(wal, 0);
  await clock.advance(30_000);
  await sink.run();
  expect(packed).toHaveLength(1);
  await sealSome(wal, 4);
  await jobs.stop();
  await sink.stop();
  await clock.advance(100_000);
  expect(packed).toHaveLength(1);
  expect((await sink.run()).segments).toBe(0);
});

test('a paused sink does nothing by itself', async () => {
  const { wal, clock, start, packed } = await packFixture();
  await sealSome(wal, 0);
  await clock.advance(60_000);
  const { sink } = start();
  sink.pause();
  await sink.run();
  expect(packed).toEqual([]);
  expect(sink.status().paused).toBe(true);
  sink.resume();
  await sink.run();
  expect(packed).toHaveLength(1);
});

test('batches of a deleted topic are left out, and what lies below the log start too', async () => {
  const { wal, sql, start, sections } = await packFixture();
  await sealSome(wal, 0);
  await sql.transaction([
    { sql: 'DELETE FROM topics WHERE topic_id = ?', params: [B] },
    { sql: 'INSERT INTO partitions VALUES (?, 0, 2, 0, 0, 0)', params: [A] },
  ]);
  await start().sink.run(true);
  const bounds = await sections.bounds();
  expect(bounds.map((one) => [one.topicId, one.partition, one.baseOffset])).toEqual([
    [A, 0, 2],
    [A, 1, 0],
  ]);
});

test('a segment of which nothing is wanted is finished without an object', async () => {
  const { wal, sql, start, objects, packed } = await packFixture();
  const { sequence } = await sealSome(wal, 0);
  await sql.transaction([{ sql: 'DELETE FROM topics' }]);
  await start().sink.run(true);
  expect(packed).toEqual([sequence]);
  expect(await keysOf(objects)).toEqual([]);
  expect(await sql.query('SELECT * FROM garbage')).toEqual([]);
});

test('what went below the log start while it was packed is not registered, and no sum counts it', async () => {
  const { wal, sql, clock, setFaults, sections, start } = await packFixture();
  await sealSome(wal, 0);
  setFaults((operation) => (operation === 'put' ? saveLogStart(sql, A, 0, 4, 'retention', clock.now()) : undefined));
  expect(await start().sink.run(true)).toMatchObject({ segments: 1, errors: 0 });
  const registered = (await sections.page(10)).map(({ topicId, partition }) => [topicId, partition]);
  expect(registered).toEqual([
    [A, 1],
    [B, 0],
  ]);
  const [row] = (await partitionRows(sql)).filter(({ topicId, partition }) => topicId === A && partition === 0);
  expect(row).toMatchObject({ logStart: 4, packedBytes: 0 });
});
