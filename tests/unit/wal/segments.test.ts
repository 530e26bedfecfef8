import { expect, test } from 'vitest';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { HEADER_BYTES } from '../../../src/wal/format.ts';
import { SegmentIndex } from '../../../src/wal/segment-index.ts';
import type { Wal } from '../../../src/wal/wal.ts';
import type { WalPartition } from '../../../src/wal/partition.ts';
import { noFaults, SimulatedDisk } from '../../../simulation/disk.ts';
import { batch } from '../log/log-fixture.ts';
import { append, FOLDER, names, openWal, TOPIC, turn } from './wal-fixture.ts';

async function fill(wal: Wal, partition: WalPartition, segments: number): Promise<void> {
  const { segment } = wal.watermark.read();
  while (wal.watermark.read().segment < segment + segments) await append(wal, partition, 'x'.repeat(1000));
  while (wal.sealedSegments().at(-1)?.sequence !== wal.watermark.read().segment - 1) await turn();
}

async function values(wal: Wal, partition: WalPartition): Promise<number> {
  let count = 0;
  for (const part of partition.parts) {
    for (let from = 0; from < wal.index(part)!.count; ) {
      const read = await wal.read(partition, part, {
        from: from,
        maxBytes: 5000,
        below: Number.MAX_SAFE_INTEGER,
        atLeastOne: true,
        take: (size) => Buffer.allocUnsafeSlow(size),
      });
      count += read!.batches.length;
      from += read!.seen;
    }
  }
  return count;
}

test('a full segment is sealed with an index beside it, and the next one goes on', async () => {
  const disk = memoryDisk();
  const wal = await openWal({ disk, sealBytes: 8192 });
  const partition = wal.partition(TOPIC, 3);
  await fill(wal, partition, 2);
  const [first] = wal.sealedSegments();
  const index = SegmentIndex.read(disk, FOLDER, first!.sequence)!;
  expect(index.directory).toMatchObject({ sequence: first!.sequence, entries: first!.entries, end: first!.end });
  const [indexed] = index.directory.partitions;
  expect(indexed).toMatchObject({ partition: 3, baseOffset: 0, batches: first!.entries });
  expect(index.columns(indexed!)?.positions[0]).toBe(HEADER_BYTES);
  expect(await values(wal, partition)).toBe(partition.parts.at(-1)!.lastOffset + 1);
  await wal.close();
});

test('a batch that does not fit the rest goes into the next segment, and one larger than a segment gets its own', async () => {
  const wal = await openWal({ sealBytes: 8192 });
  const partition = wal.partition(TOPIC, 0);
  await append(wal, partition, 'small');
  await append(wal, partition, 'x'.repeat(20_000));
  await append(wal, partition, 'small');
  expect(partition.parts.map((part) => part.bytes > 20_000)).toEqual([false, true, false]);
  expect(new Set(partition.parts.map((part) => part.sequence)).size).toBe(3);
  expect(await values(wal, partition)).toBe(3);
  await wal.close();
});

test('a segment with data is sealed by age, an empty one never', async () => {
  const timers: (() => void)[] = [];
  let now = 0;
  const clock = {
    now: () => now,
    monotonic: () => now,
    after: (_delay: number, task: () => void) => {
      timers.push(task);
      return { cancel() {} };
    },
  };
  const wal = await openWal({ clock, sealAgeMs: 1000 });
  const tick = async (): Promise<void> => {
    for (const task of timers.splice(0)) task();
    for (let i = 0; i < 20; i++) await turn();
  };
  now = 5000;
  await tick();
  expect(wal.sealedSegments()).toEqual([]);
  await append(wal, wal.partition(TOPIC, 0), 'a');
  now = 5900;
  await tick();
  expect(wal.sealedSegments()).toEqual([]);
  now = 6000;
  await tick();
  expect(wal.sealedSegments().length).toBe(1);
});

test('a drained segment is recycled, and its old entries never show again', async () => {
  const disk = memoryDisk();
  const wal = await openWal({ disk, sealBytes: 8192, spareFiles: 1 });
  const partition = wal.partition(TOPIC, 0);
  await fill(wal, partition, 3);
  const drained = wal.sealedSegments().map((segment) => segment.sequence);
  for (const sequence of drained) expect(wal.drained(sequence).length).toBe(1);
  expect(wal.drained(drained[0]!)).toEqual([]);
  expect(wal.sealedSegments()).toEqual([]);
  await fill(wal, partition, 1);
  const left = partition.parts.reduce((sum, part) => sum + wal.index(part)!.count, 0);
  await wal.close();
  expect(names(disk).filter((name) => name.endsWith('.wal')).length).toBeLessThan(7);
  const again = await openWal({ disk, sealBytes: 8192, spareFiles: 1 });
  const found = again.partition(TOPIC, 0);
  expect(found.parts.reduce((sum, part) => sum + again.index(part)!.count, 0)).toBe(left);
  expect(again.report.corrupt).toEqual([]);
  await again.close();
});

test('a read that is under way keeps its segment until it is done', async () => {
  const disk = new SimulatedDisk();
  const wal = await openWal({ disk, sealBytes: 8192 });
  const partition = wal.partition(TOPIC, 0);
  await fill(wal, partition, 1);
  const [part] = partition.parts;
  const reading = wal.read(partition, part!, {
    from: 0,
    maxBytes: 100_000,
    below: Number.MAX_SAFE_INTEGER,
    atLeastOne: true,
    take: (size) => Buffer.allocUnsafeSlow(size),
  });
  wal.drained(part!.sequence);
  expect(disk.exists(`${FOLDER}/${String(part!.sequence).padStart(20, '0')}.wal`)).toBe(true);
  expect((await reading)!.batches.length).toBeGreaterThan(2);
  expect(disk.exists(`${FOLDER}/${String(part!.sequence).padStart(20, '0')}.wal`)).toBe(false);
  expect(
    await wal.read(partition, part!, {
      from: 0,
      maxBytes: 100_000,
      below: Number.MAX_SAFE_INTEGER,
      atLeastOne: true,
      take: (size) => Buffer.allocUnsafeSlow(size),
    }),
  ).toBeUndefined();
  await wal.close();
});

test('the index of the newest drained segment stays: it holds the state of the log', async () => {
  const disk = memoryDisk();
  const state = { snapshot: () => new TextEncoder().encode('the state'), load() {}, replay() {} };
  const wal = await openWal({ disk, sealBytes: 8192, state });
  await fill(wal, wal.partition(TOPIC, 0), 2);
  wal.roll();
  await wal.flush();
  while (wal.sealedSegments().length < 3) await turn();
  for (const { sequence } of wal.sealedSegments()) wal.drained(sequence);
  await wal.close();
  expect(names(disk).filter((name) => name.endsWith('.idx')).length).toBe(1);
  const loaded: string[] = [];
  const load = (bytes: Uint8Array): void => void loaded.push(Buffer.from(bytes).toString());
  const again = await openWal({ disk, state: { ...state, load } });
  expect(loaded).toEqual(['the state']);
  expect(again.report.nextSequence).toBeGreaterThan(3);
  await again.close();
});

test('with a full disk appends are refused before they are taken, and go on when there is room again', async () => {
  const disk = new SimulatedDisk();
  const wal = await openWal({ disk, sealBytes: 16_384, spareFiles: 1 });
  const partition = wal.partition(TOPIC, 0);
  while (disk.used < 2 * 16_384) await turn(); // The active and the next file have their blocks.
  disk.faults = {
    ...noFaults,
    beforeWrite(_path, _bytes, growth) {
      if (growth > 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    },
    beforeChange() {
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    },
  };
  const refused = await (async () => {
    for (let i = 0; i < 100; i++)
      try {
        await append(wal, partition, 'x'.repeat(1000));
      } catch (error) {
        return error as Error;
      }
    return undefined;
  })();
  expect(refused?.message).toMatch(/no room on disk/);
  expect(wal.failure).toBeUndefined();
  disk.faults = noFaults;
  const before = partition.parts.at(-1)!.lastOffset;
  for (let i = 0; i < 5000 && partition.parts.at(-1)!.lastOffset === before; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    try {
      await append(wal, partition, 'there is room');
    } catch {}
  }
  expect(partition.parts.at(-1)!.lastOffset).toBe(before + 1);
  await wal.close();
});

test('the bytes on disk can be seen, and whether they are over the limit', async () => {
  const wal = await openWal({ sealBytes: 8192, maxBytes: 20_000 });
  const partition = wal.partition(TOPIC, 0);
  expect(wal.overLimit).toBe(false);
  await fill(wal, partition, 3);
  expect(wal.bytesOnDisk).toBeGreaterThan(3 * 7000);
  expect(wal.overLimit).toBe(true);
  for (const { sequence } of wal.sealedSegments()) wal.drained(sequence);
  expect(wal.overLimit).toBe(false);
  await wal.close();
});

test('small and large batches of one turn keep their order and bytes', async () => {
  const wal = await openWal();
  const partition = wal.partition(TOPIC, 0);
  const sent = [5, 4090, 5000, 1, 60_000, 2, 3, 4096].map((size, offset) => {
    const bytes = batch([String(offset).repeat(size)], { baseOffset: offset });
    const { durable } = wal.append(partition, offset, bytes);
    return { bytes, durable };
  });
  await Promise.all(sent.map((one) => one.durable));
  const read = [];
  for (const part of partition.parts)
    read.push(
      ...(await wal.read(partition, part, {
        from: 0,
        maxBytes: 1_000_000,
        below: Number.MAX_SAFE_INTEGER,
        atLeastOne: true,
        take: (size) => Buffer.allocUnsafeSlow(size),
      }))!.batches,
    );
  expect(read.map((bytes) => Buffer.from(bytes).toString('latin1'))).toEqual(
    sent.map((one) => Buffer.from(one.bytes).toString('latin1')),
  );
  await wal.close();
});
