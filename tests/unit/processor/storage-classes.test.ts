import { expect, test } from 'vitest';
import { createMetrics } from '../../../src/base/metrics.ts';
import { uuidToString } from '../../../src/base/random.ts';
import { Garbage } from '../../../src/metadata/garbage.ts';
import { sectionRegistry } from '../../../src/metadata/registry.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import { StorageClasses } from '../../../src/metadata/storage-classes.ts';
import { createTopic } from '../../../src/metadata/topics.ts';
import { faulty } from '../../../src/objects/faulty.ts';
import { memoryStore } from '../../../src/objects/memory.ts';
import { type ClassRule, StorageClassMoves } from '../../../src/processor/storage-classes.ts';

const [A, B] = [1, 2].map((byte) => uuidToString(new Uint8Array(16).fill(byte))) as [string, string];
const CONTEXT = { signal: new AbortController().signal, progress() {} };

/** Objects with sections of some topics, each registered at a time, and topics that want classes. */
async function world(objects: Record<string, readonly (readonly [topicId: string, created: number])[]>) {
  let now = 1000;
  const clock = { now: () => now, monotonic: () => now, after: () => ({ cancel() {} }) };
  const sql = openInlineSqlite(':memory:');
  for (const [topicId, name] of [
    [A, 'a'],
    [B, 'b'],
  ] as const)
    await sql.transaction(createTopic({ topicId, name, partitions: 1, created: 0 }, []));
  const inner = memoryStore(clock);
  const asked: string[] = [];
  const store = faulty(inner, (operation, key) => {
    if (operation === 'class') asked.push(key);
    return undefined;
  });
  let offset = 0;
  for (const [objectKey, sections] of Object.entries(objects)) {
    await store.put(objectKey, new Uint8Array(10));
    for (const [topicId, created] of sections) {
      const place = { topicId, partition: 0, baseOffset: offset, lastOffset: offset++, generation: 0, position: 0 };
      const row = { ...place, objectKey, length: 10, records: 1, minTimestamp: 0, maxTimestamp: 0, created };
      await sql.transaction([sectionRegistry(sql).insert(row)]);
    }
  }
  const rules = new Map<string, ClassRule>();
  const classes = new StorageClasses(sql);
  const moving = new Set<string>();
  const moves = new StorageClassMoves({
    classes,
    garbage: new Garbage(sql),
    store,
    clock,
    metrics: createMetrics(),
    moving,
    ruleOf: (topicId) => rules.get(topicId),
    topics: () =>
      [...rules.keys()].map((topicId) => ({ topicId, dataFolder: topicId === A ? 'table/data/' : undefined })),
  });
  return {
    sql,
    store,
    asked,
    rules,
    classes,
    moving,
    run: () => moves.run(CONTEXT),
    classOf: async (key: string) => (await inner.head(key))?.storageClass,
    later: (ms: number) => void (now += ms),
  };
}

test('an object moves when it is old enough, and is not asked for again', async () => {
  const { rules, run, classOf, later, asked, classes } = await world({ old: [[A, 100]], young: [[A, 900]] });
  await run();
  expect(asked).toEqual([]);
  rules.set(A, { name: 'COLD', afterMs: 500 });
  await run();
  expect([await classOf('old'), await classOf('young')]).toEqual(['COLD', undefined]);
  later(400);
  await run();
  await run();
  expect(await classOf('young')).toBe('COLD');
  expect(asked).toEqual(['old', 'young']);
  expect(await classes.of(['old', 'young', 'none'])).toEqual(
    new Map([
      ['old', 'COLD'],
      ['young', 'COLD'],
    ]),
  );
  rules.set(A, { name: 'COLDER', afterMs: 500 });
  await run();
  expect(await classOf('old')).toBe('COLDER');
});

test('an object that topics share moves when all of them want the same and are old enough', async () => {
  const { rules, run, classOf, later } = await world({
    shared: [
      [A, 100],
      [B, 600],
    ],
  });
  rules.set(A, { name: 'COLD', afterMs: 0 });
  await run();
  expect(await classOf('shared')).toBeUndefined();
  rules.set(B, { name: 'COLDER', afterMs: 0 });
  await run();
  expect(await classOf('shared')).toBeUndefined();
  rules.set(B, { name: 'COLD', afterMs: 500 });
  await run();
  expect(await classOf('shared')).toBeUndefined();
  later(100);
  await run();
  expect(await classOf('shared')).toBe('COLD');
});

test('files of a table move by when they were stored', async () => {
  const { rules, run, classOf, store, asked, later } = await world({});
  for (const key of ['table/data/one', 'table/data/two', 'table/metadata/one']) await store.put(key, new Uint8Array(1));
  rules.set(A, { name: 'COLD', afterMs: 500 });
  await run();
  expect(asked).toEqual([]);
  later(500);
  await run();
  await run();
  expect(await classOf('table/data/one')).toBe('COLD');
  expect(asked).toEqual(['table/data/one', 'table/data/two']);
});

test('what nothing refers to, or is gone, is left alone, and what is gone is forgotten', async () => {
  const { rules, run, asked, sql, store, classes } = await world({
    kept: [[A, 0]],
    condemned: [[A, 0]],
    gone: [[A, 0]],
  });
  const garbage = new Garbage(sql);
  await sql.transaction([garbage.discard('condemned', 0)]);
  await store.delete(['gone']);
  rules.set(A, { name: 'COLD', afterMs: 0 });
  await run();
  expect(asked.sort()).toEqual(['gone', 'kept']);
  expect([...(await classes.of(['kept', 'condemned', 'gone'])).keys()]).toEqual(['kept']);
  await garbage.forget(['kept']);
  expect(await classes.counts()).toEqual(new Map());
});

test('a class that the store refuses is said, and the objects of other topics move', async () => {
  const { rules, run, classOf } = await world({ one: [[A, 0]], two: [[B, 0]] });
  rules.set(A, { name: 'GLACIER', afterMs: 0 });
  rules.set(B, { name: 'COLD', afterMs: 0 });
  await expect(run()).rejects.toMatchObject({
    kind: 'denied',
    message: expect.stringContaining('cannot be read at once'),
  });
  expect([await classOf('one'), await classOf('two')]).toEqual([undefined, 'COLD']);
});

test('an object is not deleted while it is moved', async () => {
  const { rules, run, moving, store, sql } = await world({ one: [[A, 0]] });
  rules.set(A, { name: 'COLD', afterMs: 0 });
  const seen: boolean[] = [];
  const condemned: number[] = [];
  const original = store.setStorageClass?.bind(store);
  store.setStorageClass = async (key, name) => {
    await sql.transaction([new Garbage(sql).discard(key, 0)]);
    condemned.push((await new Garbage(sql).condemn(1e12, moving)).length);
    seen.push(moving.has(key));
    await original?.(key, name);
  };
  await run();
  expect({ seen, condemned, left: moving.size }).toEqual({ seen: [true], condemned: [0], left: 0 });
  expect(await new Garbage(sql).condemn(1e12, moving)).toHaveLength(1);
});
