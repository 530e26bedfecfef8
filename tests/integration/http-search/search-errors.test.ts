import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, record, type Served, serve } from './world.ts';

describe('searches that are refused', () => {
  const world = createWorld();
  let served: Served;

  beforeAll(async () => {
    world.topic('logs', [{ a: 1 }]);
    world.topic('silent', ['x'], { searchable: false });
    const big = world.topic('big');
    for (let i = 0; i < 5; i++) big.append([record('x'.repeat(300_000))]);
    served = await serve(world);
  });
  afterAll(() => served.front.close(0));

  async function refused(path: string, body?: unknown): Promise<{ status: number; type: string; reason: string }> {
    const answer = body === undefined ? await served.json(path) : await served.post(path, body);
    expect(answer.body.status).toBe(answer.status);
    expect(answer.body.error.root_cause[0]).toMatchObject({
      type: answer.body.error.type,
      reason: answer.body.error.reason,
    });
    return { status: answer.status, type: answer.body.error.type, reason: answer.body.error.reason };
  }

  test('an unknown topic is 404, unless it is to be ignored', async () => {
    expect(await refused('/nothere/_search')).toEqual({
      status: 404,
      type: 'index_not_found_exception',
      reason: 'no such index [nothere]',
    });
    expect((await served.json('/nothere,logs/_search?ignore_unavailable=true')).body.hits.total.value).toBe(1);
    expect((await served.json('/nothere*/_search')).body.hits.total.value).toBe(0);
    expect((await refused('/nothere*/_search?allow_no_indices=false')).status).toBe(404);
  });

  test('a topic without an index says so, and patterns pass over it', async () => {
    expect(await refused('/silent/_search')).toMatchObject({ status: 400, type: 'illegal_argument_exception' });
    expect((await served.json('/_search?size=0')).body.hits.total.value).toBe(6);
  });

  test('bad query syntax names the position', async () => {
    const { body } = await served.json('/logs/_search?q=level:(a');
    expect(body.error).toMatchObject({ type: 'query_shard_exception', position: 7 });
    expect(body.error.reason).toContain('at position 7');
  });

  test.each([
    [{ query: { nope: {} } }, 'parsing_exception', 'unknown query [nope]'],
    [{ aggs: {} }, 'parsing_exception', 'aggregations are not served'],
    [{ highlight: {} }, 'parsing_exception', 'highlighting is not served'],
    [{ search_after: [1] }, 'parsing_exception', 'search_after is not served'],
    [{ sort: ['level'] }, 'illegal_argument_exception', 'sorting by [level] is not served'],
    [{ sort: [{ '@timestamp': 'up' }] }, 'parsing_exception', "order must be 'asc' or 'desc'"],
    [{ from: 9995, size: 10 }, 'illegal_argument_exception', 'less than or equal to: [10000] but was [10005]'],
    [{ size: -1 }, 'parsing_exception', '[size] must be a whole number'],
    [{ size: 1.5 }, 'parsing_exception', '[size] must be a whole number'],
    [{ foo: 1 }, 'parsing_exception', 'unknown key [foo]'],
    [{ timeout: 'soon' }, 'illegal_argument_exception', 'as a time value'],
    [{ _source: 5 }, 'parsing_exception', '[_source] must be'],
    [[], 'parsing_exception', 'the request body must be an object'],
    ['{"query":', 'json_parse_exception', 'the body is not valid JSON'],
  ])('%j', async (body, type, reason) => {
    const answer = await refused('/logs/_search', body);
    expect(answer).toMatchObject({ status: 400, type });
    expect(answer.reason).toContain(reason);
  });

  test('scrolling and unknown parameters are refused', async () => {
    expect((await refused('/logs/_search?scroll=1m')).reason).toContain('scrolling is not served');
    expect((await refused('/logs/_search?nonsense=1')).reason).toContain('unrecognized parameter: [nonsense]');
    expect((await refused('/logs/_count', { size: 1 })).reason).toContain('does not support [size]');
  });

  test('queries nested too deeply and too many clauses are refused', async () => {
    let deep: object = { match_all: {} };
    for (let i = 0; i < 40; i++) deep = { bool: { must: [deep] } };
    expect((await refused('/logs/_search', { query: deep })).reason).toContain('nested too deeply');
    const many = { bool: { should: Array.from({ length: 1100 }, () => ({ match_all: {} })) } };
    expect((await refused('/logs/_search', { query: many })).reason).toContain('too many clauses');
  });

  test('a body of a hundred thousand brackets is refused', async () => {
    expect((await refused('/logs/_search', '['.repeat(50_000) + ']'.repeat(50_000))).status).toBe(400);
    expect(
      (await refused('/logs/_search', `{"query":${'{"bool":{"must":'.repeat(3000)}{}${'}}'.repeat(3000)}}`)).status,
    ).toBe(400);
  });

  test('_msearch without pairs of lines is refused', async () => {
    expect((await refused('/_msearch', '{}\n')).reason).toContain('a body line after each header line');
    expect((await refused('/_msearch', '{}\nnope\n')).reason).toContain('line 2 of _msearch is not JSON');
    expect((await refused('/_msearch', '{"foo":1}\n{}\n')).reason).toContain('key [foo] is not supported');
  });

  test('an answer that would be too large is 429, and the memory is given back', async () => {
    expect(await refused('/big/_search')).toMatchObject({ status: 429, type: 'circuit_breaking_exception' });
    for (let i = 0; i < 10; i++) expect((await served.get('/big/_search?size=3')).status).toBe(200);
  });
});
