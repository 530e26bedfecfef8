import { expect, test } from 'vitest';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { firstRetained } from '../../../src/log/retention.ts';
import type { LocalPartition } from '../../../src/log/partition.ts';
import { applyRetention } from '../../../src/log/retention.ts';
import { batch, noCold, openFixture, record, TOPIC_ID } from './log-fixture.ts';

const at = (timestamp: number) => ({ timestamp });

test('a lookup by time finds the exact record, in the tail, in the WAL and after a restart', async () => {
  const disk = memoryDisk();
  let { log, partition } = await openFixture({ disk, settings: { sealBytes: 6000 } });
  for (let i = 0; i < 50; i++)
    partition.append(
      batch([record(`a${'x'.repeat(100)}`, 1000 + i * 10), record('b', 1005 + i * 10)], {
        compression: i % 2 === 0 ? 'gzip' : 'none',
      }),
    );
  await log.flush();
  for (let run = 0; run < 2; run++) {
    for (const [timestamp, offset] of [
      [0, 0],
      [1000, 0],
      [1001, 1],
      [1246, 50],
      [1495, 99],
    ])
      expect((await partition.findOffset(at(timestamp!), 'read_uncommitted'))?.offset).toBe(offset);
    expect(await partition.findOffset(at(1496), 'read_uncommitted')).toBeUndefined();
    expect(await partition.findOffset('max-timestamp', 'read_uncommitted')).toMatchObject({
      offset: 99,
      timestamp: 1495,
    });
    expect(await partition.findOffset('earliest', 'read_uncommitted')).toMatchObject({ offset: 0, timestamp: -1 });
    expect(await partition.findOffset('latest', 'read_uncommitted')).toMatchObject({ offset: 100 });
    await log.close();
    ({ log, partition } = await openFixture({ disk, settings: { sealBytes: 6000, tailMaxBytes: 0 } }));
  }
  await log.close();
});

test('timestamps out of order: the first record by offset that is late enough, and the first of the latest', async () => {
  const { log, partition } = await openFixture();
  for (const times of [[50, 10], [70, 20], [70, 30], [40]])
    partition.append(batch(times.map((time) => record('v', time))));
  await log.flush();
  const found = async (timestamp: number) => (await partition.findOffset(at(timestamp), 'read_uncommitted'))?.offset;
  expect([await found(15), await found(51), await found(71)]).toEqual([0, 2, undefined]);
  expect(await partition.findOffset('max-timestamp', 'read_uncommitted')).toMatchObject({ offset: 2, timestamp: 70 });
  await partition.deleteRecordsBefore(3);
  expect([await found(15), await found(51)]).toEqual([3, 4]);
  expect(await partition.findOffset('earliest', 'read_uncommitted')).toMatchObject({ offset: 3 });
  await log.close();
});

test('what is not durable is not found', async () => {
  const { log, partition } = await openFixture();
  partition.append(batch([record('v', 500)]));
  expect(await partition.findOffset(at(1), 'read_uncommitted')).toBeUndefined();
  expect(await partition.findOffset('max-timestamp', 'read_uncommitted')).toBeUndefined();
  await log.flush();
  expect((await partition.findOffset(at(1), 'read_uncommitted'))?.offset).toBe(0);
  await log.close();
});

const units = [0, 1, 2, 3].map((i) => ({
  baseOffset: i * 10,
  lastOffset: i * 10 + 9,
  bytes: 100,
  maxTimestamp: 1000 + i,
}));

test('retention by time lets the oldest go while all their records are too old', () => {
  const rules = { retentionMs: 10, retentionBytes: -1, highWatermark: 40 };
  expect(firstRetained(units, 0, { ...rules, now: 1010 })).toBe(0);
  expect(firstRetained(units, 0, { ...rules, now: 1011 })).toBe(10);
  expect(firstRetained(units, 0, { ...rules, now: 9999 })).toBe(40);
  expect(firstRetained(units, 0, { ...rules, now: 9999, highWatermark: 35 })).toBe(30);
  const late = units.map((unit, i) => (i === 1 ? { ...unit, maxTimestamp: 9000 } : unit));
  expect(firstRetained(late, 0, { ...rules, now: 5000 })).toBe(10);
});

test('retention by size lets the oldest go while enough is left', () => {
  const rules = { retentionMs: -1, now: 0, highWatermark: 40 };
  expect(firstRetained(units, 0, { ...rules, retentionBytes: 400 })).toBe(0);
  expect(firstRetained(units, 0, { ...rules, retentionBytes: 301 })).toBe(0);
  expect(firstRetained(units, 0, { ...rules, retentionBytes: 300 })).toBe(10);
  expect(firstRetained(units, 0, { ...rules, retentionBytes: 0 })).toBe(40);
});

test('what rewritings emptied keeps nothing that comes after it', () => {
  const rules = { retentionMs: 10, retentionBytes: -1, highWatermark: 40 };
  const empty = units.map((unit, i) => (i < 2 ? { ...unit, maxTimestamp: -1, isEmpty: true } : unit));
  expect(firstRetained(empty, 0, { ...rules, now: 1010 })).toBe(0);
  expect(firstRetained(empty, 0, { ...rules, now: 1013 })).toBe(30);
  expect(firstRetained(empty, 0, { ...rules, now: 1013, highWatermark: 25 })).toBe(0);
});

test('retention by time goes on over a section that has no records any more, and takes records without timestamps for as old as their pack', async () => {
  let sections = [
    { baseOffset: 0, lastOffset: 9, length: 100, maxTimestamp: -1, records: 0, created: 5000 },
    { baseOffset: 10, lastOffset: 19, length: 100, maxTimestamp: 100, records: 10, created: 100 },
    { baseOffset: 20, lastOffset: 29, length: 100, maxTimestamp: -1, records: 10, created: 3000 },
  ];
  const cold = { ...noCold, sections: () => Promise.resolve(sections) };
  const { log, partition } = await openFixture({
    cold,
    config: { retentionMs: 1000 },
    facts: [{ topicId: 'BwcHBwcHBwcHBwcHBwcHBw', partition: 0, logStartOffset: 0, packedUpTo: 30, packedBytes: 300 }],
    saveLogStart: () => Promise.resolve(),
  });
  expect(await applyRetention(partition as LocalPartition, 1200)).toBe(20);
  sections = sections.slice(2);
  expect(await applyRetention(partition as LocalPartition, 4000)).toBe(20);
  expect(await applyRetention(partition as LocalPartition, 4001)).toBe(30);
  await log.close();
});

test('a partition lets go what is too old, in packs and in the WAL, durably before it shows', async () => {
  const saved: number[] = [];
  const sections = [{ baseOffset: 0, lastOffset: 9, length: 500, maxTimestamp: 100 }];
  const cold = { ...noCold, sections: () => Promise.resolve(sections) };
  const { log, partition } = await openFixture({
    cold,
    config: { retentionMs: 1000 },
    facts: [{ topicId: 'BwcHBwcHBwcHBwcHBwcHBw', partition: 0, logStartOffset: 0, packedUpTo: 10, packedBytes: 500 }],
    saveLogStart: (_topic, _partition, offset) => {
      expect(partition.logStartOffset).toBeLessThan(offset);
      saved.push(offset);
      return Promise.resolve();
    },
  });
  await partition.append(batch([record('v', 2000)])).durable;
  expect([partition.logStartOffset, partition.sizeBytes > 500]).toEqual([0, true]);
  expect(await applyRetention(partition as LocalPartition, 1200)).toBe(10);
  expect([saved, partition.sizeBytes < 500]).toEqual([[10], true]);
  expect(await applyRetention(partition as LocalPartition, 9000)).toBe(11);
  expect(() => partition.read(10, 100, 'read_uncommitted', true)).toThrow(/outside of \[11, 11\]/);
  await log.close();
});

test('records are not deleted above the high watermark, and the log start never goes back', async () => {
  const { log, partition } = await openFixture();
  partition.append(batch(['a', 'b']));
  await log.flush();
  partition.append(batch(['c']));
  await expect(partition.deleteRecordsBefore(3)).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
  expect(await partition.deleteRecordsBefore(1)).toBe(1);
  expect(await partition.deleteRecordsBefore(0)).toBe(1);
  expect(await partition.deleteRecordsBefore(-1)).toBe(2);
  await log.close();
});

test('a read of what is deleted meanwhile is out of range, and no fault of the storage', async () => {
  const { log, partition } = await openFixture({
    cold: {
      ...noCold,
      async read() {
        await partition.deleteRecordsBefore(-1);
        return undefined;
      },
    },
    facts: [{ topicId: TOPIC_ID, partition: 0, logStartOffset: 0, packedUpTo: 3, packedBytes: 1000 }],
  });
  await expect(partition.read(0, 1000, 'read_uncommitted', true)).rejects.toMatchObject({
    code: 'OFFSET_OUT_OF_RANGE',
  });
  await log.close();
});
