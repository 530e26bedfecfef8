import { expect, test } from 'vitest';
import { HEADER_BYTES } from '../../../src/wal/format.ts';
import { DurableWatermark } from '../../../src/wal/watermark.ts';
import { noFaults, SimulatedDisk } from '../../../simulation/disk.ts';
import { append, openWal, TOPIC, turn } from './wal-fixture.ts';

/** A disk whose syncs of segment files end when the test says so, and that counts writes. */
function slowDisk() {
  const disk = new SimulatedDisk();
  const syncs: { done: () => void; fail: (error: Error) => void }[] = [];
  const writes: number[] = [];
  const watch = (): void => {
    disk.faults = {
      ...noFaults,
      beforeWrite: (_path, bytes) => writes.push(bytes),
      sync: (path) =>
        path.endsWith('.wal') ? new Promise((done, fail) => syncs.push({ done, fail })) : Promise.resolve(),
    };
  };
  return { disk, syncs, writes, watch };
}

test('everything appended in one turn is one write and one sync', async () => {
  const { disk, syncs, writes, watch } = slowDisk();
  const wal = await openWal({ disk });
  const partitions = [0, 1, 2].map((number) => wal.partition(TOPIC, number));
  watch();
  const durable = partitions.flatMap((one) => [append(wal, one, 'a'), append(wal, one, 'b'.repeat(9000))]);
  expect(writes).toEqual([]);
  await turn();
  expect([writes.length, syncs.length]).toEqual([1, 1]);
  syncs[0]!.done();
  await Promise.all(durable);
});

test('what is appended during a sync is written at once and waits for the next sync', async () => {
  const { disk, syncs, writes, watch } = slowDisk();
  const wal = await openWal({ disk });
  const partition = wal.partition(TOPIC, 0);
  watch();
  const settled: string[] = [];
  void append(wal, partition, 'a').then(() => settled.push('a'));
  await turn();
  void append(wal, partition, 'b').then(() => settled.push('b'));
  await turn();
  void append(wal, partition, 'c').then(() => settled.push('c'));
  await turn();
  expect([writes.length, syncs.length, settled]).toEqual([3, 1, []]);
  syncs[0]!.done();
  await turn();
  await turn();
  expect([syncs.length, settled]).toEqual([2, ['a']]);
  syncs[1]!.done();
  await turn();
  expect(settled).toEqual(['a', 'b', 'c']);
});

test('the durable watermark rises with syncs only, and other threads see it', async () => {
  const { disk, syncs, watch } = slowDisk();
  const wal = await openWal({ disk });
  const seen = new DurableWatermark(wal.watermark.shared);
  const { segment } = seen.read();
  expect(seen.read()).toEqual({ segment, position: HEADER_BYTES });
  watch();
  const version = seen.version;
  const durable = append(wal, wal.partition(TOPIC, 0), 'a');
  await turn();
  expect(seen.read().position).toBe(HEADER_BYTES);
  const changed = seen.changed(version, 10_000);
  syncs[0]!.done();
  await durable;
  await changed;
  expect(seen.read().position).toBeGreaterThan(HEADER_BYTES);
});

test('a sync that failed ends the WAL: what waits is refused, and nothing is written over it', async () => {
  const { disk, syncs, writes, watch } = slowDisk();
  const wal = await openWal({ disk });
  const partition = wal.partition(TOPIC, 0);
  watch();
  const first = append(wal, partition, 'a');
  await turn();
  const second = append(wal, partition, 'b');
  await turn();
  const written = writes.length;
  syncs[0]!.fail(new Error('EIO'));
  await expect(first).rejects.toThrow(/stopped: EIO/);
  await expect(second).rejects.toThrow(/stopped: EIO/);
  expect(() => append(wal, partition, 'c')).toThrow(/stopped: EIO/);
  await turn();
  expect([writes.length, syncs.length]).toEqual([written, 1]);
  expect(wal.failure?.message).toMatch(/EIO/);
  await expect(wal.close()).rejects.toThrow(/EIO/);
});

test('a write that failed ends the WAL too', async () => {
  const { disk, watch } = slowDisk();
  const wal = await openWal({ disk });
  watch();
  disk.faults = {
    ...disk.faults,
    beforeWrite() {
      throw new Error('ENOSPC');
    },
  };
  await expect(append(wal, wal.partition(TOPIC, 0), 'a')).rejects.toThrow(/stopped: ENOSPC/);
});

test('callers are asked to wait while too many bytes wait for the disk', async () => {
  const { disk, syncs, watch } = slowDisk();
  const wal = await openWal({ disk, maxQueueBytes: 20_000 });
  const partition = wal.partition(TOPIC, 0);
  watch();
  void append(wal, partition, 'a'.repeat(15_000));
  expect(wal.backpressure).toBeUndefined();
  void append(wal, partition, 'b'.repeat(15_000));
  const room = wal.backpressure;
  expect(room).toBeInstanceOf(Promise);
  await turn();
  syncs[0]!.done();
  await room;
  expect(wal.backpressure).toBeUndefined();
});

test('with a linger the sync waits for more appends', async () => {
  const { disk, syncs, watch } = slowDisk();
  const timers: (() => void)[] = [];
  const clock = {
    now: () => 0,
    monotonic: () => 0,
    after: (delay: number, task: () => void) => {
      if (delay === 5) timers.push(task);
      return { cancel() {} };
    },
  };
  const wal = await openWal({ disk, lingerMs: 5, clock });
  const partition = wal.partition(TOPIC, 0);
  watch();
  const first = append(wal, partition, 'a');
  await turn();
  const second = append(wal, partition, 'b');
  await turn();
  expect([syncs.length, timers.length]).toEqual([0, 1]);
  void append(wal, partition, 'c'); // Not yet written when the linger ends: written then, and covered.
  timers[0]!();
  expect(syncs.length).toBe(1);
  syncs[0]!.done();
  await Promise.all([first, second]);
  expect(wal.pending).toBeUndefined();
});
