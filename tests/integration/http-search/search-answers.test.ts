import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, type Served, serve } from './world.ts';

describe('answers to a search', () => {
  const world = createWorld();
  let served: Served;

  beforeAll(async () => {
    world.topic('logs', [
      { level: 'ERROR', user: { name: 'anna', id: 1 }, tags: ['a', 'b'] },
      { level: 'INFO', user: { name: 'otto', id: 2 } },
      'plain text',
    ]);
    world.topic('other', [{ level: 'WARN' }]);
    world.topic('silent', [], { searchable: false });
    served = await serve(world);
  });
  afterAll(() => served.front.close(0));

  test('a hit has the topic, partition and offset, the score and the document', async () => {
    const { status, body } = await served.json('/logs/_search?q=level:ERROR&size=1');
    expect(status).toBe(200);
    expect(body).toMatchObject({ timed_out: false, _shards: { total: 1, successful: 1, skipped: 0, failed: 0 } });
    expect(body.hits.total).toEqual({ value: 3, relation: 'eq' });
    expect(body.hits.hits).toEqual([
      {
        _index: 'logs',
        _id: '0:0',
        _score: 1,
        _source: {
          level: 'ERROR',
          user: { name: 'anna', id: 1 },
          tags: ['a', 'b'],
          '@timestamp': '1970-01-01T00:00:01.000Z',
          _kafka: { partition: 0, offset: 0, timestamp: 1000, key: null, headers: {} },
        },
      },
    ]);
    expect(world.searcher.asked.at(-1)).toMatchObject({
      query: { kind: 'match', fields: ['level'], text: 'ERROR' },
      sort: [{ by: 'score', descending: true }],
      limit: 1,
    });
  });

  test('a body asks the same as the URL, and the URL wins', async () => {
    await served.post('/logs/_search?size=2', {
      query: { term: { level: 'ERROR' } },
      size: 5,
      from: 1,
      sort: ['_kafka.offset'],
    });
    expect(world.searcher.asked.at(-1)).toMatchObject({
      query: { kind: 'term', field: 'level', values: ['ERROR'] },
      sort: [{ by: 'offset', descending: false }],
      limit: 3,
    });
  });

  test('GET may have a body', async () => {
    const body = JSON.stringify({ query: { match_none: {} } });
    const text = await new Promise<string>((resolve, reject) => {
      const options = { method: 'GET', headers: { 'content-length': body.length } };
      const sent = request(`${served.base}/logs/_search`, options, (response) => {
        response.setEncoding('utf8');
        let all = '';
        response.on('data', (chunk: string) => (all += chunk));
        response.on('end', () => resolve(all));
      });
      sent.on('error', reject);
      sent.end(body);
    });
    expect(JSON.parse(text)).toHaveProperty('hits');
    expect(world.searcher.asked.at(-1)!.query).toEqual({ kind: 'none' });
  });

  test('from passes over hits', async () => {
    const { body } = await served.json('/logs/_search?from=1&size=1');
    expect(body.hits.hits.map((hit: { _id: string }) => hit._id)).toEqual(['0:1']);
  });

  test('size 0 counts only', async () => {
    const { body } = await served.json('/logs/_search?size=0');
    expect(body.hits.hits).toEqual([]);
    expect(world.searcher.asked.at(-1)!.limit).toBe(0);
  });

  test('all topics are searched without a name, with _all, and with patterns', async () => {
    for (const path of ['/_search', '/_all/_search', '/*/_search', '/logs,other/_search']) {
      const { body } = await served.json(path);
      expect(body.hits.total.value, path).toBe(4);
    }
    expect((await served.json('/lo*/_search')).body.hits.total.value).toBe(3);
    expect((await served.json('/*,-logs/_search')).body.hits.total.value).toBe(1);
  });

  test('_source can be left out, filtered and cut', async () => {
    const first = async (parameters: string): Promise<any> =>
      (await served.json(`/logs/_search?size=1&${parameters}`)).body.hits.hits[0];
    expect(await first('_source=false')).not.toHaveProperty('_source');
    expect((await first('_source=level'))._source).toEqual({ level: 'ERROR' });
    expect((await first('_source_includes=user.*'))._source).toEqual({ user: { name: 'anna', id: 1 } });
    expect((await first('_source_excludes=_kafka,user.name,@timestamp'))._source).toEqual({
      level: 'ERROR',
      user: { id: 1 },
      tags: ['a', 'b'],
    });
    const { body } = await served.post('/logs/_search', {
      size: 1,
      _source: { includes: ['user'], excludes: ['*.id'] },
    });
    expect(body.hits.hits[0]._source).toEqual({ user: { name: 'anna' } });
  });

  test('fields are lists of the values below a name', async () => {
    const { body } = await served.post('/logs/_search', {
      size: 1,
      _source: false,
      fields: ['user.*', { field: 'tags' }, 'level'],
    });
    expect(body.hits.hits[0]).toEqual({
      _index: 'logs',
      _id: '0:0',
      _score: 1,
      fields: { 'user.name': ['anna'], 'user.id': [1], tags: ['a', 'b'], level: ['ERROR'] },
    });
  });

  test('sorted hits show what they were sorted by, and no score unless asked', async () => {
    const { body } = await served.post('/logs/_search', {
      size: 1,
      sort: [{ '@timestamp': { order: 'desc', format: 'strict_date_optional_time' } }, '_kafka.offset'],
    });
    expect(body.hits.max_score).toBeNull();
    expect(body.hits.hits[0]).toMatchObject({ _score: null, sort: ['1970-01-01T00:00:01.000Z', 0] });
    const scored = await served.json('/logs/_search?size=1&sort=@timestamp:desc&track_scores=true');
    expect(scored.body.hits.hits[0]).toMatchObject({ _score: 1, sort: [1000] });
    expect(world.searcher.asked.at(-1)!.sort).toEqual([
      { by: 'timestamp', descending: true },
      { by: 'score', descending: true },
    ]);
  });

  test('the total is shown as asked', async () => {
    const total = async (parameters: string): Promise<unknown> =>
      (await served.json(`/logs/_search?${parameters}`)).body.hits.total;
    expect(await total('track_total_hits=false')).toBeUndefined();
    expect(await total('track_total_hits=2')).toEqual({ value: 2, relation: 'gte' });
    expect(await total('track_total_hits=10')).toEqual({ value: 3, relation: 'eq' });
    expect(await total('rest_total_hits_as_int=true')).toBe(3);
  });

  test('_count counts', async () => {
    const { body } = await served.post('/logs/_count', { query: { match_all: {} } });
    expect(body).toMatchObject({ count: 3, relation: 'eq' });
    expect((await served.json('/_count?q=x')).body.count).toBe(4);
  });

  test('_msearch answers each search in order, errors among them', async () => {
    const lines = [
      { index: 'logs' },
      { size: 1 },
      {},
      { size: 0 },
      { index: 'nothere' },
      {},
      { index: ['other'] },
      { query: { x: 1 } },
    ];
    const text = `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
    const { status, body } = await served.post('/_msearch', text);
    expect(status).toBe(200);
    expect(body.responses.map((one: any) => [one.status, one.hits?.total.value ?? one.error.type])).toEqual([
      [200, 3],
      [200, 4],
      [404, 'index_not_found_exception'],
      [400, 'parsing_exception'],
    ]);
  });
});
