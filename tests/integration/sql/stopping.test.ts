import { scheduler } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import type { SqlService } from '../../../src/sql/service.ts';
import { createWorld } from '../http-search/world.ts';

const FOREVER = 'SELECT count(*) AS n FROM "many" a, "many" b, "many" c WHERE a."offset" * b."offset" <> c."offset"';

test('a query of somebody who has gone is not begun', async () => {
  const world = createWorld(systemClock);
  const topic = { name: 'many', topicId: 'many', partitions: 1 };
  const catalog = { topics: () => [topic], topic: () => topic };
  const service = world.deps.sql as SqlService;
  const gone = AbortSignal.abort(new Error('the client has gone'));
  await expect(service.query('SELECT 1', 'json', catalog, gone)).rejects.toThrow('the client has gone');
  await service.close();
});

test.each([0, 5, 50, 400])(
  'a service that ends %d ms after a query began ends that query, too',
  async (milliseconds) => {
    const world = createWorld(systemClock);
    world.topic(
      'many',
      Array.from({ length: 6000 }, (_, n) => ({ n })),
    );
    const service = world.deps.sql as SqlService;
    const topic = { name: 'many', topicId: 'many', partitions: 1 };
    const catalog = { topics: () => [topic], topic: () => topic };
    const query = service.query(FOREVER, 'json', catalog, new AbortController().signal);
    const refused = expect(query).rejects.toThrow('the broker is stopping');
    await scheduler.wait(milliseconds);
    await service.close();
    await refused;
    await expect(service.query(FOREVER, 'json', catalog, new AbortController().signal)).rejects.toThrow('stopping');
  },
);
