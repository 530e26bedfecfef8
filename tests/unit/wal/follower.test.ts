import { expect, test } from 'vitest';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { below, seededRandom } from '../../../src/base/random.ts';
import { segmentPath } from '../../../src/wal/files.ts';
import { HEADER_BYTES } from '../../../src/wal/format.ts';
import { type CorruptRange, WalFollower } from '../../../src/wal/segment-reader.ts';
import type { Wal } from '../../../src/wal/wal.ts';
import { append, FOLDER, openWal, TOPIC } from './wal-fixture.ts';

const start = { segment: 1, position: HEADER_BYTES };

function take(follower: WalFollower, wal: Wal, exists: (sequence: number) => boolean = () => true): number[] {
  const offsets: number[] = [];
  for (
    let entry = follower.next(wal.watermark.read(), exists);
    entry;
    entry = follower.next(wal.watermark.read(), exists)
  )
    offsets.push(entry.baseOffset);
  return offsets;
}

test('a follower reads what is durable, in order, across segments, and goes on when there is more', async () => {
  const disk = memoryDisk();
  const wal = await openWal({ disk, sealBytes: 8192 });
  const partition = wal.partition(TOPIC, 0);
  const follower = new WalFollower(disk, FOLDER, start, () => {});
  const random = seededRandom(5);
  const seen: number[] = [];
  for (let i = 0; i < 60; i++) {
    await append(wal, partition, 'x'.repeat(1 + below(random, i % 10 === 0 ? 20_000 : 500)));
    if (i % 3 === 0) seen.push(...take(follower, wal));
  }
  seen.push(...take(follower, wal));
  expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => i));
  expect(follower.position.segment).toBe(wal.watermark.read().segment);
  await wal.close();
});

test('what is appended and not durable is not read', async () => {
  const disk = memoryDisk();
  const wal = await openWal({ disk });
  const partition = wal.partition(TOPIC, 0);
  const follower = new WalFollower(disk, FOLDER, start, () => {});
  await append(wal, partition, 'a');
  const pending = append(wal, partition, 'b');
  expect(take(follower, wal)).toEqual([0]);
  await pending;
  expect(take(follower, wal)).toEqual([1]);
  await wal.close();
});

test('a follower goes on from a position that it kept', async () => {
  const disk = memoryDisk();
  const wal = await openWal({ disk, sealBytes: 8192 });
  const partition = wal.partition(TOPIC, 0);
  for (let i = 0; i < 30; i++) await append(wal, partition, 'x'.repeat(700));
  const first = new WalFollower(disk, FOLDER, start, () => {});
  for (let i = 0; i < 17; i++) first.next(wal.watermark.read(), () => true);
  const second = new WalFollower(disk, FOLDER, first.position, () => {});
  expect(take(second, wal)[0]).toBe(17);
  await wal.close();
});

test('segments that are gone are passed over', async () => {
  const disk = memoryDisk();
  const wal = await openWal({ disk, sealBytes: 8192 });
  const partition = wal.partition(TOPIC, 0);
  while (wal.watermark.read().segment < 4) await append(wal, partition, 'x'.repeat(700));
  const [, second] = partition.parts;
  const follower = new WalFollower(disk, FOLDER, start, () => {});
  expect(take(follower, wal, (sequence) => sequence > 1)[0]).toBe(second!.baseOffset);
  await wal.close();
});

test('a corrupt stretch is reported once and skipped, in a sealed and in the open segment', async () => {
  const disk = memoryDisk();
  const wal = await openWal({ disk, sealBytes: 8192 });
  const partition = wal.partition(TOPIC, 0);
  while (wal.watermark.read().segment < 2) await append(wal, partition, 'x'.repeat(700));
  for (let i = 0; i < 3; i++) await append(wal, partition, 'y'.repeat(100));
  const bad = partition.parts.map((part) => ({
    path: segmentPath(FOLDER, part.sequence),
    position: wal.index(part)!.positions[1]!,
    offset: wal.index(part)!.offsets[1]!,
  }));
  for (const { path, position } of bad) disk.open(path, 'write').writeSync([new Uint8Array(20)], position + 50);
  const ranges: CorruptRange[] = [];
  const follower = new WalFollower(disk, FOLDER, start, (range) => ranges.push(range));
  const seen = take(follower, wal);
  const all = Array.from({ length: partition.parts.at(-1)!.lastOffset + 1 }, (_, i) => i);
  expect(seen).toEqual(all.filter((offset) => !bad.some((one) => one.offset === offset)));
  expect(ranges.map((range) => range.from)).toEqual(bad.map((one) => one.position));
  await wal.close();
});

test('a sealed segment whose header cannot be read is reported once, and the next one is read', async () => {
  const disk = memoryDisk();
  const wal = await openWal({ disk, sealBytes: 8192 });
  const partition = wal.partition(TOPIC, 0);
  while (wal.watermark.read().segment < 2) await append(wal, partition, 'x'.repeat(700));
  const path = segmentPath(FOLDER, 1);
  disk.open(path, 'write').writeSync([new Uint8Array(HEADER_BYTES)], 0);
  const ranges: CorruptRange[] = [];
  const follower = new WalFollower(disk, FOLDER, start, (range) => ranges.push(range));
  expect(take(follower, wal)[0]).toBe(partition.parts[1]!.baseOffset);
  expect(take(follower, wal)).toEqual([]);
  expect(ranges).toEqual([{ sequence: 1, from: 0, to: disk.size(path) }]);
  await wal.close();
});

test('a follower that starts behind a seal goes on in the next segment and calls nothing corrupt', async () => {
  const disk = memoryDisk();
  const wal = await openWal({ disk });
  const partition = wal.partition(TOPIC, 0);
  await append(wal, partition, 'a');
  wal.roll();
  await wal.flush();
  const sealed = wal.watermark.read();
  // A preallocated file does not end with its seal.
  disk.open(segmentPath(FOLDER, sealed.segment), 'write').writeSync([new Uint8Array(1000)], sealed.position);
  await append(wal, partition, 'b');
  expect(wal.watermark.read().segment).toBe(sealed.segment + 1);
  const ranges: CorruptRange[] = [];
  const follower = new WalFollower(disk, FOLDER, sealed, (range) => ranges.push(range));
  expect(take(follower, wal)).toEqual([1]);
  expect(ranges).toEqual([]);
  await wal.close();
});
