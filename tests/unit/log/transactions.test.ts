import { expect, test } from 'vitest';
import { buildMarker } from '../../../protocol/records/index.ts';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { crc32c } from '../../../src/base/crc32c.ts';
import { batch, openFixture } from './log-fixture.ts';

const inTransaction = (producerId: number, baseSequence: number) => ({
  producerId,
  producerEpoch: 0,
  baseSequence,
  isTransactional: true,
});

function marker(producerId: number, type: 'abort' | 'commit'): Uint8Array {
  const options = { baseOffset: 0, timestamp: 1000, producerId, producerEpoch: 0 };
  return buildMarker(options, { type, coordinatorEpoch: 1 }, {} as never, crc32c);
}

test('the last stable offset stays at the first open transaction until its marker is durable', async () => {
  const { log, partition } = await openFixture();
  partition.append(batch(['plain']));
  partition.append(batch(['a'], inTransaction(1, 0)));
  partition.append(batch(['b'], inTransaction(2, 0)));
  await log.flush();
  expect([partition.highWatermark, partition.lastStableOffset]).toEqual([3, 1]);
  partition.append(marker(1, 'commit'), 'coordinator');
  expect(partition.lastStableOffset).toBe(1);
  await log.flush();
  expect(partition.lastStableOffset).toBe(2);
  partition.append(marker(2, 'abort'), 'coordinator');
  await log.flush();
  expect(partition.lastStableOffset).toBe(5);
  const committed = await partition.read(0, 100_000, 'read_committed', true);
  expect(committed.abortedTransactions).toMatchObject([{ producerId: 2, firstOffset: 2 }]);
  const uncommitted = await partition.read(0, 100_000, 'read_uncommitted', true);
  expect(uncommitted.abortedTransactions).toEqual([]);
  await log.close();
});

test('open and aborted transactions are remembered over a restart', async () => {
  for (const close of [true, false]) {
    const disk = memoryDisk();
    const { log, partition } = await openFixture({ disk });
    partition.append(batch(['a'], inTransaction(1, 0)));
    partition.append(marker(1, 'abort'), 'coordinator');
    partition.append(batch(['b'], inTransaction(2, 0)));
    await log.flush();
    if (close) await log.close();
    const again = await openFixture({ disk });
    expect(again.partition.lastStableOffset).toBe(2);
    const read = await again.partition.read(0, 100_000, 'read_committed', true);
    expect(read.abortedTransactions).toMatchObject([{ producerId: 1, firstOffset: 0, lastOffset: 1 }]);
    again.partition.append(marker(2, 'commit'), 'coordinator');
    await again.log.flush();
    expect(again.partition.lastStableOffset).toBe(4);
    await again.log.close();
  }
});

test('a plain batch inside a transaction, and a client that writes markers, are refused', async () => {
  const { log, partition } = await openFixture();
  partition.append(batch(['a'], inTransaction(1, 0)));
  const plain = batch(['b'], { ...inTransaction(1, 1), isTransactional: false });
  expect(() => partition.append(plain)).toThrow(expect.objectContaining({ code: 'INVALID_TXN_STATE' }));
  expect(() => partition.append(marker(1, 'commit'))).toThrow(expect.objectContaining({ code: 'INVALID_RECORD' }));
  await log.close();
});

test('an end is written once when it is done again, and not into the next transaction', async () => {
  const { log, partition } = await openFixture();
  const end = { producerId: 1, producerEpoch: 1, commit: true, coordinatorEpoch: 0, raisesEpoch: true };
  partition.append(batch(['a'], inTransaction(1, 0)));
  expect(partition.endTransaction(end, 1)?.baseOffset).toBe(1);
  expect(partition.endTransaction(end, 1)).toBeUndefined();
  partition.append(batch(['b'], { ...inTransaction(1, 0), producerEpoch: 1 }));
  expect(partition.endTransaction(end, 1)).toBeUndefined();
  expect(() => partition.endTransaction(end)).toThrow(expect.objectContaining({ code: 'INVALID_PRODUCER_EPOCH' }));
  await log.flush();
  expect([...log.openTransactions()]).toMatchObject([{ producerId: 1, producerEpoch: 1, partition: 0 }]);
  expect(partition.knownProducers).toMatchObject([{ producerId: 1, lastSequence: 0, transactionStart: 2 }]);
  await log.close();
});

test('a marker gets into a topic whose batches must be smaller than it', async () => {
  const { log, partition } = await openFixture({ config: { maxMessageBytes: 10 } });
  const end = { producerId: 1, producerEpoch: 0, commit: false, coordinatorEpoch: 0, raisesEpoch: false };
  expect(partition.endTransaction(end)?.baseOffset).toBe(0);
  expect(() => partition.endTransaction({ ...end, coordinatorEpoch: -1 })).toThrow(
    expect.objectContaining({ code: 'TRANSACTION_COORDINATOR_FENCED' }),
  );
  await log.close();
});

test('records deleted below an open transaction take the last stable offset along', async () => {
  const { log, partition } = await openFixture();
  partition.append(batch(['a'], inTransaction(1, 0)));
  partition.append(batch(['b']));
  await log.flush();
  await partition.deleteRecordsBefore(2);
  expect([partition.logStartOffset, partition.lastStableOffset]).toEqual([2, 2]);
  await log.close();
});
