import { expect, test } from 'vitest';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { temporaryFolder } from '../broker/process.ts';
import { BUSY, startWorld, stopWorld } from './world.ts';

/** One entry at a time, and no look at the log but when it says that it has grown. */
const SLOW = { ...BUSY, 'processor.replay.batch.size': 1, 'processor.replay.interval.ms': 600_000 };

test.each(['in the same thread', 'in a thread of its own'])(
  'records are found at once though the log is looked at every ten minutes: %s',
  async (where) => {
    const folder = temporaryFolder();
    const world = await startWorld(
      where === 'in the same thread'
        ? { settings: SLOW, parts: { disk: memoryDisk() } }
        : { settings: { ...SLOW, 'data.dir': folder.path } },
    );
    try {
      await world.client.createTopic('logs', 2);
      for (let round = 1; round <= 5; round++) {
        await world.client.send(
          'logs',
          Array.from({ length: 20 }, () => 'a line'),
        );
        expect(await world.client.count('logs', 'line')).toEqual({ value: 20 * round, relation: 'eq' });
      }
    } finally {
      await stopWorld(world);
      folder.remove();
    }
  },
);
