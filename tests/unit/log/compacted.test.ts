import { expect, test } from 'vitest';
import { buildMarker } from '../../../protocol/records/index.ts';
import { crc32c } from '../../../src/base/crc32c.ts';
import { PartitionTail, TailCache } from '../../../src/log/tail.ts';
import type { LocalPartition } from '../../../src/log/partition.ts';
import { batch, noCold, openFixture, TOPIC_ID } from './log-fixture.ts';

function at(baseOffset: number): Uint8Array {
  return batch([`record ${baseOffset}`], { baseOffset });
}

test('a tail lets go of what was compacted, and of the rest when its memory is given up', () => {
  const cache = new TailCache(4000);
  const [tail, other] = [new PartitionTail(), new PartitionTail()];
  for (let offset = 0; offset < 10; offset++) {
    cache.add(tail, offset, at(offset));
    cache.add(other, offset, at(offset));
  }
  tail.dropBefore(4);
  expect(tail.read(3, 100, 10_000, true)).toBeUndefined();
  expect(tail.read(4, 100, 10_000, true)).toEqual([4, 5, 6, 7, 8, 9].map(at));
  expect(other.read(0, 100, 10_000, true)).toHaveLength(10);
  // The memory of what was dropped is given up first, and takes nothing else along.
  for (let offset = 10; offset < 60; offset++) {
    cache.add(other, offset, at(offset));
    const kept = tail.read(9, 100, 10_000, true);
    expect(kept ?? [at(9)]).toEqual([at(9)]);
  }
  expect(tail.read(9, 100, 10_000, true)).toBeUndefined();
  cache.add(tail, 10, at(10));
  expect(tail.read(10, 100, 10_000, true)).toEqual([at(10)]);
});

test('below the compacted offset an aborted transaction is named only with a batch of it', async () => {
  const inTransaction = (baseOffset: number, baseSequence: number) =>
    batch(['a'], { baseOffset, producerId: 1, producerEpoch: 0, baseSequence, isTransactional: true });
  const markerAt = (baseOffset: number) =>
    buildMarker(
      { baseOffset, timestamp: 1, producerId: 1, producerEpoch: 0 },
      { type: 'abort', coordinatorEpoch: 1 },
      {} as never,
      crc32c,
    );
  // What packs hold: first all of it, then what compaction leaves when the marker's time has come.
  let packed = [inTransaction(0, 0), markerAt(1), inTransaction(2, 1)];
  const replaced: number[] = [];
  const cold = {
    ...noCold,
    read: () => Promise.resolve({ batches: packed, bytes: 1, nextOffset: 3 }),
    replaced: (_topicId: string, partition: number) => void replaced.push(partition),
  };
  const facts = { topicId: TOPIC_ID, partition: 0, logStartOffset: 0, packedUpTo: 3, packedBytes: 1000 };
  const { log, ...fixture } = await openFixture({ cold, facts: [facts] });
  const partition = fixture.partition as LocalPartition;
  partition.producers.restore([], [{ producerId: 1, firstOffset: 0, lastOffset: 1 }]);
  const aborted = async () => (await partition.read(0, 1000, 'read_committed', true)).abortedTransactions;
  expect(await aborted()).toHaveLength(1);
  partition.compacted(3, -400);
  expect(await aborted()).toHaveLength(1);
  expect([partition.sizeBytes, replaced]).toEqual([600, [0]]);
  packed = [inTransaction(2, 1)];
  expect(await aborted()).toEqual([]);
  partition.forgetAborted([1]);
  expect(partition.abortedBelow(10)).toEqual([]);
  await log.close();
});

test('a read that was under way when compaction let an aborted transaction go still names it', async () => {
  const batches = [
    batch(['a'], { baseOffset: 0, producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true }),
  ];
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const cold = {
    ...noCold,
    async read() {
      await arrived;
      return { batches, bytes: 1, nextOffset: 1 };
    },
  };
  const facts = { topicId: TOPIC_ID, partition: 0, logStartOffset: 0, packedUpTo: 2, packedBytes: 1000 };
  const { log, ...fixture } = await openFixture({ cold, facts: [facts] });
  const partition = fixture.partition as LocalPartition;
  const aborted = { producerId: 1, firstOffset: 0, lastOffset: 1 };
  partition.producers.restore([], [aborted]);
  const reading = partition.read(0, 1000, 'read_committed', true);
  partition.compacted(2, -400);
  partition.forgetAborted([1]);
  arrive();
  expect((await reading).abortedTransactions).toEqual([aborted]);
  await log.close();
});
