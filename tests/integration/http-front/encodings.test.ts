import { gzipSync } from 'node:zlib';
import { decode } from '@msgpack/msgpack';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, type Served, serve } from '../http-search/world.ts';

describe('encodings', () => {
  const world = createWorld();
  let served: Served;

  beforeAll(async () => {
    world.topic('logs', [`{"id":9007199254740993,"text":"${'a'.repeat(3000)}"}`]);
    served = await serve(world);
  });
  afterAll(() => served.front.close(0));

  const search = (headers: Record<string, string>): Promise<Response> => served.get('/logs/_search', { headers });

  test('JSON is what is answered without a wish', async () => {
    const response = await search({ accept: '*/*' });
    expect(response.headers.get('content-type')).toBe('application/json; charset=UTF-8');
  });

  test('integers beyond 2^53 keep their digits in JSON', async () => {
    expect(await (await search({})).text()).toContain('"id":9007199254740993');
  });

  test.each(['application/msgpack', 'application/x-msgpack', 'application/vnd.msgpack, application/json;q=0.5'])(
    'MessagePack is answered to Accept: %s',
    async (accept) => {
      const response = await search({ accept });
      expect(response.headers.get('content-type')).toBe('application/msgpack');
      const body = decode(new Uint8Array(await response.arrayBuffer()), { useBigInt64: true }) as any;
      expect(body.hits.hits[0]._id).toBe('0:0');
      expect(body.hits.hits[0]._source.id).toBe(9007199254740993n);
    },
  );

  test('errors come as MessagePack too', async () => {
    const response = await served.get('/nothere/_search', { headers: { accept: 'application/msgpack' } });
    expect(response.status).toBe(404);
    expect(decode(new Uint8Array(await response.arrayBuffer()))).toMatchObject({
      error: { type: 'index_not_found_exception' },
    });
  });

  test('what is nested as deeply as names of fields have dots is MessagePack too', async () => {
    world.topic('deep', [{ [`${'a.'.repeat(511)}a`]: 1, ['.'.repeat(1000)]: 2 }]);
    const response = await served.get('/deep/_mapping', { headers: { accept: 'application/msgpack' } });
    expect(response.status).toBe(200);
    expect(decode(new Uint8Array(await response.arrayBuffer()))).toHaveProperty('deep.mappings.properties');
  });

  test('a client of Elasticsearch is answered in the media type that it names', async () => {
    for (const version of ['8', '9']) {
      const response = await search({ accept: `application/vnd.elasticsearch+json; compatible-with=${version}` });
      expect(response.headers.get('content-type')).toBe(
        `application/vnd.elasticsearch+json;compatible-with=${version}`,
      );
      expect(response.headers.get('x-elastic-product')).toBe('Elasticsearch');
    }
  });

  test('larger answers are compressed where the client takes gzip', async () => {
    const zipped = await search({ 'accept-encoding': 'gzip' });
    expect(zipped.headers.get('content-encoding')).toBe('gzip');
    expect(Number(zipped.headers.get('content-length'))).toBeLessThan(1500);
    expect(((await zipped.json()) as any).hits.hits).toHaveLength(1);
    expect((await search({ 'accept-encoding': 'gzip;q=0' })).headers.get('content-encoding')).toBeNull();
    expect(
      (await served.get('/', { headers: { 'accept-encoding': 'gzip' } })).headers.get('content-encoding'),
    ).toBeNull();
  });

  test('compressed bodies are understood', async () => {
    const body = gzipSync(JSON.stringify({ query: { match_none: {} } }));
    const { status } = await served.json('/logs/_search', {
      method: 'POST',
      headers: { 'content-encoding': 'gzip' },
      body,
    });
    expect(status).toBe(200);
    expect(world.searcher.asked.at(-1)!.query).toEqual({ kind: 'none' });
  });

  test('many compressed bodies at once are understood', async () => {
    const body = gzipSync(JSON.stringify({ query: { match_none: {} } }));
    const init = { method: 'POST', headers: { 'content-encoding': 'gzip' }, body };
    const answers = await Promise.all(Array.from({ length: 40 }, () => served.get('/logs/_search', init)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  test('pretty JSON is indented, and filter_path shows a part', async () => {
    expect(await (await served.get('/?pretty')).text()).toContain('\n  "name"');
    expect((await served.json('/logs/_search?filter_path=hits.hits._id,hits.total.value')).body).toEqual({
      hits: { hits: [{ _id: '0:0' }], total: { value: 1 } },
    });
    expect((await served.json('/logs/_search?filter_path=-hits')).body).not.toHaveProperty('hits');
  });
});
