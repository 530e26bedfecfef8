import { expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { createMetrics } from '../../../../src/base/metrics.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { runAll } from '../../../../src/processor/jobs/run-all.ts';
import { Scheduler } from '../../../../src/processor/jobs/scheduler.ts';
import type { JobKind } from '../../../../src/processor/jobs/types.ts';
import { ManualClock } from '../manual-clock.ts';

function world() {
  const clock = new ManualClock();
  const ran: string[] = [];
  const parts = { clock, random: seededRandom(1), logger: silentLogger, metrics: createMetrics() };
  const jobs = new Scheduler({ ...parts, maxRunning: 4 });
  const define = (name: string, more: Partial<JobKind> = {}): void =>
    jobs.define({
      name,
      summary: 'Work.',
      area: 'system',
      priority: 0,
      concurrency: 1,
      retry: { baseMs: 10, maxMs: 10, factor: 1 },
      run: async (key) => void ran.push(`${name}${key}`),
      ...more,
    });
  return { clock, ran, jobs, define };
}

test('what fills objects and tables runs first, then what has a period by its priority; rare and submitted work does not', async () => {
  const { jobs, define, ran } = world();
  const everyMs = () => 1000;
  define('garbage', { everyMs, priority: 5 });
  define('scrub', { everyMs, pauseOutlivesRestart: true });
  define('retention', { everyMs, priority: 20 });
  define('packs', { everyMs });
  define('by-hand');
  define('text-seal');
  define('table-flush', { run: () => Promise.reject(new Error('no')) });
  jobs.pause('garbage');
  expect(await runAll(jobs)).toEqual({
    'text-seal': { state: 'finished' },
    'table-flush': { state: 'failed', reason: 'no' },
    packs: { state: 'finished' },
    retention: { state: 'finished' },
    garbage: { state: 'finished' },
  });
  expect(ran).toEqual(['text-seal', 'packs', 'retention', 'garbage']);
});

test('it ends after what it is doing when nobody waits any more', async () => {
  const { jobs, define } = world();
  const gone = new AbortController();
  define('packs', { everyMs: () => 1000, run: async () => gone.abort() });
  define('retention', { everyMs: () => 1000 });
  expect(await runAll(jobs, gone.signal)).toEqual({ packs: { state: 'finished' } });
});

test('work that is handed on runs where nothing runs by itself, if the first was asked for', async () => {
  const { jobs, define, ran } = world();
  define('plan', {
    concurrency: 2,
    async run(key, { submit }) {
      for (const one of ['1', '2']) submit('work', `${key}${one}`);
    },
  });
  define('work');
  jobs.hold();
  jobs.submit('plan', 'a');
  await jobs.run('plan', 'b');
  await jobs.idle();
  expect(ran).toEqual(['workb1', 'workb2']);
});

test('idle waits for what runs and what is due, not for what waits for another attempt', async () => {
  const { jobs, define, clock, ran } = world();
  define('slow', { run: (key) => new Promise((resolve) => void clock.after(100, () => resolve(void ran.push(key)))) });
  define('bad', { run: () => Promise.reject(new Error('no')), retry: { baseMs: 1e6, maxMs: 1e6, factor: 1 } });
  for (const key of ['1', '2']) jobs.submit('slow', key);
  jobs.submit('bad');
  let idle = false;
  const waiting = jobs.idle().then(() => {
    idle = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(150);
  expect([ran, idle]).toEqual([['1'], false]);
  await clock.advance(100);
  await waiting;
  expect(ran).toEqual(['1', '2']);
  expect(jobs.jobs().map(({ kind }) => kind)).toEqual(['bad']);
});
