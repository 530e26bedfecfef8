import { expect, test } from 'vitest';
import { searchCatalog } from '../../../src/search/catalog.ts';
import { openWorld } from '../log/catalog-world.ts';

test('topics are seen with their partitions and whether they are searched', async () => {
  const { catalog } = await openWorld();
  await catalog.create({ name: 'logs', partitions: 3, configs: [] });
  await catalog.create({ name: 'raw', partitions: 1, configs: [{ name: 'quarry.search', value: 'false' }] });
  const seen = searchCatalog(catalog);
  expect(seen.topics()).toMatchObject([
    { name: 'logs', partitions: 3, searchable: true },
    { name: 'raw', partitions: 1, searchable: false },
  ]);
  expect(seen.topic('raw')?.topicId).toBe(catalog.byName('raw')?.topicId);
  expect(seen.topic('nothere')).toBeUndefined();
});
