import { expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { createMetrics } from '../../../../src/base/metrics.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { Scheduler } from '../../../../src/processor/jobs/scheduler.ts';
import { tableScrubJob, tableVerifyJob } from '../../../../src/processor/jobs/table-scrub.ts';
import { ManualClock } from '../manual-clock.ts';

/** Two tables with two files each; `damaged` says what is wrong with one. */
function world() {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const damaged = new Map<string, string>();
  const read: string[] = [];
  const tables = {
    topics: () => ['b', 'a'],
    files: (topicId: string) => Promise.resolve([`${topicId}1`, `${topicId}2`]),
    verify: (topicId: string, file: string) => {
      read.push(`${topicId}/${file}`);
      return Promise.resolve({ bytes: 10, problem: damaged.get(file) });
    },
  };
  const parts = { clock, logger: silentLogger, metrics };
  const jobs = new Scheduler({ ...parts, random: seededRandom(5), maxRunning: 2 });
  const setAside = (key: string, problem: string) => void jobs.quarantine('table-verify', key, problem);
  jobs.define(tableVerifyJob(tables));
  jobs.define(tableScrubJob({ ...parts, tables, bytesPerSecond: Number.POSITIVE_INFINITY, intervalMs: 1e9, setAside }));
  return { jobs, damaged, read, metrics };
}

test('every file of every table is read back', async () => {
  const { jobs, read, metrics } = world();
  expect(await jobs.run('table-scrub')).toEqual({ state: 'finished' });
  expect(read).toEqual(['a/a1', 'a/a2', 'b/b1', 'b/b2']);
  expect(jobs.jobs()).toEqual([]);
  expect(await metrics.text()).toContain('quarry_table_scrub_read_bytes_total 40');
});

test('a damaged file is kept aside with the reason until it is whole again, and stops no other', async () => {
  const { jobs, damaged, read, metrics } = world();
  damaged.set('a1', 'page 1 is damaged');
  await jobs.run('table-scrub');
  expect(read).toHaveLength(4);
  const [found] = jobs.jobs();
  expect(found).toMatchObject({ kind: 'table-verify', key: 'a/a1', state: 'quarantined', reason: 'page 1 is damaged' });
  expect(await metrics.text()).toContain('quarry_table_scrub_faults_total 1');
  damaged.clear();
  jobs.release(found?.id ?? '');
  expect(await jobs.run('table-verify', found?.key)).toEqual({ state: 'finished' });
});
