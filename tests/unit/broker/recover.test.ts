import { expect, test } from 'vitest';
import { recover } from '../../../src/broker/recover.ts';
import { noFaults, SimulatedDisk } from '../../../simulation/disk.ts';
import { append, openWal, TOPIC } from '../wal/wal-fixture.ts';

test('a recovery packs the segment that was being written at a crash, however late its index is written', async () => {
  const disk = new SimulatedDisk();
  const wal = await openWal({ disk, folder: '/memory/wal' });
  await append(wal, wal.partition(TOPIC, 0), 'acknowledged');
  disk.kill();
  let full = true;
  disk.faults = {
    ...noFaults,
    beforeChange(path) {
      if (full && path.endsWith('.idx.tmp')) throw new Error('ENOSPC');
    },
  };
  const recovering = recover({ parts: { disk } });
  await new Promise((resolve) => setTimeout(resolve, 500));
  full = false;
  expect(await recovering).toMatchObject({ packedSegments: 1, segmentsLeft: 0, failures: [] });
});
