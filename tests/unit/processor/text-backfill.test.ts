import { expect, test } from 'vitest';
import { codecs } from '../../../src/base/compression.ts';
import { crc32c } from '../../../src/base/crc32c.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { TextBackfill } from '../../../src/processor/text/backfill.ts';
import { TextIndexer } from '../../../src/processor/text/indexer.ts';
import type { TextPartition } from '../../../src/processor/text/partition.ts';
import type { CommittedRead } from '../../../src/log/committed-read.ts';
import { type BatchOptions, buildBatch } from '../../../protocol/records/index.ts';
import { ManualClock } from './manual-clock.ts';
import { partitionWith, settle } from './text-fixture.ts';

function batch(baseOffset: number, count: number, options: Partial<BatchOptions> = {}): Uint8Array {
  const records = Array.from({ length: count }, (_, n) => ({
    offset: baseOffset + n,
    timestamp: 0,
    key: null,
    value: Buffer.from(`record ${baseOffset + n}`),
    headers: [],
  }));
  return buildBatch({ ...options, baseOffset }, records, codecs, crc32c);
}

const read = (...batches: Uint8Array[]): CommittedRead => ({ batches: Buffer.concat(batches), aborted: [] });

/** Runs a backfill over partitions until nothing changes any more. */
async function fill(
  partitions: readonly TextPartition[],
  readLog: (partition: number, offset: number) => CommittedRead | Error,
  limitBytes = 1e6,
): Promise<TextIndexer> {
  const clock = new ManualClock();
  const indexer = new TextIndexer(codecs, limitBytes, silentLogger);
  let turn = 0;
  const backfill = new TextBackfill({
    host: {
      readLog: async (_topicId, partition, offset) => {
        const read = readLog(partition, offset);
        if (read instanceof Error) throw read;
        return read;
      },
    },
    indexer,
    clock,
    logger: silentLogger,
    room: () => Promise.resolve(),
    next: () => {
      const now = clock.monotonic();
      const waiting = partitions.filter(({ gaps, unstableUntil }) => gaps.length > 0 && unstableUntil <= now);
      return waiting[turn++ % Math.max(1, waiting.length)];
    },
    onProgress: () => {},
  });
  backfill.start();
  for (let second = 0; second < 10; second++) {
    await settle();
    await clock.advance(1000);
  }
  await backfill.stop();
  return indexer;
}

const documents = (partition: TextPartition): number =>
  partition.slices.reduce((sum, { index }) => sum + index.documents, 0);

test('a gap is filled batch by batch, each record once, also where batches reach over its ends', async () => {
  const partition = partitionWith('a', 0, 20);
  const indexer = await fill([partition], (_partition, offset) =>
    offset < 10 ? read(batch(0, 6), batch(6, 4)) : read(batch(8, 30)),
  );
  expect(partition.indexedUpTo).toBe(20);
  expect(documents(partition)).toBe(20);
  expect(indexer.records).toBe(20);
});

test('what holds nothing is covered, so that a search over it is complete', async () => {
  const partition = partitionWith('a', 0, 20);
  await fill([partition], (_partition, offset) => {
    if (offset === 0) return read(batch(0, 3), batch(9, 3));
    return { nothingBefore: 1000 };
  });
  expect(partition.indexedUpTo).toBe(20);
  expect(documents(partition)).toBe(6);
  const covered = partition.slices.map(({ index }) => [index.baseOffset, index.endOffset]);
  expect(covered[0]![0]).toBe(0);
  expect(covered.at(-1)![1]).toBe(20);
  for (const [at, range] of covered.slice(1).entries()) expect(range[0]).toBe(covered[at]![1]);
});

test('offsets below the log start are passed over', async () => {
  const partition = partitionWith('a', 0, 20);
  await fill([partition], (_partition, offset) => (offset < 15 ? { logStart: 15 } : read(batch(15, 5))));
  expect(partition.indexedUpTo).toBe(20);
  expect(partition.slices.map(({ index }) => [index.baseOffset, index.endOffset])).toEqual([[15, 20]]);
});

test('a partition that cannot be read, or begins with an open transaction, holds up no other', async () => {
  const [broken, open, sound] = [partitionWith('a', 0, 20), partitionWith('a', 1, 20), partitionWith('a', 2, 20)];
  await fill([broken, open, sound], (partition) => {
    if (partition === 0) return new Error('the pack is missing');
    return partition === 1 ? { unstable: true } : read(batch(0, 20));
  });
  expect([broken, open, sound].map(({ indexedUpTo }) => indexedUpTo)).toEqual([0, 0, 20]);
});

test('records of aborted transactions are covered and not indexed', async () => {
  const partition = partitionWith('a', 0, 20);
  const inTransaction = { producerId: 4, producerEpoch: 0, baseSequence: 0, isTransactional: true };
  await fill([partition], () => ({
    batches: Buffer.concat([batch(0, 5, inTransaction), batch(5, 5), batch(10, 10, inTransaction)]),
    aborted: [{ producerId: 4, firstOffset: 0, lastOffset: 9 }],
  }));
  expect(partition.indexedUpTo).toBe(20);
  expect(documents(partition)).toBe(15);
});

/** A batch whose records have a thousand names each that no other has. */
function batchOfNames(count: number): Uint8Array {
  const records = Array.from({ length: count }, (_, n) => {
    const names = Array.from({ length: 999 }, (_name, i) => [`n${i}`, 0] as const);
    const value = Buffer.from(JSON.stringify({ [`r${n}`]: Object.fromEntries(names) }));
    return { offset: n, timestamp: 0, key: null, value, headers: [] };
  });
  return buildBatch({ baseOffset: 0, compression: 'gzip' }, records, codecs, crc32c);
}

const mostNames = (partition: TextPartition): number =>
  Math.max(...partition.slices.map(({ index }) => index.fields.size));

test('an index whose names are too many ends in the middle of a batch that brings more', async () => {
  const partition = partitionWith('a', 0, 60);
  await fill([partition], () => read(batchOfNames(60)), 1e8);
  expect(partition.indexedUpTo).toBe(60);
  expect(documents(partition)).toBe(60);
  expect(mostNames(partition)).toBeLessThan(22_000);
});

test('what the WAL brings beyond that is left to the log', () => {
  const partition = partitionWith('a', 0);
  const indexer = new TextIndexer(codecs, 1e8, silentLogger);
  indexer.follow(partition, batchOfNames(60), 1, 0);
  const [gap] = partition.gaps;
  expect(partition.slices.map(({ index }) => index.endOffset)).toEqual([gap?.from]);
  expect([gap?.to, partition.followed, partition.indexedUpTo]).toEqual([60, 60, gap?.from]);
  expect(mostNames(partition)).toBeLessThan(22_000);
});
