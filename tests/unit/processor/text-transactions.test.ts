import { expect, test } from 'vitest';
import { buildBatch, buildMarker, type MarkerType, readBatchHeader } from '../../../protocol/records/index.ts';
import { codecs } from '../../../src/base/compression.ts';
import { crc32c } from '../../../src/base/crc32c.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { TextIndexer } from '../../../src/processor/text/indexer.ts';
import type { TextPartition } from '../../../src/processor/text/partition.ts';
import { TextTransactions } from '../../../src/processor/text/transactions.ts';
import { partitionWith } from './text-fixture.ts';

/** A batch of `producerId`'s transaction, or a plain one. */
function batch(baseOffset: number, count: number, producerId = -1, size = 1): Uint8Array {
  const value = Buffer.from('word '.repeat(size));
  const records = Array.from({ length: count }, () => ({ timestamp: 5, value }));
  const producer = { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: producerId >= 0 };
  return buildBatch({ baseOffset, ...producer }, records, codecs, crc32c);
}

function marker(baseOffset: number, producerId: number, type: MarkerType): Uint8Array {
  const options = { baseOffset, timestamp: 5, producerId, producerEpoch: 0 };
  return buildMarker(options, { type, coordinatorEpoch: 1 }, codecs, crc32c);
}

/** An indexer that follows batches; each may name the WAL segment that it lies in. */
function follower(partition: TextPartition = partitionWith('a', 0)) {
  const indexer = new TextIndexer(codecs, 1e6, silentLogger);
  const follow = (...batches: Uint8Array[]): void => {
    for (const one of batches) indexer.follow(partition, one, 1, 0);
  };
  const offsets = (): number[] => {
    const found: number[] = [];
    for (const { index } of partition.slices)
      for (let at = 0; at < index.documents; at++) found.push(index.baseOffset + index.offsets[at]!);
    return found;
  };
  return { partition, indexer, follow, offsets };
}

test('records of a transaction are indexed at its commit, with those that came after its first', () => {
  const { partition, follow, offsets } = follower();
  follow(batch(0, 2), batch(2, 1, 7), batch(3, 2));
  expect([partition.indexedUpTo, partition.followed, offsets()]).toEqual([2, 5, [0, 1]]);
  follow(batch(5, 1, 7), marker(6, 7, 'commit'));
  expect([partition.indexedUpTo, offsets()]).toEqual([7, [0, 1, 2, 3, 4, 5]]);
  expect(partition.slices).toHaveLength(1);
  expect(partition.transactions.bytes).toBe(0);
});

test('records of an aborted transaction are never indexed, those of others beside it are', () => {
  const { partition, follow, offsets } = follower();
  follow(batch(0, 1, 7), batch(1, 1, 8), batch(2, 1), batch(3, 1, 7), marker(4, 7, 'abort'));
  expect([partition.indexedUpTo, offsets()]).toEqual([1, []]);
  follow(batch(5, 1, 7), marker(6, 8, 'commit'));
  expect([partition.indexedUpTo, offsets()]).toEqual([5, [1, 2]]);
  follow(marker(7, 7, 'commit'));
  expect([partition.indexedUpTo, offsets()]).toEqual([8, [1, 2, 5]]);
});

test('an index that begins in the middle of a transaction judges it by its marker', () => {
  const { partition, follow, offsets } = follower(partitionWith('a', 0, 10));
  follow(batch(10, 1, 7), batch(11, 1), marker(12, 7, 'abort'), marker(13, 9, 'commit'), batch(14, 1));
  expect(offsets()).toEqual([11, 14]);
  expect(partition.gaps).toEqual([{ from: 0, to: 10 }]);
});

test('what a transaction holds back in too many bytes is left to the log', () => {
  const { partition, follow, offsets } = follower();
  follow(batch(0, 1), batch(1, 1, 7), batch(2, 1));
  expect(partition.oldestWalSegment).toBe(1);
  for (let at = 3; at < 9; at++) follow(batch(at, 1, -1, 200_000));
  expect(partition.gaps[0]).toMatchObject({ from: 1 });
  expect(partition.transactions.range).toBeUndefined();
  // Others do not wait any more, and the transaction ends as it should.
  follow(batch(9, 1), batch(10, 1, 7), marker(11, 7, 'abort'), batch(12, 1));
  expect(offsets().slice(-2)).toEqual([9, 12]);
  expect(partition.indexedUpTo).toBe(1);
  expect(partition.followed).toBe(13);
});

test('gaps stay in order', () => {
  const partition = partitionWith('a', 0);
  partition.reach(10, 20);
  const hold = (from: number) => {
    const bytes = batch(from, 1, 3);
    const header = readBatchHeader(bytes, 0);
    partition.reach(from, from + 1);
    partition.transactions.add({ bytes, header, from, walSegment: 1, since: 0 }, false);
  };
  hold(20);
  partition.reach(25, 30);
  partition.passOverHeld();
  expect(partition.gaps).toEqual([
    { from: 0, to: 10 },
    { from: 20, to: 21 },
    { from: 21, to: 25 },
  ]);
});

test('the marker of a transaction without batches here changes nothing', () => {
  const transactions = new TextTransactions();
  const bytes = marker(4, 7, 'abort');
  const held = { bytes, header: readBatchHeader(bytes, 0), from: 4, walSegment: 1, since: 0 };
  expect(transactions.add(held, true)).toHaveLength(1);
  expect(transactions.range).toBeUndefined();
});
