import { describe, expect, test } from 'vitest';
import { CatalogError } from '../../../src/log/catalog-errors.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import type { SqlEngine } from '../../../src/metadata/types.ts';
import { openWorld } from './catalog-world.ts';

const topic = (name: string, partitions = 1, configs: { name: string; value: string | null }[] = []) => ({
  name,
  partitions,
  configs,
});

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof CatalogError ? error.code : error),
  );

describe('the topic catalog', () => {
  test('a topic is found by name and id, and the log was told', async () => {
    const { catalog, log } = await openWorld();
    const created = await catalog.create(topic('orders', 3, [{ name: 'retention.ms', value: '5000' }]));
    expect(catalog.byName('orders')).toBe(created);
    expect(catalog.byId(created.topicId)).toBe(created);
    expect(log.calls).toEqual(['create orders 3']);
    expect(log.config('orders')).toMatchObject({ retentionMs: 5000, maxMessageBytes: 2_000_000, delete: true });
  });

  test('after another start topics, partitions and configs are as they were', async () => {
    const { catalog, sql } = await openWorld();
    await catalog.create(topic('a', 1, [{ name: 'cleanup.policy', value: 'compact, delete' }]));
    await catalog.addPartitions('a', 4);
    await catalog.alterTopic('a', [{ operation: 'set', name: 'retention.bytes', value: '77' }]);
    await catalog.create(topic('b'));
    const again = await openWorld(sql);
    expect(again.catalog.all()).toEqual(catalog.all());
    expect(again.log.config('a')).toMatchObject({ retentionBytes: 77, compact: true, delete: true });
    expect(again.catalog.specs().map((spec) => [spec.name, spec.partitions])).toEqual([
      ['a', 4],
      ['b', 1],
    ]);
  });

  test('of two that create the same name at once, one wins', async () => {
    const { catalog, log } = await openWorld();
    const outcomes = await Promise.all([failure(catalog.create(topic('a'))), failure(catalog.create(topic('a')))]);
    expect(outcomes).toEqual(['no error', 'TOPIC_ALREADY_EXISTS']);
    expect(log.calls).toHaveLength(1);
  });

  test('a topic that is created again has another id and inherits nothing', async () => {
    const { catalog, sql } = await openWorld();
    const first = await catalog.create(topic('a', 1, [{ name: 'retention.ms', value: '1' }]));
    await catalog.delete(first.topicId);
    expect(catalog.byName('a')).toBeUndefined();
    const second = await catalog.create(topic('a'));
    expect(second.topicId).not.toBe(first.topicId);
    expect(second.overrides.size).toBe(0);
    expect((await openWorld(sql)).catalog.all()).toEqual([second]);
    expect(await failure(catalog.delete(first.topicId))).toBe('UNKNOWN_TOPIC_ID');
  });

  test.each([
    ['', 'INVALID_TOPIC_EXCEPTION'],
    ['.', 'INVALID_TOPIC_EXCEPTION'],
    ['..', 'INVALID_TOPIC_EXCEPTION'],
    ['a b', 'INVALID_TOPIC_EXCEPTION'],
    ['ä', 'INVALID_TOPIC_EXCEPTION'],
    ['x'.repeat(250), 'INVALID_TOPIC_EXCEPTION'],
    ['x'.repeat(249), 'no error'],
    ['.a', 'no error'],
    ['my.topic', 'no error'],
    ['my_topi', 'no error'],
    ['__consumer_offsets', 'TOPIC_ALREADY_EXISTS'],
  ])("the name '%s' gives %s", async (name, outcome) => {
    const { catalog } = await openWorld();
    expect(await failure(catalog.create(topic(name)))).toBe(outcome);
  });

  test("names that differ in '.' and '_' only collide, until the first is gone", async () => {
    const { catalog } = await openWorld();
    const first = await catalog.create(topic('a.b_c'));
    expect(await failure(catalog.create(topic('a_b.c')))).toBe('INVALID_TOPIC_EXCEPTION');
    await catalog.delete(first.topicId);
    expect(await failure(catalog.create(topic('a_b.c')))).toBe('no error');
  });

  test('the number of partitions only rises', async () => {
    const { catalog, log } = await openWorld();
    await catalog.create(topic('a', 2));
    expect(await failure(catalog.addPartitions('a', 2))).toBe('INVALID_PARTITIONS');
    expect(await failure(catalog.addPartitions('a', 1))).toBe('INVALID_PARTITIONS');
    expect(await failure(catalog.addPartitions('b', 1))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    await catalog.addPartitions('a', 3);
    expect(catalog.byName('a')?.partitions).toBe(3);
    expect(log.calls).toEqual(['create a 2', 'partitions 3']);
    expect(await failure(catalog.create(topic('none', 0)))).toBe('INVALID_PARTITIONS');
  });

  test('when the store fails, nothing has changed and the log was not told', async () => {
    const store = openInlineSqlite(':memory:');
    let broken = false;
    const sql: SqlEngine = {
      ...store,
      transaction: (statements) => (broken ? Promise.reject(new Error('disk full')) : store.transaction(statements)),
    };
    const { catalog, log } = await openWorld(sql);
    const { topicId } = await catalog.create(topic('a', 2));
    broken = true;
    const change = [{ operation: 'set', name: 'retention.ms', value: '1' }] as const;
    for (const attempt of [
      catalog.create(topic('b')),
      catalog.delete(topicId),
      catalog.addPartitions('a', 9),
      catalog.alterTopic('a', change),
      catalog.alterBroker('', [{ operation: 'set', name: 'log.retention.ms', value: '1' }]),
    ]) {
      await expect(attempt).rejects.toThrow('disk full');
    }
    expect(catalog.all().map(({ name, partitions }) => [name, partitions])).toEqual([['a', 2]]);
    expect(catalog.byName('a')?.overrides.size).toBe(0);
    expect(log.calls).toEqual(['create a 2']);
    broken = false;
    await catalog.create(topic('b'));
    expect(catalog.byName('b')).toBeDefined();
  });

  test('listeners hear of topics that come, change and go', async () => {
    const { catalog } = await openWorld();
    const heard: string[] = [];
    const stop = catalog.onConfigure(({ name, partitions }) => heard.push(`${name} ${partitions}`));
    catalog.onDelete(({ name }) => heard.push(`-${name}`));
    const { topicId } = await catalog.create(topic('a'));
    await catalog.addPartitions('a', 2);
    stop();
    await catalog.alterTopic('a', [{ operation: 'set', name: 'retention.ms', value: '1' }]);
    await catalog.delete(topicId);
    expect(heard).toEqual(['a 1', 'a 2', '-a']);
  });
});
