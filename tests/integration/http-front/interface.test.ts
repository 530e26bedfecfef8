import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMetrics } from '../../../src/base/metrics.ts';
import { allRoutes } from '../../../src/http/front.ts';
import { createWorld, record, type Served, serve } from '../http-search/world.ts';

describe('the rest of the interface', () => {
  const world = createWorld();
  let served: Served;

  beforeAll(async () => {
    world.topic('logs', [{ level: 'ERROR', user: { id: 1.5, since: '2026-01-01' }, ok: true, n: [1, 2] }, { n: 3 }], {
      partitions: 2,
    });
    world.topic('empty');
    world.partition('logs', 1).append([record('x')]);
    served = await serve(world);
  });
  afterAll(() => served.front.close(0));

  test('/ says who answers, with the header that clients of Elasticsearch look for', async () => {
    const response = await served.get('/');
    expect(response.headers.get('x-elastic-product')).toBe('Elasticsearch');
    expect(await response.json()).toMatchObject({
      name: 'broker-0',
      cluster_name: 'quarry',
      cluster_uuid: 'abc',
      version: { build_flavor: 'default', quarry: '0.1.0' },
      tagline: 'You Know, for Search',
    });
    expect((await served.get('/', { method: 'HEAD' })).status).toBe(200);
  });

  test('_cat/indices is a table', async () => {
    const text = await (await served.get('/_cat/indices?v')).text();
    expect(text).toBe(
      [
        'health status index uuid        pri rep docs.count docs.deleted store.size pri.store.size\n',
        'green  open   empty id-of-empty   1   0          0            0       100b           100b\n',
        'green  open   logs  id-of-logs    2   0          3            0       200b           200b\n',
      ].join(''),
    );
  });

  test('_cat/indices takes columns, an order, a unit, a pattern and JSON', async () => {
    const text = async (path: string): Promise<string> => (await served.get(path)).text();
    expect(await text('/_cat/indices?h=i,dc&s=docs.count:desc')).toBe('logs  3\nempty 0\n');
    expect(await text('/_cat/indices/l*?h=index,pri.store.size&bytes=b')).toBe('logs 200\n');
    expect((await served.json('/_cat/indices/logs?format=json&h=index,docs.count')).body).toEqual([
      { index: 'logs', 'docs.count': '3' },
    ]);
    expect(await text('/_cat/indices?help')).toContain('docs.count | dc,docsCount |');
    expect((await served.json('/_cat/indices?s=nope')).status).toBe(400);
    expect((await served.json('/_cat/indices/nothere')).status).toBe(404);
  });

  test('_cat/indices is JSON for who asks for JSON first', async () => {
    const typeFor = async (accept: string, query = ''): Promise<string> =>
      (await served.get(`/_cat/indices${query}`, { headers: { accept } })).headers.get('content-type') ?? '';
    expect(await typeFor('application/json')).toMatch(/^application\/json/);
    expect(await typeFor('application/vnd.elasticsearch+json; compatible-with=8')).toMatch(/\+json/);
    expect(await typeFor('text/plain, application/json')).toMatch(/^text\/plain/);
    expect(await typeFor('*/*')).toMatch(/^text\/plain/);
    expect(await typeFor('application/json', '?format=text')).toMatch(/^text\/plain/);
  });

  test('a topic exists or not', async () => {
    expect((await served.get('/logs', { method: 'HEAD' })).status).toBe(200);
    expect((await served.get('/nothere', { method: 'HEAD' })).status).toBe(404);
    expect((await served.json('/logs')).body.logs.settings.index).toMatchObject({
      number_of_shards: '2',
      uuid: 'id-of-logs',
    });
  });

  test('_mapping shows the fields of the newest records', async () => {
    const { body } = await served.json('/logs/_mapping');
    expect(body.logs.mappings.properties).toMatchObject({
      '@timestamp': { type: 'date' },
      _kafka: { properties: { offset: { type: 'long' } } },
      level: { type: 'text', fields: { keyword: { type: 'keyword', ignore_above: 256 } } },
      user: { properties: { id: { type: 'double' }, since: { type: 'date' } } },
      n: { type: 'long' },
      message: { type: 'text' },
      ok: { type: 'boolean' },
    });
    expect(Object.keys((await served.json('/_mapping')).body)).toEqual(['empty', 'logs']);
  });

  test('_field_caps says what each field is good for', async () => {
    const { body } = await served.json('/logs/_field_caps?fields=level*,_kafka.offset');
    expect(body).toMatchObject({
      indices: ['logs'],
      fields: {
        level: { text: { searchable: true, aggregatable: false } },
        'level.keyword': { keyword: { searchable: true } },
        '_kafka.offset': { long: { type: 'long', aggregatable: true } },
      },
    });
    expect(Object.keys(body.fields)).toHaveLength(3);
    expect((await served.post('/_field_caps', { fields: ['ok'] })).body.fields).toEqual({
      ok: { boolean: { type: 'boolean', metadata_field: false, searchable: true, aggregatable: false } },
    });
    expect((await served.json('/_field_caps')).status).toBe(400);
  });

  test('health says how every part is, and why', async () => {
    expect((await served.json('/health')).body).toEqual({ status: 'ok', parts: { wal: { status: 'ok' } } });
    expect((await served.json('/_cluster/health')).body).toMatchObject({ status: 'green', active_shards: 3 });
    world.health.push({ name: 'objects', status: 'degraded', reason: 'the object store does not answer' });
    expect(await served.json('/health')).toMatchObject({
      status: 200,
      body: { status: 'degraded', parts: { objects: { reason: 'the object store does not answer' } } },
    });
    expect((await served.json('/health/ready')).status).toBe(200);
    world.health.push({ name: 'log', status: 'failing', reason: 'a sync failed' });
    expect((await served.json('/health')).status).toBe(503);
    expect(await served.json('/health/ready')).toEqual({
      status: 503,
      body: { status: 'not ready', reasons: ['log: a sync failed'] },
    });
    expect((await served.json('/health/live')).status).toBe(200);
    expect((await served.json('/_cluster/health')).body.status).toBe('red');
    world.health.length = 1;
  });

  test('metrics are in the text format of Prometheus, by route', async () => {
    await served.get('/logs/_search');
    const response = await served.get('/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const text = await response.text();
    expect(text).toContain('quarry_http_requests_total{route="/{topic}/_search",method="GET",status="200"}');
    expect(text).toContain('quarry_search_duration_seconds_count');
  });

  test('metrics of other threads are added', async () => {
    const worker = createMetrics();
    worker.counter('quarry_worker_things_total', 'Things.').inc(5);
    const otherWorld = createWorld();
    Object.assign(otherWorld.deps, { workerMetrics: async () => [await worker.snapshot()] });
    const other = await serve(otherWorld);
    expect(await (await other.get('/metrics')).text()).toContain('quarry_worker_things_total 5');
    await other.front.close(0);
  });

  test('the second listener has metrics and health only', async () => {
    expect((await fetch(`${served.metricsBase}/metrics`)).status).toBe(200);
    expect((await fetch(`${served.metricsBase}/health`)).status).toBe(200);
    expect((await fetch(`${served.metricsBase}/_search`)).status).toBe(404);
    expect((await fetch(`${served.metricsBase}/`)).status).toBe(404);
  });

  test('admin lists and describes topics', async () => {
    expect((await served.json('/admin/topics')).body.topics).toMatchObject([
      { name: 'logs', topicId: 'id-of-logs', partitions: 2, search: true, records: 3, bytes: 200 },
      { name: 'empty', records: 0 },
    ]);
    const { body } = await served.json('/admin/topics/logs');
    expect(body).toMatchObject({
      configs: { 'retention.ms': '1' },
      partitions: [{ partition: 0, records: 2, logEndOffset: 2 }, { partition: 1 }],
    });
    expect((await served.json('/admin/topics/nothere')).status).toBe(404);
  });

  test('admin pages segments and shows the WAL', async () => {
    expect((await served.json('/admin/segments?kind=pack&limit=5&topic=logs')).body).toEqual({
      segments: [{ kind: 'pack', limit: 5 }],
      next: 'more',
    });
    expect((await served.json('/admin/segments?kind=nope')).status).toBe(400);
    expect((await served.json('/admin/segments?limit=100000')).status).toBe(400);
    expect((await served.json('/admin/wal')).body).toEqual({ segments: 3 });
  });

  test('admin shows and steers the processor', async () => {
    expect((await served.json('/admin/processor')).body).toEqual({ state: 'running' });
    expect((await served.json('/admin/processor/pause', { method: 'POST' })).body).toEqual({ state: 'paused' });
    expect((await served.json('/admin/processor/resume', { method: 'POST' })).body).toEqual({ state: 'running' });
    expect((await served.json('/admin/processor/run', { method: 'POST' })).body).toMatchObject({ runs: 1 });
    expect((await served.json('/admin/processor/pause')).status).toBe(405);
  });

  test('a web page of another origin may not change anything', async () => {
    const from = async (headers: Record<string, string>): Promise<number> =>
      (await served.json('/admin/processor/pause', { method: 'POST', headers })).status;
    expect(await from({ origin: 'http://evil.example' })).toBe(403);
    expect(await from({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await from({ origin: served.base })).toBe(200);
  });

  test('openapi.json lists every route with its methods and parameters', async () => {
    const { body } = await served.json('/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    const routes = allRoutes(world.deps);
    expect(routes.length).toBeGreaterThan(25);
    for (const route of routes) {
      const path = body.paths[route.path];
      expect(Object.keys(path), route.path).toEqual(
        expect.arrayContaining(route.methods.map((method) => method.toLowerCase())),
      );
      for (const [method, operation] of Object.entries<any>(path)) {
        const names = operation.parameters.map((parameter: { name: string }) => parameter.name);
        expect(new Set(names).size, `${method} ${route.path}`).toBe(names.length);
        for (const [, name] of route.path.matchAll(/\{(\w+)\}/g)) expect(names).toContain(name);
        for (const { name, in: place, description } of operation.parameters)
          if (place === 'path') expect(description.startsWith('A topic;'), `{${name}}`).toBe(name === 'topic');
      }
    }
    const ids = Object.values<any>(body.paths).flatMap((path) =>
      Object.values<any>(path).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('every path of openapi.json is answered', async () => {
    const { body } = await served.json('/openapi.json');
    for (const path of Object.keys(body.paths)) {
      const method = ['get', 'post', 'delete'].find((one) => one in body.paths[path])!.toUpperCase();
      const real = path
        .replace('{topic}', 'logs')
        .replace('{id}', '0:0')
        .replace('{job}', 'sorting')
        .replace('{module}', 'root')
        .replace('{namespace}', 'topics');
      const query = path.endsWith('_field_caps') ? '?fields=*' : '';
      const { status } = await served.get(`${real}${query}`, { method });
      const icebergPost = path.startsWith('/iceberg/') && method === 'POST';
      const needsBody = path.endsWith('_msearch') || path === '/sql' || icebergPost;
      // There is no job with that id, and the answer says so.
      const ofOneJob = /^\/admin\/jobs\/.*\/(retry|release|cancel)$/.test(path) || path.endsWith('/{table}');
      expect(status, `${method} ${real}`).toBe(needsBody ? 400 : ofOneJob ? 404 : 200);
    }
  });
});
