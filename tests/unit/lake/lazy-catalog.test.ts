import { expect, test } from 'vitest';
import { CatalogUnavailable, lazyCatalog, MemoryCatalog } from '../../../src/lake/index.ts';

test('a catalog that could not be opened is opened by a later call, and once', async () => {
  let tries = 0;
  const catalog = lazyCatalog(async () => {
    if (++tries === 1) throw new CatalogUnavailable('away');
    return new MemoryCatalog();
  });
  expect(tries).toBe(0);
  await expect(catalog.listNamespaces()).rejects.toBeInstanceOf(CatalogUnavailable);
  await Promise.all(['a', 'b'].map((name) => catalog.createNamespace([name])));
  expect(await catalog.listNamespaces()).toEqual([['a'], ['b']]);
  expect(tries).toBe(2);
});

test('closing a catalog that nobody asked does not open it', async () => {
  let tries = 0;
  await lazyCatalog(async () => {
    tries++;
    return new MemoryCatalog();
  }).close();
  expect(tries).toBe(0);
});
