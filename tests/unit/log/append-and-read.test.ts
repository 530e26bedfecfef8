import { expect, test } from 'vitest';
import { decodeRecords } from '../../../protocol/records/index.ts';
import { codecs } from '../../../src/base/compression.ts';
import { batch, openFixture } from './log-fixture.ts';

const values = (chunks: readonly Uint8Array[]): string[] =>
  chunks.flatMap((chunk) => {
    const found: string[] = [];
    decodeRecords(chunk, codecs, 1_000_000, (record) => {
      found.push(`${record.offset}=${Buffer.from(record.value ?? []).toString()}`);
    });
    return found;
  });

test('batches get offsets one after another and are read back from the offset asked for', async () => {
  const { log, partition } = await openFixture();
  const first = partition.append(batch(['a', 'b']));
  const second = partition.append(batch(['c']));
  expect([first.baseOffset, first.lastOffset, second.baseOffset, second.lastOffset]).toEqual([0, 1, 2, 2]);
  await second.durable;
  const read = await partition.read(1, 1_000_000, 'read_uncommitted', true);
  expect(values(read.chunks)).toEqual(['0=a', '1=b', '2=c']);
  expect(read.highWatermark).toBe(3);
  await log.close();
});

test('the high watermark passes a batch only after its sync', async () => {
  const { log, partition } = await openFixture();
  const { durable } = partition.append(batch(['a']));
  expect([partition.logEndOffset, partition.highWatermark]).toEqual([1, 0]);
  expect((await partition.read(0, 1000, 'read_uncommitted', true)).chunks).toEqual([]);
  let woken = 0;
  partition.onAdvance(() => woken++);
  await durable;
  expect([partition.highWatermark, woken]).toEqual([1, 1]);
  await log.close();
});

test('what left the tail is read from the WAL, in sealed and open segments, after a restart too', async () => {
  const { log, partition, disk } = await openFixture({ settings: { tailMaxBytes: 0, sealBytes: 6000 } });
  for (let i = 0; i < 100; i++) partition.append(batch([`value ${i} ${'x'.repeat(100)}`]));
  await log.flush();
  const readAll = async (from: typeof partition): Promise<string[]> => {
    const found: string[] = [];
    for (let offset = 0; offset < from.highWatermark; ) {
      const { chunks } = await from.read(offset, 1000, 'read_uncommitted', true);
      expect(chunks.length).toBeGreaterThan(0);
      found.push(...values(chunks));
      offset = found.length;
    }
    return found;
  };
  const before = await readAll(partition);
  expect(before.length).toBe(100);
  expect(log.wal.sealedSegments().length).toBeGreaterThan(2);
  await log.close();
  const again = await openFixture({ disk, settings: { tailMaxBytes: 0, sealBytes: 6000 } });
  expect(again.partition.highWatermark).toBe(100);
  expect(await readAll(again.partition)).toEqual(before);
  await again.log.close();
});
