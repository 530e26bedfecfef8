import { expect, test } from 'vitest';
import { createMetrics } from '../../../src/base/metrics.ts';
import { bytesBetween, Replay } from '../../../src/processor/replay.ts';
import type { TableSinkStatus } from '../../../src/processor/tables/types.ts';
import type { TextSinkStatus } from '../../../src/processor/text/types.ts';

const SEALED = [3, 4, 5].map((sequence) => ({ sequence, end: sequence * 100 }));
const at = (segment: number, position: number) => ({ segment, position });

test('the lag is what lies between reader and durable end, over segments that are still there', () => {
  expect(bytesBetween(at(6, 10), at(6, 50), SEALED)).toBe(40);
  expect(bytesBetween(at(4, 150), at(6, 50), SEALED)).toBe(250 + 500 + 50);
  expect(bytesBetween(at(1, 80), at(6, 50), SEALED)).toBe(300 + 400 + 500 + 50);
});

test('a reader that is told of the end before we are does not lag', () => {
  expect(bytesBetween(at(6, 60), at(6, 50), SEALED)).toBe(0);
  expect(bytesBetween(at(7, 0), at(6, 50), SEALED)).toBe(0);
});

test('figures name every limit beside what is used of it, and show in the metrics', async () => {
  const metrics = createMetrics();
  const replay = new Replay({
    metrics,
    wal: { watermark: { read: () => at(5, 70) }, sealedSegments: () => SEALED },
    text: {
      status: async () => ({ position: at(5, 20), backlog: 3, records: 9, memoryBytes: 1 }) as TextSinkStatus,
    },
    tables: {
      status: async () =>
        ({ reading: 2, waiting: 5, flushing: 1, lag: 7, records: 8, memoryBytes: 11 }) as TableSinkStatus,
    },
    limits: { indexBytes: 100, tableBytes: 200, appliers: 4, flushes: 2 },
  });
  expect(await metrics.text()).toContain('quarry_replay_lag_bytes 0');
  expect(await replay.figures()).toEqual({
    position: at(5, 20),
    durable: at(5, 70),
    lagBytes: 50,
    backlogOffsets: 3,
    records: 9,
    memoryBytes: 1,
    memoryLimitBytes: 100,
    tables: {
      appliers: { busy: 2, limit: 4 },
      waitingPartitions: 5,
      flushes: { busy: 1, limit: 2 },
      lagOffsets: 7,
      records: 8,
      memoryBytes: 11,
      memoryLimitBytes: 200,
    },
  });
  const text = await metrics.text();
  expect(text).toContain('quarry_replay_lag_bytes 50');
  expect(text).toContain('quarry_replay_appliers_busy 2');
  expect(text).toContain('quarry_replay_waiting_partitions 5');
  expect(text).toContain('quarry_replay_flushes_busy 1');
});
