import { expect, test } from 'vitest';
import { ManualClock } from '../../../simulation/groups-clock.ts';
import { PartitionLane } from '../../../src/coordination/share/partition-lane.ts';
import { newSharePartition } from '../../../src/coordination/share/progress.ts';
import { NOTHING, readAndGive } from '../../../src/kafka/share-read.ts';
import type { PartitionLog, ReadLease } from '../../../src/log/types.ts';
import { LIMITS } from '../coordination/share/flight.ts';

test('nothing is read for a client that went while another partition was read for it', () => {
  let reads = 0;
  const log = {
    topicId: 'id',
    partition: 0,
    read() {
      reads++;
      return { chunks: [], bytes: 0, abortedTransactions: [] };
    },
  } as unknown as PartitionLog;
  const deps = { clock: new ManualClock(), limits: () => LIMITS, write: () => Promise.resolve(), onWriteFailed() {} };
  const lane = new PartitionLane(deps, newSharePartition(0), true);
  const wanted = {
    memberId: 'a',
    recordLimit: false,
    batchSize: 500,
    maxRecords: 500,
    maxBytes: 1000,
    isolation: 'read_uncommitted',
    atLeastOne: true,
    follows: false,
  } as const;
  const read = (isGone: boolean) =>
    readAndGive({ topicId: 'id', partition: 0, log, lane }, 0, wanted, {} as ReadLease, () => isGone);
  expect([read(false), reads]).toEqual([NOTHING, 1]);
  expect([read(true), reads]).toEqual([NOTHING, 1]);
});
