import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LogError } from '../../../src/log/types.ts';
import { createWorld, record, type Served, serve, type World } from './world.ts';

describe('what a search may see', () => {
  let world: World;
  let served: Served;

  beforeEach(async () => {
    world = createWorld();
    served = await serve(world);
  });
  afterEach(() => served.front.close(0));

  test('only offsets from the log start to the last stable offset are asked for', async () => {
    const log = world.topic('logs', ['a', 'b', 'c', 'd']);
    log.logStartOffset = 1;
    log.lastStableOffset = 3;
    await served.get('/logs/_search');
    expect(world.searcher.asked[0]!.ranges).toEqual([{ topicId: 'id-of-logs', partition: 0, from: 1, to: 3 }]);
  });

  test('each partition is a range of its own, empty ones are none', async () => {
    world.topic('logs', ['a'], { partitions: 3 });
    world.partition('logs', 2).append([record('b'), record('c')]);
    await served.get('/logs/_search');
    expect(world.searcher.asked[0]!.ranges.map(({ partition, to }) => [partition, to])).toEqual([
      [0, 1],
      [2, 2],
    ]);
  });

  test('a search waits until the index has reached the end of the range', async () => {
    world.topic('logs', ['a', 'b']);
    world.searcher.indexed = 1;
    const waiting = served.json('/logs/_search');
    await new Promise((resolve) => setImmediate(resolve));
    world.searcher.indexed = 2;
    expect((await waiting).body.hits.total).toEqual({ value: 2, relation: 'eq' });
  });

  test('an index that stays behind makes the total a lower bound', async () => {
    world.topic('logs', ['a', 'b']);
    world.searcher.indexed = 1;
    expect((await served.json('/logs/_search')).body.hits.total).toEqual({ value: 2, relation: 'gte' });
    expect((await served.json('/logs/_count')).body).toMatchObject({ count: 2, relation: 'gte' });
  });

  test('what the executor could not look at makes the total a lower bound, with the failures shown', async () => {
    world.topic('logs', ['a', 'b']);
    world.searcher.answer = () => ({
      exact: false,
      timedOut: true,
      failures: [{ objectKey: 'indexes/x', reason: 'gone' }],
    });
    const { body } = await served.json('/logs/_search');
    expect(body).toMatchObject({
      timed_out: true,
      _shards: { failed: 1, successful: 0 },
      hits: { total: { relation: 'gte' } },
    });
    expect(body._shards.failures[0].reason.reason).toBe('gone');
  });

  test('a hit that was deleted since the search is neither shown nor counted', async () => {
    const log = world.topic('logs');
    for (const value of ['a', 'b', 'c']) log.append([record(value)]);
    world.searcher.answer = () => {
      log.logStartOffset = 2;
      return {};
    };
    const { body } = await served.json('/logs/_search');
    expect(body.hits.total).toEqual({ value: 1, relation: 'eq' });
    expect(body.hits.hits.map((hit: { _id: string }) => hit._id)).toEqual(['0:2']);
  });

  test('a hit that has expired is not shown, also where nothing of it is', async () => {
    const log = world.topic('logs', [{ until: 1 }, { until: 9e15 }, {}]);
    log.expiry = { lifetime: undefined, expires: { kind: 'field', path: 'until' } };
    const { body } = await served.json('/logs/_search?_source=false');
    expect(body.hits.hits.map((hit: { _id: string }) => hit._id)).toEqual(['0:1', '0:2']);
    expect(body.hits.hits[0]).not.toHaveProperty('_source');
  });

  test('a topic that is deleted while its hits are read shows none', async () => {
    const log = world.topic('logs', ['a', 'b']);
    log.read = () => Promise.reject(new LogError('UNKNOWN_TOPIC_OR_PARTITION', 'logs-0 was deleted'));
    const { status, body } = await served.json('/logs/_search');
    expect([status, body.hits.hits]).toEqual([200, []]);
    expect((await served.json('/logs/_mapping')).status).toBe(200);
    expect((await served.json('/logs/_doc/0:1')).status).toBe(404);
  });

  test('a batch is read once for all its hits', async () => {
    const log = world.topic('logs', ['a', 'b', 'c', 'd']);
    log.append([record('e')], { compression: 'gzip' });
    const { body } = await served.json('/logs/_search');
    expect(body.hits.hits.map((hit: any) => hit._source.message)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(log.reads).toBe(2);
  });

  test('segments outside the visible range are not read', async () => {
    const log = world.topic('logs', ['a', 'b', 'c', 'd']);
    log.logStartOffset = 2;
    const row = {
      topicId: 'id-of-logs',
      partition: 0,
      generation: 0,
      objectKey: 'k',
      position: 0,
      length: 1,
      documents: 2,
    };
    const times = { minTimestamp: 0, maxTimestamp: 0, created: 0 };
    const segments = [
      { ...row, ...times, baseOffset: 0, lastOffset: 1 },
      { ...row, ...times, baseOffset: 2, lastOffset: 3 },
    ];
    Object.assign(world.deps.search.segments, { textSegments: () => Promise.resolve(segments) });
    await served.get('/logs/_search');
    expect(world.searcher.asked[0]!.segments.map(({ baseOffset }) => baseOffset)).toEqual([2]);
  });
});
