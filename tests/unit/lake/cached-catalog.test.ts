import { expect, test } from 'vitest';
import { ManualClock } from '../../../simulation/groups-clock.ts';
import { CachedCatalog, CommitConflict, MemoryCatalog } from '../../../src/lake/index.ts';

const table = { namespace: ['topics'], name: 't' };

async function cached() {
  const inner = new MemoryCatalog();
  await inner.createNamespace(['topics']);
  await inner.commit([{ table, from: undefined, to: 'm0' }]);
  const clock = new ManualClock();
  return { inner, clock, catalog: new CachedCatalog(inner, clock) };
}

test('a cached catalog remembers a table for its time', async () => {
  const { inner, clock, catalog } = await cached();
  expect(catalog.cacheInfo).toBeUndefined();
  await catalog.metadataLocation(table);
  await inner.commit([{ table, from: 'm0', to: 'm1' }]);
  clock.runNext(clock.now() + 299_000);
  expect(await catalog.metadataLocation(table)).toBe('m0');
  expect(catalog.cacheInfo).toEqual({ entries: 1, ageSeconds: 299, expired: false });
  clock.runNext(clock.now() + 1000);
  expect(catalog.cacheInfo?.expired).toBe(true);
  expect(await catalog.metadataLocation(table)).toBe('m1');
});

test('a cached catalog forgets when it is told to', async () => {
  const { inner, catalog } = await cached();
  await catalog.metadataLocation(table);
  await inner.commit([{ table, from: 'm0', to: 'm1' }]);
  catalog.clearCache();
  expect(await catalog.metadataLocation(table)).toBe('m1');
});

test('a commit that failed sees what others did at its next try', async () => {
  const { inner, catalog } = await cached();
  const from = await catalog.metadataLocation(table);
  await inner.commit([{ table, from: 'm0', to: 'm1' }]);
  await expect(catalog.commit([{ table, from, to: 'mine' }])).rejects.toBeInstanceOf(CommitConflict);
  expect(await catalog.metadataLocation(table)).toBe('m1');
  await catalog.commit([{ table, from: 'm1', to: 'mine' }]);
  expect(await catalog.metadataLocation(table)).toBe('mine');
});

test('an answer from before a change is not remembered after it', async () => {
  const { catalog } = await cached();
  const before = catalog.metadataLocation(table);
  await Promise.all([before, catalog.commit([{ table, from: 'm0', to: 'm1' }])]);
  expect(await catalog.metadataLocation(table)).toBe('m1');
});
