import { expect, test } from 'vitest';
import { createMetrics } from '../../../src/base/metrics.ts';
import { statisticsMetrics } from '../../../src/processor/packs/run-statistics.ts';
import { sources } from '../../style/sources.ts';
import { namesInTables, textOf } from './pages.ts';

const described = new Set([...namesInTables(textOf('docs/operations.md'))].filter((name) => /^quarry_\w+$/.test(name)));

/** Names as they stand in the code, and those that are put together there. */
async function registered(): Promise<Set<string>> {
  const metrics = createMetrics();
  statisticsMetrics(metrics, 'test');
  const composed = [...(await metrics.text()).matchAll(/^# HELP (\S+)/gm)].map((match) => match[1] ?? '');
  const written = sources('src').flatMap(({ text }) =>
    [...text.matchAll(/'(quarry_[a-z_]+)'/g)].map((match) => match[1] ?? ''),
  );
  return new Set([...composed, ...written]);
}

test('every metric is described in docs/operations.md', async () => {
  const names = await registered();
  expect(names.size).toBeGreaterThan(40);
  expect([...names].filter((name) => !described.has(name))).toEqual([]);
});

test('docs/operations.md describes no metric that does not exist', async () => {
  const names = await registered();
  expect([...described].filter((name) => !names.has(name))).toEqual([]);
});
