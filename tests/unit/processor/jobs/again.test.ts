import { expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { createMetrics } from '../../../../src/base/metrics.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { Scheduler } from '../../../../src/processor/jobs/scheduler.ts';
import type { JobKind } from '../../../../src/processor/jobs/types.ts';
import { ManualClock } from '../manual-clock.ts';

/** Work that takes what waits when it begins, and 100 ms. */
function world(more: Partial<JobKind> = {}) {
  const clock = new ManualClock();
  const parts = { clock, random: seededRandom(1), logger: silentLogger, metrics: createMetrics() };
  const jobs = new Scheduler({ ...parts, maxRunning: 4 });
  const waiting: string[] = [];
  const runs: string[][] = [];
  jobs.define({
    name: 'work',
    summary: 'Work.',
    area: 'system',
    priority: 0,
    concurrency: 1,
    retry: { baseMs: 1e6, maxMs: 1e6, factor: 1 },
    async run() {
      runs.push(waiting.splice(0));
      await new Promise<void>((resolve) => void clock.after(100, resolve));
    },
    ...more,
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const hand = async (what: string): Promise<void> => {
    waiting.push(what);
    jobs.submit('work');
    await turn();
  };
  return { clock, jobs, runs, hand, turn };
}

test('what is handed in while the work runs is not missed, and runs once for all of it', async () => {
  const { clock, jobs, runs, hand } = world();
  for (const what of ['a', 'b', 'c']) await hand(what);
  await clock.advance(500);
  expect(runs).toEqual([['a'], ['b', 'c']]);
  expect(jobs.jobs()).toEqual([]);
});

test('a run that a person joins, or that falls due meanwhile, is no reason to run once more', async () => {
  const { clock, jobs, runs, turn } = world({ everyMs: () => 50 });
  jobs.start();
  const first = jobs.run('work');
  await turn();
  const joined = jobs.run('work');
  await clock.advance(120);
  expect([await first, await joined]).toEqual([{ state: 'finished' }, { state: 'finished' }]);
  expect(runs).toHaveLength(1);
  await clock.advance(60);
  expect(runs).toHaveLength(2);
});

test('a person can have a job tried again whose kind is paused', async () => {
  let attempts = 0;
  const { jobs, turn } = world({
    run: async () => {
      if (++attempts === 1) throw new Error('no');
    },
  });
  jobs.hold();
  expect(await jobs.run('work')).toMatchObject({ state: 'failed' });
  expect(jobs.retry(jobs.jobs()[0]?.id ?? '')).toBe(true);
  await turn();
  expect([attempts, jobs.jobs()]).toEqual([2, []]);
});
