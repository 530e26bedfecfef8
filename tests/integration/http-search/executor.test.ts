import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { searchForReal } from './live-searcher.ts';
import { createWorld, type Served, serve } from './world.ts';

const encoder = new TextEncoder();
const bytes = (text: string): Uint8Array => encoder.encode(text);
const DAY = 86_400_000;

describe('queries from the URL and the body to the hits', () => {
  const world = createWorld();
  let served: Served;

  beforeAll(async () => {
    const log = world.topic('logs', [], { partitions: 2 });
    const start = Date.UTC(2026, 0, 1, 12);
    const values = [
      { level: 'ERROR', message: 'connection timeout to db-1', code: 500, user: { name: 'Anna' } },
      { level: 'INFO', message: 'connection established', code: 200, created: '2026-01-01T08:00:00Z' },
      { level: 'WARN', message: 'quick brown fox', code: 404.5, tags: ['a', 'b'], created: '2026-01-05' },
      { level: 'ERROR', message: 'brown quick fox', code: -7, ok: true },
      'plain text with timeout',
    ];
    log.append(
      values.map((value, index) => ({
        timestamp: start + index * DAY,
        key: bytes(`key-${index}`),
        value: bytes(typeof value === 'string' ? value : JSON.stringify(value)),
        headers: index === 1 ? [{ key: bytes('trace'), value: bytes('abc123') }] : [],
      })),
    );
    world.partition('logs', 1).append([
      { timestamp: start, key: bytes('gone'), value: null },
      { timestamp: start, key: null, value: bytes('カタカナ 漢字 naïve Straße') },
    ]);
    world.topic('other', [{ level: 'ERROR', message: 'elsewhere' }]);
    searchForReal(world);
    served = await serve(world);
  });
  afterAll(() => served.front.close(0));

  async function ids(path: string, body?: object): Promise<string[]> {
    const answer = body === undefined ? await served.json(path) : await served.post(path, body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body.hits.total).toEqual({ value: answer.body.hits.hits.length, relation: 'eq' });
    return answer.body.hits.hits.map((hit: { _id: string }) => hit._id).sort();
  }

  test.each([
    ['timeout', '0:0 0:4'],
    ['TIMEOUT', '0:0 0:4'],
    ['connection AND timeout', '0:0'],
    ['connection -timeout', '0:1'],
    ['NOT connection AND NOT fox', '0:4 1:0 1:1'],
    ['"quick brown"', '0:2'],
    ['"brown quick"~2', '0:2 0:3'],
    ['level:ERROR', '0:0 0:3'],
    ['level:error', '0:0 0:3'],
    ['level.keyword:error', ''],
    ['level:(ERROR OR WARN) AND fox', '0:2 0:3'],
    ['message:connect*', '0:0 0:1'],
    ['message:CONN*', '0:0 0:1'],
    ['message:?uick', '0:2 0:3'],
    ['message:/t[a-z]+out/', '0:0 0:4'],
    ['message:conection~', '0:0 0:1'],
    ['user.name:anna', '0:0'],
    ['user.*:anna', '0:0'],
    ['_exists_:user', '0:0'],
    ['_exists_:us*', '0:0'],
    ['_exists_:*r.name', '0:0'],
    ['user.*:*', '0:0'],
    ['_exists_:*', '0:0 0:1 0:2 0:3 0:4 1:0 1:1'],
    ['[* TO *]', '0:0 0:1 0:2 0:3 0:4 1:0 1:1'],
    ['_exists_:nothing*', ''],
    ['tags:*', '0:2'],
    ['*', '0:0 0:1 0:2 0:3 0:4 1:0 1:1'],
    ['code:500', '0:0'],
    ['500', '0:0'],
    ['code:[200 TO 500]', '0:0 0:1 0:2'],
    ['code:{200 TO 500}', '0:2'],
    ['code:<0', '0:3'],
    ['code:>=404.5', '0:0 0:2'],
    ['ok:true', '0:3'],
    ['tags:b', '0:2'],
    ['key-3', '0:0 0:1 0:2 0:3 0:4'],
    ['_kafka.key:"key-3"', '0:3'],
    ['_kafka.key.keyword:key\\-3', '0:3'],
    ['abc123', '0:1'],
    ['_kafka.headers.trace:abc123', '0:1'],
    ['_kafka.tombstone:true', '1:0'],
    ['_kafka.offset:[1 TO 2]', '0:1 0:2 1:1'],
    ['_kafka.partition:1', '1:0 1:1'],
    ['_id:"0:3"', '0:3'],
    ['@timestamp:2026-01-02', '0:1'],
    ['@timestamp:[2026-01-03 TO *]', '0:2 0:3 0:4'],
    ['@timestamp:<2026-01-02', '0:0 1:0 1:1'],
    ['created:[2026-01-01 TO 2026-01-02]', '0:1'],
    ['created:>2026-01-02', '0:2'],
    ['タカ', '1:1'],
    ['漢字', '1:1'],
    ['naïve', '1:1'],
    ['', ''],
    ['...', ''],
  ])('q=%s', async (query, expected) => {
    const parameters = new URLSearchParams({ q: query, size: '100' });
    expect((await ids(`/logs/_search?${parameters.toString()}`)).join(' ')).toBe(expected);
  });

  test.each([
    [{ match: { message: 'quick connection' } }, '0:0 0:1 0:2 0:3'],
    [{ match: { message: { query: 'quick fox connection', minimum_should_match: 2 } } }, '0:2 0:3'],
    [{ match: { message: { query: 'quikc', fuzziness: 'AUTO' } } }, '0:2 0:3'],
    [{ match_phrase_prefix: { message: 'connection est' } }, '0:1'],
    [{ multi_match: { query: 'ERROR timeout', fields: ['level', 'message'], operator: 'and' } }, ''],
    [
      { multi_match: { query: 'ERROR timeout', fields: ['level', 'message'], operator: 'and', type: 'cross_fields' } },
      '0:0',
    ],
    [{ term: { level: 'ERROR' } }, '0:0 0:3'],
    [{ term: { level: 'error' } }, ''],
    [{ term: { code: 500 } }, '0:0'],
    [{ terms: { level: ['INFO', 'WARN'] } }, '0:1 0:2'],
    [{ ids: { values: ['0:1', '1:1', '0:99', 'x'] } }, '0:1 1:1'],
    [{ prefix: { 'level.keyword': 'ER' } }, '0:0 0:3'],
    [{ wildcard: { 'level.keyword': 'W?RN' } }, '0:2'],
    [{ range: { code: { gte: 200, lt: 500 } } }, '0:1 0:2'],
    [{ range: { '@timestamp': { gte: '2026-01-02||/d', lt: '2026-01-03||/d' } } }, '0:1'],
    [{ range: { created: { gte: '05.01.2026', format: 'dd.MM.yyyy' } } }, '0:2'],
    [{ exists: { field: 'created' } }, '0:1 0:2'],
    [{ bool: { must: [{ match: { message: 'fox' } }], must_not: [{ term: { level: 'WARN' } }] } }, '0:3'],
    [{ bool: { should: [{ term: { level: 'INFO' } }, { term: { ok: true } }] } }, '0:1 0:3'],
    [{ bool: { filter: [{ term: { level: 'ERROR' } }], should: [{ match: { message: 'fox' } }] } }, '0:0 0:3'],
    [{ constant_score: { filter: { term: { level: 'INFO' } } } }, '0:1'],
    [{ query_string: { query: 'fox -WARN', default_field: 'message' } }, '0:2 0:3'],
    [{ simple_query_string: { query: 'quick + fox', fields: ['message'] } }, '0:2 0:3'],
    [{ match_none: {} }, ''],
  ])('%j', async (query, expected) => {
    expect((await ids('/logs/_search', { query, size: 100 })).join(' ')).toBe(expected);
  });

  test('hits come by score, the best first, and a boost counts', async () => {
    const { body } = await served.post('/logs/_search', {
      query: { bool: { should: [{ match: { message: 'fox' } }, { term: { level: { value: 'WARN', boost: 5 } } }] } },
    });
    expect(body.hits.hits.map((hit: any) => hit._id)).toEqual(['0:2', '0:3']);
    expect(body.hits.max_score).toBe(body.hits.hits[0]._score);
    expect(body.hits.hits[0]._score).toBeGreaterThan(body.hits.hits[1]._score);
  });

  test('of several fields the best one counts, and with most_fields all of them', async () => {
    const score = async (type: string): Promise<number> => {
      const query = { multi_match: { query: 'error timeout', fields: ['level', 'message'], type } };
      return (await served.post('/logs/_search', { query })).body.hits.max_score;
    };
    expect(await score('most_fields')).toBeGreaterThan(await score('best_fields'));
    const both = { bool: { should: [{ match: { level: 'error' } }, { match: { message: 'timeout' } }] } };
    const best = { dis_max: { queries: both.bool.should } };
    const [sum, most] = await Promise.all(
      [both, best].map(async (query) => (await served.post('/logs/_search', { query })).body.hits.max_score as number),
    );
    expect(sum).toBeGreaterThan(most!);
  });

  test('constant scores are what they are boosted to', async () => {
    const { body } = await served.post('/logs/_search', {
      query: { constant_score: { filter: { term: { level: 'ERROR' } }, boost: 2.5 } },
    });
    expect(body.hits.hits.map((hit: any) => hit._score)).toEqual([2.5, 2.5]);
  });

  test('hits come by time and by offset, and pages follow each other', async () => {
    const page = async (parameters: string): Promise<string[]> =>
      (await served.json(`/logs/_search?${parameters}`)).body.hits.hits.map((hit: any) => hit._id);
    expect(await page('sort=@timestamp:desc&size=3')).toEqual(['0:4', '0:3', '0:2']);
    expect(await page('sort=@timestamp:desc&size=2&from=3')).toEqual(['0:1', '0:0']);
    expect(await page('sort=_kafka.offset&size=4')).toEqual(['0:0', '1:0', '0:1', '1:1']);
  });

  test('scores beside another order are real ones', async () => {
    const { body } = await served.post('/logs/_search', {
      query: { match: { message: 'fox' } },
      sort: ['@timestamp'],
      track_scores: true,
    });
    expect(body.hits.hits.map((hit: any) => hit._score > 0)).toEqual([true, true]);
  });

  test('several topics are searched together', async () => {
    const { body } = await served.json('/logs,other/_search?q=level:ERROR&_source=false');
    expect(body.hits.hits.map((hit: any) => `${hit._index}/${hit._id}`).sort()).toEqual([
      'logs/0:0',
      'logs/0:3',
      'other/0:0',
    ]);
  });

  test('what is produced after a search is found by the next', async () => {
    const before = (await served.json('/other/_count?q=later')).body.count;
    world.partition('other', 0).append([{ timestamp: 1, value: bytes('later') }]);
    expect([before, (await served.json('/other/_count?q=later')).body.count]).toEqual([0, 1]);
  });

  test('what the executor refuses is 400 with its sentence', async () => {
    const answer = await served.post('/logs/_search', { query: { regexp: { message: 'a(b' } } });
    expect([answer.status, answer.body.error.type]).toEqual([400, 'query_shard_exception']);
    expect(answer.body.error.reason).toContain('a(b');
  });
});
