import { expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { createMetrics } from '../../../../src/base/metrics.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { JobQueue } from '../../../../src/processor/jobs/queue.ts';
import { Scheduler } from '../../../../src/processor/jobs/scheduler.ts';
import type { JobKind } from '../../../../src/processor/jobs/types.ts';
import { ManualClock } from '../manual-clock.ts';

const kind = (name: string, more: Partial<JobKind> = {}): JobKind => ({
  name,
  summary: 'Work.',
  area: 'system',
  priority: 0,
  concurrency: 4,
  retry: { baseMs: 1, maxMs: 1, factor: 1 },
  run: () => Promise.resolve(),
  ...more,
});

test('a job for each of many topics can be handed in at once', async () => {
  const parts = { clock: new ManualClock(), random: seededRandom(1), logger: silentLogger, metrics: createMetrics() };
  const jobs = new Scheduler({ ...parts, maxRunning: 8 });
  const topics = 5000;
  let ran = 0;
  jobs.define(
    kind('work', {
      locks: (key) => [{ name: `table:${key}`, mode: 'exclusive' }],
      run: async () => void ran++,
    }),
  );
  for (let n = 0; n < topics; n++) jobs.submit('work', String(n));
  await jobs.idle();
  expect(ran).toBe(topics);
});

test('jobs start by priority, and whoever waited long enough goes first', () => {
  const queue = new JobQueue(1);
  const order = (now: number): string[] => {
    const started: string[] = [];
    for (let [job] = queue.take(now, () => false); job !== undefined; [job] = queue.take(now, () => false)) {
      started.push(job.kind.name);
      queue.remove(job);
    }
    return started;
  };
  queue.submit(kind('low'), '', 0);
  queue.submit(kind('lower', { priority: -1 }), '', 0);
  queue.submit(kind('high', { priority: 10 }), '', 1000);
  expect(order(1000)).toEqual(['high', 'low', 'lower']);
  queue.submit(kind('low'), '', 0);
  queue.submit(kind('high', { priority: 10 }), '', 50_001);
  expect(order(50_001)).toEqual(['low', 'high']);
});
