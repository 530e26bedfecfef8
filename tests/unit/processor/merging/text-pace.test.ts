import { expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { createMetrics } from '../../../../src/base/metrics.ts';
import { longestRunMs, segmentMergeJob } from '../../../../src/processor/merging/jobs.ts';
import { mergeMetersOf } from '../../../../src/processor/merging/metrics.ts';
import { ManualClock } from '../manual-clock.ts';

const MERGE_MS = 5000;

/** A job before which lie so many merges of five seconds each; no new segments come. */
function world(due: number, share?: number) {
  const clock = new ManualClock();
  const state = { due, looks: 0 };
  const submitted: string[] = [];
  const job = segmentMergeJob({
    kind: 'text',
    summary: 'Merges.',
    settings: {
      minPieces: 4,
      targetBytes: 1e9,
      intervalMs: 60_000,
      concurrent: 1,
      memoryBytes: 1e6,
      maxBytesPerSecond: Number.MAX_VALUE,
    },
    policyOf: () => 'size-tiered',
    logger: silentLogger,
    clock,
    meters: mergeMetersOf(createMetrics()),
    topicIds: () => ['T'],
    stored: () => Promise.resolve(10),
    ...(share !== undefined && { share }),
    merger: {
      async run(_topicIds, _rule, _rate, signal) {
        state.looks++;
        let merges = 0;
        while (state.due > 0 && !signal.aborted) {
          await clock.advance(MERGE_MS);
          merges++;
          state.due--;
        }
        return { merges, bytesRead: 0, bytesWritten: 0, aside: 0, pieces: 1, least: 1 };
      },
    },
  });
  const run = async (forced = false, signal = new AbortController().signal): Promise<number> => {
    const began = clock.monotonic();
    const submit = (name: string): void => void submitted.push(name);
    const context = { signal, forced, submit, progress() {}, position: undefined, checkpoint() {} };
    await job.run('', context);
    return clock.monotonic() - began;
  };
  return { state, submitted, run };
}

test('a run and the pause after it are such that the share is kept', () => {
  for (const share of [0.1, 0.25, 0.5]) {
    const longest = longestRunMs(60_000, share);
    expect(longest / (longest + 60_000)).toBeCloseTo(share);
  }
});

test('a run ends when its share of the time is over, and later ones do the rest though nothing new came', async () => {
  const { state, run } = world(10, 0.25);
  expect(await run()).toBe(20_000);
  expect(state.due).toBe(6);
  expect([await run(), await run()]).toEqual([20_000, 10_000]);
  expect(state).toEqual({ due: 0, looks: 3 });
  await run();
  expect(state.looks).toBe(3);
});

test('what a person asks for is done at once', async () => {
  const { state, run } = world(10, 0.25);
  expect(await run(true)).toBe(50_000);
  expect(state.due).toBe(0);
});

test('without a share a run goes on to its end, after a minute when others had their turn', async () => {
  const short = world(10);
  expect(await short.run()).toBe(50_000);
  expect(short.submitted).toEqual([]);
  const long = world(20);
  expect(await long.run()).toBe(60_000);
  expect(long.submitted).toEqual(['text-merge']);
  expect([await long.run(), long.state.due]).toEqual([40_000, 0]);
  expect(long.submitted).toHaveLength(1);
});

test('a run that is cancelled begins no merge, and does not count as one that had nothing left', async () => {
  const { state, run } = world(10);
  await expect(run(false, AbortSignal.abort())).rejects.toThrow();
  expect(state.due).toBe(10);
  expect(await run()).toBe(50_000);
});
