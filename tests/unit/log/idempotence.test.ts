import { expect, test } from 'vitest';
import type { BatchOptions } from '../../../protocol/records/build.ts';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { LogError, type PartitionLog } from '../../../src/log/types.ts';
import { noFaults, SimulatedDisk } from '../../../simulation/disk.ts';
import { batch, openFixture } from './log-fixture.ts';

const from = (baseSequence: number, options: Partial<BatchOptions> = {}) => ({
  producerId: 9,
  producerEpoch: 0,
  baseSequence,
  ...options,
});

/** The offset that a batch of so many records gets, or the name of the error. */
function send(partition: PartitionLog, records: number, options: Partial<BatchOptions>): string {
  try {
    const { baseOffset, duplicate } = partition.append(
      batch(
        Array.from({ length: records }, () => 'v'),
        options,
      ),
    );
    return `${baseOffset}${duplicate ? ' again' : ''}`;
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    return error.code;
  }
}

test('each of the last five batches, sent again, is answered with its old offset and not appended', async () => {
  const { log, partition } = await openFixture();
  for (let i = 0; i < 7; i++) expect(send(partition, 2, from(i * 2))).toBe(String(i * 2));
  expect([2, 3, 4, 5, 6].map((i) => send(partition, 2, from(i * 2)))).toEqual([
    '4 again',
    '6 again',
    '8 again',
    '10 again',
    '12 again',
  ]);
  expect(send(partition, 2, from(2))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
  expect(partition.logEndOffset).toBe(14);
  await log.close();
});

test('a retry of a batch that is not durable yet waits for it', async () => {
  const disk = new SimulatedDisk();
  const { partition } = await openFixture({ disk });
  let done = (): void => {};
  disk.faults = { ...noFaults, sync: () => new Promise((resolve) => (done = resolve)) };
  const first = partition.append(batch(['v'], from(0)));
  await new Promise((resolve) => setImmediate(resolve));
  const again = partition.append(batch(['v'], from(0)));
  expect(again.duplicate).toBe(true);
  const order: string[] = [];
  void again.durable.then(() => order.push(`retry at ${partition.highWatermark}`));
  await new Promise((resolve) => setImmediate(resolve));
  expect(order).toEqual([]);
  done();
  await first.durable;
  await again.durable;
  expect(order).toEqual(['retry at 1']);
});

test('a retry after the WAL stopped is refused, although the first one was taken', async () => {
  const disk = new SimulatedDisk();
  const { partition } = await openFixture({ disk });
  disk.faults = { ...noFaults, sync: () => Promise.reject(new Error('EIO')) };
  const first = partition.append(batch(['v'], from(0)));
  await expect(first.durable).rejects.toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
  const again = partition.append(batch(['v'], from(0)));
  await expect(again.durable).rejects.toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
});

test('a gap in the sequence is refused; a producer that is not known may start anywhere', async () => {
  const { log, partition } = await openFixture();
  expect(send(partition, 1, from(41))).toBe('0');
  expect(send(partition, 1, from(43))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
  expect(send(partition, 1, from(42))).toBe('1');
  await log.close();
});

test('sequences wrap from 2^31 - 1 to 0, inside a batch and between batches', async () => {
  const { log, partition } = await openFixture();
  expect(send(partition, 2, from(2 ** 31 - 3))).toBe('0');
  expect(send(partition, 3, from(2 ** 31 - 1))).toBe('2');
  expect(send(partition, 3, from(2 ** 31 - 1))).toBe('2 again');
  expect(send(partition, 1, from(2))).toBe('5');
  expect(send(partition, 1, { ...from(2 ** 31 - 1), producerId: 10 })).toBe('6');
  expect(send(partition, 1, { ...from(0), producerId: 10 })).toBe('7');
  await log.close();
});

test('a new epoch starts at sequence 0, and the old one is fenced', async () => {
  const { log, partition } = await openFixture();
  expect(send(partition, 1, from(0))).toBe('0');
  expect(send(partition, 1, from(5, { producerEpoch: 1 }))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
  expect(send(partition, 1, from(0, { producerEpoch: 1 }))).toBe('1');
  expect(send(partition, 1, from(1))).toBe('INVALID_PRODUCER_EPOCH');
  expect(send(partition, 1, from(0))).toBe('INVALID_PRODUCER_EPOCH');
  await log.close();
});

test('producers are remembered over a restart, by index and by walking the last segment', async () => {
  for (const close of [true, false]) {
    const disk = memoryDisk();
    const { log, partition } = await openFixture({ disk });
    for (let i = 0; i < 3; i++) send(partition, 1, from(i));
    await log.flush();
    if (close) await log.close();
    const again = await openFixture({ disk });
    expect(send(again.partition, 1, from(1))).toBe('1 again');
    expect(send(again.partition, 1, from(4))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect(send(again.partition, 1, from(3))).toBe('3');
    await again.log.close();
  }
});

test('producers and the log end are remembered when every segment was drained', async () => {
  const disk = memoryDisk();
  const { log, partition } = await openFixture({ disk });
  send(partition, 1, from(0));
  log.wal.roll();
  await log.flush();
  while (log.wal.sealedSegments().length === 0) await new Promise((resolve) => setImmediate(resolve));
  log.drained(log.wal.sealedSegments()[0]!.sequence);
  await log.close();
  const again = await openFixture({ disk });
  expect(again.partition.logEndOffset).toBe(1);
  expect(send(again.partition, 1, from(0))).toBe('0 again');
  await again.log.close();
});

test('an idle producer is forgotten after producer.id.expiration.ms', async () => {
  let now = 1_000_000;
  const timers: { at: number; task: () => void }[] = [];
  const clock = {
    now: () => now,
    monotonic: () => now,
    after(delay: number, task: () => void) {
      timers.push({ at: now + delay, task });
      return { cancel() {} };
    },
  };
  const advance = async (ms: number): Promise<void> => {
    now += ms;
    for (const timer of timers.splice(0))
      if (timer.at <= now) timer.task();
      else timers.push(timer);
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  const { partition } = await openFixture({ clock, settings: { producerIdExpirationMs: 10_000 } });
  expect(send(partition, 1, from(0))).toBe('0');
  await advance(6000);
  expect(send(partition, 1, from(7))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
  await advance(6000);
  expect(send(partition, 1, from(7))).toBe('1');
});
