import { expect, test } from 'vitest';
import { createMetrics } from '../../../src/base/metrics.ts';
import { faulty } from '../../../src/objects/faulty.ts';
import { memoryStore } from '../../../src/objects/memory.ts';
import { metered } from '../../../src/objects/metered.ts';
import { ManualClock } from '../processor/manual-clock.ts';

async function listed() {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const inner = memoryStore(clock);
  for (const key of ['a', 'b', 'c']) await inner.put(key, new Uint8Array(1));
  const state = { fails: false };
  const store = metered(
    faulty(inner, () => (state.fails ? 'answer-lost' : undefined)),
    metrics,
    clock,
  );
  const figures = async (): Promise<string[]> =>
    (await metrics.text())
      .split('\n')
      .filter((line) => /^quarry_objects_request(s_total|_seconds_sum).*list/.test(line))
      .map((line) => line.replace(/^quarry_objects_/, ''));
  return { clock, store, state, figures };
}

test('of a list the time of the store counts, and not that of who looks at the objects', async () => {
  const { clock, store, figures } = await listed();
  for await (const _object of store.list('')) await clock.advance(60_000);
  expect(await figures()).toEqual([
    'requests_total{operation="list",outcome="ok"} 1',
    'request_seconds_sum{operation="list"} 0',
  ]);
});

test('a list of which only the beginning is wanted is counted, and one that fails as what it is', async () => {
  const { store, state, figures } = await listed();
  for await (const _object of store.list('')) break;
  expect((await figures())[0]).toBe('requests_total{operation="list",outcome="ok"} 1');
  state.fails = true;
  const seen: string[] = [];
  const all = async () => {
    for await (const { key } of store.list('')) seen.push(key);
  };
  await expect(all()).rejects.toThrow('injected fault');
  expect(seen).toEqual(['a']);
  expect(await figures()).toContain('requests_total{operation="list",outcome="ObjectStoreUnavailable"} 1');
});
