import { afterEach, beforeEach, expect, test } from 'vitest';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import type { Disk } from '../../../src/base/disk.ts';
import { lastOffsetOf } from '../../../src/log/batch-fields.ts';
import type { LocalLog } from '../../../src/log/local-log.ts';
import type { LocalPartition } from '../../../src/log/partition.ts';
import type { ReadResult } from '../../../src/log/types.ts';
import { batch, openFixture } from './log-fixture.ts';

const BATCHES = 40;
const BATCH_BYTES = 1000;

let log: LocalLog;
let partition: LocalPartition;
let reads: number;
/** Numbers of the reads that fail. */
let failing: Set<number>;

/** Counts the reads of files, and lets them fail. */
function watched(disk: Disk): Disk {
  const open = disk.open.bind(disk);
  disk.open = (path, mode) => {
    const file = open(path, mode);
    const read = file.read.bind(file);
    file.read = (into, position) => {
      reads += 1;
      return failing.has(reads) ? Promise.reject(new Error('EIO')) : read(into, position);
    };
    return file;
  };
  return disk;
}

beforeEach(async () => {
  [reads, failing] = [0, new Set()];
  // A tail too small to hold any of it.
  const fixture = await openFixture({ disk: watched(memoryDisk()), settings: { tailMaxBytes: 64 } });
  log = fixture.log;
  partition = fixture.partition as LocalPartition;
  for (let i = 0; i < BATCHES; i++) partition.append(batch([`${i}`.padEnd(BATCH_BYTES - 80, '.')]));
  await log.flush();
});
afterEach(() => log.close());

/** Two batches from `offset` on, whose offsets are given; `at once` says that no disk was waited for. */
async function next(offset: number, maxBytes = 2 * BATCH_BYTES): Promise<{ offsets: number[]; atOnce: boolean }> {
  const lease = log.beginRead();
  const answer = partition.read(offset, maxBytes, 'read_uncommitted', true, lease);
  const { chunks }: ReadResult = await answer;
  const offsets = chunks.map(lastOffsetOf);
  lease.end();
  return { offsets, atOnce: !(answer instanceof Promise) };
}

/** Lets what is read ahead arrive. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

test('whoever goes on where a read has ended is answered at once, with every batch once', async () => {
  const seen: number[] = [];
  const atOnce: boolean[] = [];
  while (seen.length < BATCHES) {
    const answer = await next(seen.length);
    seen.push(...answer.offsets);
    atOnce.push(answer.atOnce);
    await settle();
  }
  expect(seen).toEqual(Array.from({ length: BATCHES }, (_, i) => i));
  // The first two reads show that it is a sequence.
  expect(atOnce).toEqual(atOnce.map((_, i) => i >= 2));
});

test('a read that comes while its batches are on their way waits for them', async () => {
  await next(0);
  const before = reads;
  await next(2);
  expect((await next(4)).offsets).toEqual([4, 5]);
  await settle();
  // For offsets 2, 4 and what follows: none was read twice.
  expect(reads - before).toBe(3);
});

test('single reads here and there read nothing ahead', async () => {
  for (const offset of [0, 10, 30, 20]) await next(offset);
  await settle();
  expect(reads).toBe(4);
});

test('a smaller read takes what fits of what was read ahead, and the rest comes next', async () => {
  await next(0);
  await next(2);
  await settle();
  expect(await next(4, BATCH_BYTES)).toEqual({ offsets: [4], atOnce: true });
  expect((await next(5)).offsets).toEqual([5]);
  expect((await next(6)).offsets).toEqual([6, 7]);
});

test('a read without room for one batch leaves what was read ahead to the next', async () => {
  await next(0);
  await next(2);
  await settle();
  const lease = log.beginRead();
  expect((await partition.read(4, 10, 'read_uncommitted', false, lease)).chunks).toEqual([]);
  lease.end();
  expect(await next(4)).toEqual({ offsets: [4, 5], atOnce: true });
});

test('an error while reading ahead is nobody’s until the offset is asked for', async () => {
  // The third read is the first that is made ahead, the fourth takes its place.
  failing = new Set([3, 6]);
  await next(0);
  await next(2);
  await settle();
  expect((await next(4)).offsets).toEqual([4, 5]);
  await settle();
  expect(reads).toBe(5);
  await expect(next(30)).rejects.toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
});

test('what compaction replaced is not given out from what was read ahead', async () => {
  await next(0);
  await next(2);
  await settle();
  const before = reads;
  partition.compacted(10, 0);
  expect((await next(4)).atOnce).toBe(false);
  expect(reads).toBeGreaterThan(before);
});

test('memory of what was read ahead is not filled again while its lease holds', async () => {
  await next(0);
  await next(2);
  await settle();
  const lease = log.beginRead();
  const { chunks } = await partition.read(4, 2 * BATCH_BYTES, 'read_uncommitted', true, lease);
  const copies = chunks.map((chunk) => Uint8Array.from(chunk));
  for (let offset = 6; offset < BATCHES; offset += 2) {
    await next(offset);
    await settle();
  }
  expect(chunks.map((chunk, i) => Buffer.compare(chunk, copies[i]!))).toEqual([0, 0]);
  lease.end();
});
