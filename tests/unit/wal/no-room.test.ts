import { expect, test } from 'vitest';
import { type DiskFaults, noFaults, SimulatedDisk, systemError } from '../../../simulation/disk.ts';
import { segmentPath, sparePath } from '../../../src/wal/files.ts';
import { OpenSegment } from '../../../src/wal/open-segment.ts';
import { SegmentPool } from '../../../src/wal/pool.ts';
import type { Wal } from '../../../src/wal/wal.ts';
import { ManualClock } from '../processor/manual-clock.ts';
import { append, FOLDER, names, openWal, TOPIC, turn } from './wal-fixture.ts';

const MIB = 1024 * 1024;

/** A disk with two files for segments to come: one that has to grow, and one that has all its blocks. */
function diskWithSpares(blocks: number): SimulatedDisk {
  const disk = new SimulatedDisk();
  disk.makeDirectory(FOLDER);
  disk.open(sparePath(FOLDER, 1), 'create');
  disk.open(sparePath(FOLDER, 2), 'create').writeSync([new Uint8Array(blocks)], 0);
  return disk;
}

/** Nothing can grow. */
const full: DiskFaults = {
  ...noFaults,
  beforeWrite(path, _bytes, growth) {
    if (growth > 0) throw systemError('ENOSPC', path);
  },
};

/** Each batch of the partition, read back from the WAL, by what its only record begins with. */
async function lettersIn(wal: Wal): Promise<string> {
  const partition = wal.partition(TOPIC, 0);
  let found = '';
  for (const part of partition.parts) {
    const read = await wal.read(partition, part, {
      from: 0,
      maxBytes: 100 * MIB,
      below: Number.MAX_SAFE_INTEGER,
      atLeastOne: true,
      take: (size) => Buffer.allocUnsafeSlow(size),
    });
    for (const batch of read!.batches)
      found += Buffer.from(batch)
        .toString('latin1')
        .match(/([a-z])\1{99}/)![1]!;
  }
  return found;
}

test('a batch that would begin the next segment is refused while the full disk has no room for the seal of this one', async () => {
  const disk = diskWithSpares(3 * MIB);
  const clock = new ManualClock();
  const wal = await openWal({ disk, clock, sealBytes: 3 * MIB, maxBytes: 100 * MIB, spareFiles: 2 });
  const partition = wal.partition(TOPIC, 0);
  while (disk.size(segmentPath(FOLDER, 1)) < MIB || names(disk).includes('spare-2.wal')) await turn();
  // Faster than the zeroes.
  await Promise.all(['a', 'b', 'c'].map((letter) => append(wal, partition, letter.repeat(900_000))));
  disk.faults = full;
  await clock.advance(20);
  expect(() => append(wal, partition, 'd'.repeat(900_000))).toThrow(/no room on disk/);
  expect(() => append(wal, partition, 'e'.repeat(900))).toThrow(/no room on disk/);
  disk.faults = noFaults;
  await clock.advance(1000);
  await append(wal, partition, 'f'.repeat(900_000));
  await append(wal, partition, 'g'.repeat(900));
  await wal.close();
  const again = await openWal({ disk, sealBytes: 3 * MIB });
  expect(await lettersIn(again)).toBe('abcfg');
  await again.close();
});

test('on a full disk a file that is there for the next segment is no reason to append where there is no room', async () => {
  const disk = diskWithSpares(0);
  disk.open(sparePath(FOLDER, 3), 'create').writeSync([new Uint8Array(3 * MIB)], 0);
  const clock = new ManualClock();
  const wal = await openWal({ disk, clock, sealBytes: 3 * MIB, maxBytes: 100 * MIB, spareFiles: 2 });
  const partition = wal.partition(TOPIC, 0);
  while (disk.size(segmentPath(FOLDER, 1)) < MIB || names(disk).includes('spare-2.wal')) await turn();
  await append(wal, partition, 'a'.repeat(900));
  disk.faults = full;
  await clock.advance(20);
  // There was room for the seal, and the file behind the next one needs none.
  wal.roll();
  while (names(disk).includes('spare-3.wal')) await turn();
  await turn();
  expect(() => append(wal, partition, 'b'.repeat(9000))).toThrow(/no room on disk/);
  expect(wal.failure).toBeUndefined();
  disk.faults = noFaults;
  await clock.advance(1000);
  await append(wal, partition, 'c'.repeat(9000));
  await wal.close();
});

test('files that a full disk lets nobody fill do not pile up', async () => {
  const disk = new SimulatedDisk();
  disk.makeDirectory(FOLDER);
  const clock = new ManualClock();
  const options = { disk, folder: FOLDER, clock, brokerId: 1, epoch: 1, preallocate: MIB, spareFiles: 2 };
  const pool = new SegmentPool({ ...options, recycledFiles: 2, onTrouble() {} });
  disk.faults = {
    ...noFaults,
    beforeWrite(path) {
      throw systemError('ENOSPC', path);
    },
  };
  const segment = new OpenSegment(1, 7);
  const prepared = pool.prepare(segment);
  for (let i = 0; i < 10; i++) await clock.advance(500);
  expect(names(disk)).toEqual([]);
  disk.faults = noFaults;
  await clock.advance(500);
  expect(await prepared).toBe(true);
  expect(names(disk)).toEqual(['00000000000000000001.wal']);
});

test('a spare file that cannot be made does not stop the log', async () => {
  const disk = new SimulatedDisk();
  const clock = new ManualClock();
  const wal = await openWal({ disk, clock, sealBytes: MIB, spareFiles: 2 });
  while (!names(disk).includes('00000000000000000002.wal')) await turn();
  let refused = 0;
  disk.faults = {
    ...noFaults,
    beforeChange(path) {
      if (!path.includes('/spare-')) return;
      refused++;
      throw systemError('EMFILE', path);
    },
  };
  for (let i = 0; i < 20 && refused === 0; i++) await clock.advance(20);
  expect(refused).toBeGreaterThan(0);
  await turn();
  await append(wal, wal.partition(TOPIC, 0), 'a');
  expect(wal.failure).toBeUndefined();
  disk.faults = noFaults;
  await wal.close();
});
