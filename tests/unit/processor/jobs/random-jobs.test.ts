import { expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { createMetrics } from '../../../../src/base/metrics.ts';
import { sleep } from '../../../../src/base/clock.ts';
import { below, seededRandom } from '../../../../src/base/random.ts';
import { conflicting, type Lock } from '../../../../src/processor/jobs/lock-table.ts';
import { Scheduler } from '../../../../src/processor/jobs/scheduler.ts';
import { ManualClock } from '../manual-clock.ts';

const NAMES = ['a', 'b', 'c'];
const LIMITS = [2, 3, 1];

function locksOf(key: string): Lock[] {
  const random = seededRandom(Number(key) * 7919);
  return NAMES.filter(() => random.float() < 0.4).map((name) => ({
    name,
    mode: random.float() < 0.5 ? 'shared' : 'exclusive',
  }));
}

async function simulate(seed: number): Promise<{ ended: number; quarantined: number; attempts: number }> {
  const clock = new ManualClock();
  const random = seededRandom(seed);
  const scheduler = new Scheduler({
    clock,
    random: seededRandom(seed + 1),
    logger: silentLogger,
    metrics: createMetrics(),
    maxRunning: 4,
  });
  const running = new Map<string, Lock[]>();
  let attempts = 0;
  for (const [index, concurrency] of LIMITS.entries())
    scheduler.define({
      name: `kind${index}`,
      summary: 'Random work.',
      area: 'system',
      priority: index * 10,
      concurrency,
      retry: { baseMs: 10, maxMs: 500, factor: 2 },
      quarantineAfter: 4,
      locks: locksOf,
      async run(key) {
        const mine = `kind${index}/${key}`;
        for (const [other, held] of running)
          expect(conflicting(locksOf(key), held), `${mine} beside ${other}, seed ${seed}`).toBe(false);
        const beside = [...running.keys()].filter((name) => name.startsWith(`kind${index}/`)).length;
        expect(beside).toBeLessThan(concurrency);
        expect(running.size).toBeLessThan(4);
        running.set(mine, locksOf(key));
        attempts++;
        await sleep(clock, 1 + below(random, 50));
        running.delete(mine);
        if (random.float() < 0.4) throw new Error(`by chance ${below(random, 3)}`);
      },
    });
  const submitted = new Set<string>();
  let ended = 0;
  scheduler.onEvent(({ type }) => {
    if (type === 'finished') ended++;
  });
  // A stream of urgent work, so that what is less urgent has to gain on it to be done at all.
  for (let n = 0; n < 120; n++) {
    const kind = below(random, LIMITS.length);
    scheduler.submit(`kind${kind}`, String(n));
    submitted.add(`${kind}/${n}`);
    await clock.advance(below(random, 20));
  }
  await clock.advance(60_000);
  const left = scheduler.jobs();
  expect(left.filter(({ state }) => state !== 'quarantined')).toEqual([]);
  expect(left.every(({ failures, reason }) => failures === 4 && reason !== undefined)).toBe(true);
  expect(ended + left.length).toBe(submitted.size);
  await scheduler.stop();
  return { ended, quarantined: left.length, attempts };
}

test('with any seed no two jobs that conflict run at once, and every job ends or is kept aside', async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const { ended, quarantined, attempts } = await simulate(seed);
    expect(ended).toBeGreaterThan(80);
    expect(attempts).toBeGreaterThan(ended + quarantined * 3);
  }
});

test('the same seed gives the same', async () => {
  expect(await simulate(99)).toEqual(await simulate(99));
});

test('a job that needs a lock for itself is not starved by a stream of more urgent ones that share it', async () => {
  const clock = new ManualClock();
  const parts = { clock, random: seededRandom(1), logger: silentLogger, metrics: createMetrics() };
  const scheduler = new Scheduler({ ...parts, maxRunning: 4 });
  const kind = { summary: 'Work.', area: 'system', retry: { baseMs: 1, maxMs: 1, factor: 1 } } as const;
  let alone = 0;
  scheduler.define({
    ...kind,
    name: 'reader',
    priority: 10,
    concurrency: 3,
    locks: () => [{ name: 'data', mode: 'shared' }],
    run: async () => void (await sleep(clock, 100)),
  });
  scheduler.define({
    ...kind,
    name: 'writer',
    priority: 0,
    concurrency: 1,
    locks: () => [{ name: 'data', mode: 'exclusive' }],
    run: async () => void alone++,
  });
  for (let n = 0; n < 2000 && alone === 0; n++) {
    scheduler.submit('reader', String(n));
    if (n === 5) scheduler.submit('writer');
    await clock.advance(40);
  }
  expect(alone).toBe(1);
  expect(clock.now() - 1_000_000).toBeLessThan(60_000 + 6 * 40);
  const stopped = scheduler.stop();
  await clock.advance(5000);
  await stopped;
});
