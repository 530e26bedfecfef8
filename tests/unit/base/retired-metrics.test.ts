import { expect, test } from 'vitest';
import { createMetrics } from '../../../src/base/metrics.ts';
import { RetiredMetrics } from '../../../src/base/retired-metrics.ts';

/** The snapshot of a thread that did so much work. */
function threadAfter(work: number): Promise<object[]> {
  const metrics = createMetrics();
  metrics.counter('work_total', 'Work.', { kind: 'hard' }).inc(work);
  metrics.histogram('work_seconds', 'Time.').observe(work);
  metrics.gauge('memory_bytes', 'Memory.').set(100);
  return metrics.snapshot();
}

const textOf = (snapshot: object[]): Promise<string> => createMetrics().text([snapshot]);

test('what ended threads have counted stays, their gauges go', async () => {
  const retired = new RetiredMetrics();
  await retired.retire(threadAfter(2));
  await retired.retire(threadAfter(3));
  const alone = await textOf(await retired.with([]));
  expect(alone).toContain('work_total{kind="hard"} 5\n');
  expect(alone).toContain('work_seconds_count 2\n');
  expect(alone).not.toContain('memory_bytes');
  const text = await textOf(await retired.with(await threadAfter(7)));
  expect(text).toContain('work_total{kind="hard"} 12\n');
  expect(text).toContain('work_seconds_bucket{le="2.5"} 1\n');
  expect(text).toContain('memory_bytes 100\n');
});

test('nobody sees a counter fall while a thread gives its last numbers', async () => {
  const retired = new RetiredMetrics();
  const { promise, resolve } = Promise.withResolvers<object[]>();
  const retiring = retired.retire(promise);
  const seen = retired.with([]).then(textOf);
  resolve(await threadAfter(4));
  expect(await seen).toContain('work_total{kind="hard"} 4\n');
  await retiring;
});
