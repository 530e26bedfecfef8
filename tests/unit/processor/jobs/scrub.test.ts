import { expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { createMetrics } from '../../../../src/base/metrics.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { Scheduler } from '../../../../src/processor/jobs/scheduler.ts';
import { scrubJob, verifyJob } from '../../../../src/processor/jobs/scrub.ts';
import { keysOf, packFixture, sealSome } from '../pack-fixture.ts';

async function scrubbed(bytesPerSecond = Number.POSITIVE_INFINITY) {
  const { wal, sql, objects, store, setFaults, start, clock } = await packFixture();
  await sealSome(wal, 0);
  await start().sink.run(true);
  const metrics = createMetrics();
  const parts = { sql, store, clock, logger: silentLogger, metrics };
  const jobs = new Scheduler({ ...parts, random: seededRandom(5), maxRunning: 2 });
  jobs.define(verifyJob(parts));
  jobs.define(
    scrubJob({
      ...parts,
      bytesPerSecond,
      intervalMs: 1e9,
      setAside: (id, problem) => void jobs.quarantine('verify', id, problem),
    }),
  );
  const [key = ''] = await keysOf(objects);
  return { jobs, objects, setFaults, key, clock, metrics };
}

test('what is whole is read back without a finding', async () => {
  const { jobs, metrics } = await scrubbed();
  expect(await jobs.run('scrub')).toEqual({ state: 'finished' });
  expect(jobs.jobs()).toEqual([]);
  expect(await metrics.text()).toMatch(/quarry_scrub_read_bytes_total [1-9]/);
});

test('a damaged segment is kept aside with the reason until it is whole again', async () => {
  const { jobs, objects, key, metrics } = await scrubbed();
  const whole = Buffer.from(await objects.get(key));
  const damaged = Buffer.from(whole);
  damaged[200] = (damaged[200] ?? 0) ^ 0xff;
  await objects.delete([key]);
  await objects.put(key, damaged);
  await jobs.run('scrub');
  const [found] = jobs.jobs();
  expect(found).toMatchObject({ kind: 'verify', state: 'quarantined' });
  expect(found?.reason).toMatch(/./);
  expect(await metrics.text()).toContain('quarry_scrub_faults_total 1');
  jobs.release(found?.id ?? '');
  expect(await jobs.run('verify', found?.key)).toMatchObject({ state: 'quarantined', reason: found?.reason });
  await objects.delete([key]);
  await objects.put(key, whole);
  jobs.release(found?.id ?? '');
  expect(await jobs.run('verify', found?.key)).toEqual({ state: 'finished' });
  expect(jobs.jobs()).toEqual([]);
});

test('it reads no faster than its rate', async () => {
  const { jobs, clock } = await scrubbed(100);
  let ended = false;
  const started = clock.now();
  const pass = jobs.run('scrub').then(() => {
    ended = true;
  });
  while (!ended) await clock.advance(100);
  await pass;
  expect(clock.now() - started).toBeGreaterThan(2000);
});

test('a store that does not answer is no damage: the pass fails, and is tried again', async () => {
  const { jobs, setFaults, metrics } = await scrubbed();
  setFaults(() => 'refused');
  expect(await jobs.run('scrub')).toMatchObject({ state: 'failed' });
  expect(jobs.jobs()).toMatchObject([{ kind: 'scrub', state: 'waiting', failureKind: 'unavailable' }]);
  expect(await metrics.text()).not.toMatch(/quarry_scrub_faults_total [1-9]/);
  setFaults(() => undefined);
  expect(await jobs.run('scrub')).toEqual({ state: 'finished' });
  expect(jobs.jobs()).toEqual([]);
});

test('what a store that answers cannot give is kept aside', async () => {
  const { jobs, setFaults } = await scrubbed();
  setFaults((operation) => (operation === 'get' ? 'refused' : undefined));
  expect(await jobs.run('scrub')).toEqual({ state: 'finished' });
  const kept = jobs.jobs();
  expect(kept).toHaveLength(3);
  for (const job of kept) expect(job).toMatchObject({ kind: 'verify', state: 'quarantined' });
});
