import { expect, test } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { LogConfig } from '../../../src/log/types.ts';
import type { SectionRow } from '../../../src/metadata/types.ts';
import type { ErasablePartition } from '../../../src/processor/erasure/log-erasure.ts';
import { sectionExpiryJob, type SectionExpiryParts } from '../../../src/processor/erasure/section-expiry.ts';
import { REWRITING } from '../../../src/processor/jobs/kinds.ts';
import { Scheduler } from '../../../src/processor/jobs/scheduler.ts';
import { ManualClock } from './manual-clock.ts';

/** The job over sections of one partition; `expire` of a section does what the test says, and is noted. */
function world() {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const rows = [0, 10, 20].map((baseOffset) => ({
    topicId: 'T',
    partition: 0,
    baseOffset,
    lastOffset: baseOffset + 9,
    generation: 0,
    objectKey: `packs/${baseOffset}`,
    position: 16,
    records: 10,
  })) as SectionRow[];
  const partition = {
    topic: 'notes',
    topicId: 'T',
    partition: 0,
    config: { compact: false, expiry: { lifetime: undefined, expires: { kind: 'field', path: 'until' } } },
    logStartOffset: 0,
    lastStableOffset: 100,
    packedBelow: 100,
  } as unknown as ErasablePartition & { config: LogConfig };
  const looked: number[] = [];
  let cleared = 0;
  const state = { failing: undefined as (() => void) | undefined, due: clock.now() + 1e9, takes: 0 };
  const parts = {
    log: {
      async expire(_partition: ErasablePartition, { baseOffset }: SectionRow) {
        looked.push(baseOffset);
        await clock.advance(state.takes);
        if (baseOffset === 10) state.failing?.();
        const made = state.due <= clock.now();
        const done = { removed: made ? 7 : 0, bytesRead: 100, bytesWritten: made ? 30 : 0 };
        return { due: made ? undefined : state.due, ...done };
      },
    },
    clearing: { run: () => Promise.resolve(void cleared++) },
    registration: {
      sections: { overlapping: () => Promise.resolve([...rows]) },
      textsOfOtherRules: () => Promise.resolve([]),
    },
    clock,
    metrics,
    topicIds: () => ['T'],
    partitions: () => [partition],
    intervalMs: 1000,
  } as unknown as SectionExpiryParts;
  const jobs = new Scheduler({ clock, random: seededRandom(1), logger: silentLogger, metrics, maxRunning: 1 });
  jobs.define(sectionExpiryJob(parts));
  return { jobs, rows, looked, state, clock, metrics, cleared: () => cleared };
}

test('a section that cannot be looked at stops no other, and those that were looked at are not read again', async () => {
  const { jobs, looked, state, cleared } = world();
  state.failing = () => {
    throw new Error('a pack is damaged');
  };
  expect(await jobs.run('expiry')).toEqual({
    state: 'failed',
    reason: 'the section of notes-0 from offset 10: a pack is damaged',
  });
  expect(cleared()).toBe(1);
  expect(await jobs.run('expiry')).toMatchObject({ state: 'failed' });
  expect(looked).toEqual([0, 10, 20, 10]);
  state.failing = undefined;
  expect(await jobs.run('expiry')).toEqual({ state: 'finished' });
  expect(looked).toEqual([0, 10, 20, 10, 10]);
});

test('a section that retention let go of meanwhile is no failure', async () => {
  const { jobs, rows, looked, state } = world();
  state.failing = () => {
    rows.splice(1, 1);
    throw new Error('packs/10');
  };
  expect(await jobs.run('expiry')).toEqual({ state: 'finished' });
  expect(looked).toEqual([0, 10, 20]);
});

test('what is made anew is counted, and looked at again by the next run', async () => {
  const { jobs, looked, state, clock, metrics } = world();
  await jobs.run('expiry');
  await clock.advance(state.due - clock.now());
  await jobs.run('expiry');
  const text = await metrics.text();
  expect(text).toContain('quarry_expiry_sections_total 3');
  expect(text).toContain('quarry_expiry_removed_records_total 21');
  expect(text).toContain('quarry_expiry_read_bytes_total 600');
  expect(text).toContain('quarry_expiry_written_bytes_total 90');
  state.due = clock.now() + 1e9;
  await jobs.run('expiry');
  await jobs.run('expiry');
  expect(looked).toHaveLength(9);
});

test('a long run lets others rewrite in between, and then goes on where it was', async () => {
  const { jobs, looked, state } = world();
  state.takes = 40_000;
  jobs.define({
    name: 'other',
    summary: 'Rewrites something, too.',
    area: 'compaction',
    priority: 25,
    concurrency: 1,
    retry: { baseMs: 1, maxMs: 1, factor: 1 },
    locks: () => [REWRITING],
    run: async () => void looked.push(-1),
  });
  jobs.submit('expiry');
  jobs.submit('other');
  await jobs.idle();
  expect(looked).toEqual([0, 10, -1, 20]);
});
