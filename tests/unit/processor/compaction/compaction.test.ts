import { expect, test } from 'vitest';
import { saveLogStart } from '../../../../src/metadata/log-start.ts';
import { deleteTopic } from '../../../../src/metadata/topics.ts';
import type { SqlEngine } from '../../../../src/metadata/types.ts';
import { faulty } from '../../../../src/objects/faulty.ts';
import { GarbageSweep } from '../../../../src/processor/garbage-sweep.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { createMetrics } from '../../../../src/base/metrics.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { compactionJob } from '../../../../src/processor/jobs/kinds.ts';
import { Scheduler } from '../../../../src/processor/jobs/scheduler.ts';
import { keysOf } from '../pack-fixture.ts';
import { compactionWorld, TOPIC } from './world.ts';

const text = { topicId: TOPIC, partition: 0, generation: 0, position: 0, length: 9, documents: 2 };
const times = { minTimestamp: 0, maxTimestamp: 0, created: 0 };

test('the last records are left, in one section of a higher generation, and the log is told', async () => {
  const { add, start, left, sections, partition, uploads, sql } = await compactionWorld();
  const end = await add(await add(0, ['a=1', 'b=1'], ['a=2']), ['b=2', 'c=1']);
  const before = (await sections.bounds(TOPIC, 0))[0]!.bytes;
  const compaction = start();
  await compaction.run();
  expect(await left()).toEqual(['2:a=2', '3:b=2', '4:c=1']);
  const rows = await sections.overlapping(TOPIC, 0, 0, 100);
  expect(rows).toMatchObject([{ baseOffset: 2, lastOffset: 4, generation: 1, records: 3 }]);
  expect(partition.told).toEqual([[end, rows[0]!.length - before]]);
  expect(compaction.status()).toMatchObject({
    passes: 1,
    recordsRemoved: 2,
    failing: 0,
    running: false,
    maxDirtyRatio: 0,
  });
  expect(uploads.size).toBe(0);
  expect(await sql.query('SELECT packed_bytes FROM partitions')).toMatchObject([{ packed_bytes: rows[0]!.length }]);
  await compaction.run();
  expect(compaction.status().passes).toBe(1);
});

test('open transactions, the WAL and a policy without compaction are left alone until that changes', async () => {
  const { add, start, left, partition } = await compactionWorld();
  await add(await add(0, ['a=1', 'a=2']), ['a=3', 'a=4']);
  const compaction = start();
  partition.lastStableOffset = 1;
  await compaction.run();
  expect(await left()).toHaveLength(4);
  partition.lastStableOffset = 100;
  partition.packedBelow = 3;
  await compaction.run();
  expect(await left()).toEqual(['1:a=2', '2:a=3', '3:a=4']);
  partition.packedBelow = 100;
  partition.config = { ...partition.config, compact: false };
  await compaction.run();
  expect(await left()).toHaveLength(3);
  partition.config = { ...partition.config, compact: true };
  await compaction.run();
  expect(await left()).toEqual(['3:a=4']);
});

test('what is too young is gone over when its time has come, without anything else having changed', async () => {
  const { add, start, left, partition, clock } = await compactionWorld();
  partition.config = { ...partition.config, minCompactionLagMs: clock.now() + 1000 };
  await add(0, ['a=1', 'a=2']);
  const compaction = start();
  await compaction.run();
  expect(await left()).toHaveLength(2);
  await clock.advance(1010);
  await compaction.run();
  expect(await left()).toEqual(['1:a=2']);
});

test('a pass that fails is tried again later, and leaves nothing but garbage behind', async () => {
  const faults = { refuse: true };
  const world = await compactionWorld({
    decorate: (store) =>
      faulty(store, (operation) => (operation === 'put' && faults.refuse ? 'answer-lost' : undefined)),
  });
  const { add, start, left, clock, objects, uploads, sql } = world;
  faults.refuse = false;
  await add(0, ['a=1', 'a=2']);
  faults.refuse = true;
  const compaction = start();
  await compaction.run();
  expect(compaction.status()).toMatchObject({ passes: 0, failing: 1 });
  faults.refuse = false;
  await compaction.run();
  expect(await left()).toHaveLength(2);
  await clock.advance(60_001);
  await compaction.run();
  expect(compaction.status()).toMatchObject({ passes: 1, failing: 0 });
  expect(await left()).toEqual(['1:a=2']);
  expect(uploads.size).toBe(0);
  await clock.advance(100_000);
  const parts = { sql, store: objects, clock, logger: silentLogger, metrics: createMetrics(), uploads };
  await new GarbageSweep({ ...parts, graceMs: 60_000 }).run();
  expect((await keysOf(objects)).map((key) => key.split('/')[0])).toEqual(['indexes', 'packs']);
});

test.each(['retention', 'deletion'])('a swap of what went meanwhile does not take place (%s)', async (what) => {
  const world = await compactionWorld();
  const { add, start, sections, sql, clock } = world;
  await add(await add(0, ['a=1', 'a=2']), ['a=3', 'b=1']);
  const compaction = start((real) => ({
    close: () => real.close(),
    compact: (task, host) =>
      real.compact(task, {
        ...host,
        async swap(swap) {
          if (what === 'retention') await saveLogStart(sql, TOPIC, 0, 2, 'retention', clock.now());
          else await sql.transaction(deleteTopic(sql, TOPIC, clock.now()));
          await host.swap(swap);
        },
      }),
  }));
  await compaction.run();
  expect(compaction.status()).toMatchObject({ passes: 0, failing: 1 });
  const rows = await sections.overlapping(TOPIC, 0, 0, 100);
  expect(rows.map(({ baseOffset, generation }) => [baseOffset, generation])).toEqual(
    what === 'retention' ? [[2, 0]] : [],
  );
});

test('a crash around any transaction loses nothing, and the next start finishes', async () => {
  for (let at = 0; at < 6; at++)
    for (const done of [false, true]) {
      let transactions = 0;
      const dying = (sql: SqlEngine): SqlEngine => ({
        query: (statement, params) => sql.query(statement, params),
        close: () => sql.close(),
        async transaction(statements) {
          const dies = transactions++ === at;
          if (!dies || done) await sql.transaction(statements);
          if (dies) throw new Error('the process died here');
        },
      });
      const world = await compactionWorld({ sql: dying });
      const { add, start, left, partition } = world;
      partition.config = { ...partition.config, segmentBytes: 1 };
      await add(await add(0, ['a=1', 'b=1', 'a']), ['b=2', 'c=1']);
      await start().run();
      expect((await left()).slice(-2), `transaction ${at}, ${done}`).toEqual(['3:b=2', '4:c=1']);
      await start().run();
      expect(await left(), `transaction ${at}, ${done}`).toEqual(['2:a=', '3:b=2', '4:c=1']);
    }
});

test('of text segments that overlap those stay of which something counts', async () => {
  const { add, start, sql, texts, partition } = await compactionWorld();
  await add(await add(0, ['a=1', 'a=2']), ['a=3', 'b=1']);
  const insert = (baseOffset: number, lastOffset: number) =>
    texts.insert({ ...text, ...times, baseOffset, lastOffset, objectKey: `old-${baseOffset}` });
  await sql.transaction([insert(0, 0), insert(1, 2), insert(3, 8)]);
  partition.packedBelow = 2;
  const compaction = start();
  await compaction.run();
  const rows = async () =>
    (await texts.page(10)).map((row) => [row.baseOffset, row.lastOffset, row.generation, row.documents]);
  expect(await rows()).toEqual([
    [0, 1, 1, 1],
    [1, 2, 0, 2],
    [3, 8, 0, 2],
  ]);
  partition.packedBelow = 4;
  await compaction.run();
  expect(await rows()).toEqual([
    [0, 3, 2, 2],
    [3, 8, 0, 2],
  ]);
});

test('of a topic that is not searched the old text segments go, and one searched meanwhile is not swapped without them', async () => {
  const { add, start, sql, texts, state, left } = await compactionWorld();
  await add(0, ['a=1', 'a=2']);
  await sql.transaction([texts.insert({ ...text, ...times, baseOffset: 0, lastOffset: 8, objectKey: 'old' })]);
  state.searched = false;
  await start((real) => ({
    close: () => real.close(),
    compact: (task, host) => {
      state.searched = true;
      return real.compact(task, host);
    },
  })).run();
  expect(await left()).toHaveLength(2);
  state.searched = false;
  await start().run();
  expect(await left()).toEqual(['1:a=2']);
  expect(await texts.page(10)).toEqual([]);
});

test('it looks by itself every so often, not while it is paused, and not after the end', async () => {
  const { add, start, left, clock } = await compactionWorld();
  await add(0, ['a=1', 'a=2']);
  const compaction = start();
  const jobs = new Scheduler({
    clock,
    random: seededRandom(1),
    logger: silentLogger,
    metrics: createMetrics(),
    maxRunning: 1,
  });
  jobs.define(compactionJob(compaction, () => 1000));
  jobs.start();
  compaction.pause();
  const settle = async (): Promise<void> => {
    await clock.advance(1001);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  await settle();
  expect(await left()).toHaveLength(2);
  compaction.resume();
  await settle();
  expect(await left()).toHaveLength(1);
  await jobs.stop();
  await compaction.stop();
  await add(2, ['a=3', 'a=4']);
  await settle();
  expect(await left()).toHaveLength(3);
});

test('a partition that fails again and again is a failure while it waits, too, until there is nothing to be done for it', async () => {
  const { add, start, partition, clock } = await compactionWorld();
  await add(0, ['a=1', 'a=2']);
  const compaction = start(() => ({
    close: () => Promise.resolve(),
    compact: () => Promise.reject(new Error('a pack is damaged')),
  }));
  const found: number[] = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    found.push(await compaction.run(), await compaction.run());
    await clock.advance(60_001);
  }
  expect(found).toEqual([1, 0, 1, 0, 1, 1]);
  expect(compaction.status().failing).toBe(1);
  // Retention let go of what was damaged.
  partition.logStartOffset = 2;
  expect(await compaction.run()).toBe(0);
  expect(compaction.status().failing).toBe(0);
});

test('what is left below a log start that rose meanwhile is not registered, and its object is garbage', async () => {
  const { add, start, sections, sql, clock, partition } = await compactionWorld();
  partition.config = { ...partition.config, segmentBytes: 1 };
  await add(await add(0, ['a=1'], ['b=1', 'b=2']), ['b=3', 'c=1']);
  let swaps = 0;
  const compaction = start((real) => ({
    close: () => real.close(),
    compact: (task, host) =>
      real.compact(task, {
        ...host,
        async swap(swap) {
          if (swaps++ === 0) await saveLogStart(sql, TOPIC, 0, 2, 'retention', clock.now());
          await host.swap(swap);
        },
      }),
  }));
  await compaction.run();
  expect(compaction.status()).toMatchObject({ passes: 1, failing: 0 });
  expect((await sections.page(10)).map(({ baseOffset }) => baseOffset)).toEqual([3]);
  const garbage = await sql.query('SELECT object_key, reason FROM garbage ORDER BY reason');
  expect(garbage).toMatchObject([
    { object_key: 'packs/0', reason: 'forgotten' },
    { object_key: expect.stringMatching(/^packs\/compacted-/), reason: 'unused' },
  ]);
});
