import { Client, errors } from '@elastic/elasticsearch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, type Served, serve } from '../http-search/world.ts';

describe('the official client of Elasticsearch', () => {
  const world = createWorld();
  let served: Served;
  let client: Client;

  beforeAll(async () => {
    world.topic('logs', [{ level: 'ERROR', code: 7 }, { level: 'INFO' }]);
    served = await serve(world);
    client = new Client({ node: served.base, compression: true, maxRetries: 0 });
  });
  afterAll(async () => {
    await client.close();
    await served.front.close(0);
  });

  test('connects and learns who answers', async () => {
    expect(await client.ping()).toBe(true);
    expect(await client.info()).toMatchObject({ cluster_name: 'quarry', tagline: 'You Know, for Search' });
  });

  test('searches and counts', async () => {
    const found = await client.search<{ level: string }>({
      index: 'logs',
      query: { bool: { filter: [{ term: { level: 'ERROR' } }], must_not: [{ match: { level: 'x' } }] } },
      sort: [{ '@timestamp': { order: 'desc' } }],
      track_total_hits: true,
      size: 1,
    });
    expect(found.hits.total).toEqual({ value: 2, relation: 'eq' });
    expect(found.hits.hits[0]?._source?.level).toBe('ERROR');
    expect((await client.count({ index: 'logs', q: 'level:ERROR' })).count).toBe(2);
  });

  test('sends several searches at once', async () => {
    const { responses } = await client.msearch({
      searches: [{ index: 'logs' }, { size: 1 }, { index: 'nothere' }, {}],
    });
    expect(responses.map((response) => response.status)).toEqual([200, 404]);
  });

  test('gets a record, its source, and learns that another does not exist', async () => {
    expect((await client.get({ index: 'logs', id: '0:0' }))._source).toMatchObject({ code: 7 });
    expect(await client.getSource({ index: 'logs', id: '0:1' })).toMatchObject({ level: 'INFO' });
    expect(await client.exists({ index: 'logs', id: '0:9' })).toBe(false);
    await expect(client.get({ index: 'logs', id: '0:9' })).rejects.toThrow(errors.ResponseError);
  });

  test('looks at topics, fields and health', async () => {
    expect(await client.indices.exists({ index: 'logs' })).toBe(true);
    expect(await client.indices.exists({ index: 'nothere' })).toBe(false);
    expect(await client.indices.getMapping({ index: 'logs' })).toHaveProperty('logs.mappings.properties');
    expect((await client.fieldCaps({ index: 'logs', fields: '*' })).indices).toEqual(['logs']);
    expect(await client.cat.indices({ format: 'json', h: 'index' })).toEqual([{ index: 'logs' }]);
    expect((await client.cluster.health()).status).toBe('green');
  });

  test('is told what is wrong with a query', async () => {
    const error = await client.search({ index: 'logs', q: 'a AND' }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(errors.ResponseError);
    expect((error as errors.ResponseError).statusCode).toBe(400);
    expect((error as errors.ResponseError).message).toContain('a clause is missing at the end of the query');
  });
});
