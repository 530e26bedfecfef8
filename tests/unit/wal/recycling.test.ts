import { expect, test } from 'vitest';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { segmentPath } from '../../../src/wal/files.ts';
import { SegmentPool } from '../../../src/wal/pool.ts';
import { ManualClock } from '../processor/manual-clock.ts';
import { FOLDER, names } from './wal-fixture.ts';

/** A pool that keeps one file ready and up to three of drained segments, and five of these. */
async function drained() {
  const disk = memoryDisk();
  disk.makeDirectory(FOLDER);
  const clock = new ManualClock();
  const options = { disk, folder: FOLDER, clock, brokerId: 1, epoch: 1, preallocate: 4096, spareFiles: 1 };
  const pool = new SegmentPool({ ...options, recycledFiles: 3, onTrouble() {} });
  for (let sequence = 1; sequence <= 5; sequence++) {
    disk.open(segmentPath(FOLDER, sequence), 'create').close();
    await pool.recycle(sequence);
  }
  return { disk, clock, pool };
}

test('files of drained segments are kept for the next burst, up to a number', async () => {
  const { disk } = await drained();
  expect(names(disk)).toHaveLength(3);
});

test('those that are not needed for ten minutes go, one after another, but for those that are kept ready', async () => {
  const { disk, clock, pool } = await drained();
  await clock.advance(9 * 60 * 1000);
  await pool.release();
  expect(names(disk)).toHaveLength(3);
  await clock.advance(2 * 60 * 1000);
  for (let i = 0; i < 5; i++) await pool.release();
  expect(names(disk)).toHaveLength(1);
});
