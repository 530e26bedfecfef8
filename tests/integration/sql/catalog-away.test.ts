import { mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { SqlService, type SqlTables } from '../../../src/sql/service.ts';
import { temporaryFolder } from '../broker/process.ts';
import { createWorld } from '../http-search/world.ts';

test('a catalog that is away at the first query over tables is asked again by the next', async () => {
  const folder = temporaryFolder();
  const world = createWorld(systemClock);
  world.topic('orders', ['a']);
  const tables: SqlTables = {
    lake: {
      catalogUrl: `sqlite:${folder.path}/later/catalog.db`,
      objectsUrl: 's3://bucket/here?endpoint=http%3A%2F%2F127.0.0.1%3A1',
      baseUri: 's3://bucket/here',
      retry: { attempts: 1, baseMs: 1, maxMs: 1, factor: 1 },
      cacheFolder: `${folder.path}/cache`,
      cacheBytes: 1_000_000,
      registry: undefined,
    },
    has: () => true,
    goneBelow: () => new Map(),
  };
  const service = new SqlService({
    log: world.deps.log,
    tables,
    clock: systemClock,
    metrics: createMetrics(),
    settings: {
      timeoutMs: 10_000,
      maxQueries: 2,
      memoryBytes: 64 << 20,
      threads: 1,
      maxRows: 10,
      maxAnswerBytes: 10_000,
      maxBatchBytes: 1 << 20,
    },
  });
  const topic = { name: 'orders', topicId: 'orders', partitions: 1 };
  const catalog = { topics: () => [topic], topic: () => topic };
  const ask = async (): Promise<unknown> => {
    const sql = 'SELECT decode("value") AS v FROM "orders"';
    const { bytes } = await service.query(sql, 'json', catalog, new AbortController().signal);
    return JSON.parse(Buffer.from(bytes).toString());
  };
  try {
    for (let round = 0; round < 2; round++) await expect(ask()).rejects.toMatchObject({ status: 503 });
    mkdirSync(`${folder.path}/later`);
    expect(await ask()).toMatchObject({ rows: [{ v: 'a' }] });
  } finally {
    await service.close();
    folder.remove();
  }
});
