import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CatalogUnavailable } from '../../../src/lake/index.ts';
import { createWorld, serve } from '../http-search/world.ts';
import { type Catalog, SCHEMA, serveCatalog, snapshot } from './iceberg.ts';

const set = (updates: unknown) => ({ action: 'set-properties', updates });
const withField = (field: object) => ({ ...SCHEMA, fields: [...SCHEMA.fields, field] });
const nested = (depth: number): unknown =>
  depth === 0
    ? 'int'
    : { type: 'list', 'element-id': depth + 10, element: nested(depth - 1), 'element-required': false };

describe('what the REST catalog refuses', () => {
  let catalog: Catalog;
  const path = '/namespaces/ours/tables/t';

  beforeAll(async () => {
    catalog = await serveCatalog();
    await catalog.ask('POST', '/namespaces', { namespace: ['ours'] });
    await catalog.ask('POST', '/namespaces/ours/tables', { name: 't', schema: SCHEMA });
  });
  afterAll(() => catalog.served.front.close(0));

  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['no body', ''],
    ['an update that is not known', { updates: [{ action: 'drop-everything' }] }],
    ['an update without its name', { updates: [{}] }],
    ['a name of what all objects have', { updates: [{ action: 'constructor' }] }],
    ['a requirement that is not known', { requirements: [{ type: 'assert-luck' }] }],
    ['a requirement without its value', { requirements: [{ type: 'assert-table-uuid' }] }],
    ['properties that are no strings', { updates: [set({ a: 1 })] }],
    ['properties that are no object', { updates: [set([])] }],
    ['a snapshot without a list', { updates: snapshot(1, 1, undefined, { 'manifest-list': undefined }) }],
    ['a snapshot whose id is text', { updates: snapshot(1, 1, undefined, { 'snapshot-id': '1' }) }],
    ['a summary of numbers', { updates: snapshot(1, 1, undefined, { summary: { operation: 1 } }) }],
    ['a name for no snapshot', { updates: snapshot(1, 1).slice(1) }],
    [
      'a schema of an unknown type',
      {
        updates: [{ action: 'add-schema', schema: withField({ id: 3, name: 'x', required: false, type: 'geometry' }) }],
      },
    ],
    [
      'a schema that asks for more',
      { updates: [{ action: 'add-schema', schema: withField({ id: 3, name: 'x', required: true, type: 'int' }) }] },
    ],
    [
      'a schema too deep',
      {
        updates: [{ action: 'add-schema', schema: withField({ id: 3, name: 'x', required: false, type: nested(60) }) }],
      },
    ],
    ['a schema that is not there', { updates: [{ action: 'set-current-schema', 'schema-id': 9 }] }],
    [
      'a transform that is not known',
      { updates: [{ action: 'add-spec', spec: { fields: [{ 'source-id': 1, name: 'p', transform: 'half' }] } }] },
    ],
    ['one requirement too many', { requirements: Array.from({ length: 2001 }, () => ({ type: 'assert-create' })) }],
    [
      'more schemas than anybody needs',
      { updates: Array.from({ length: 21 }, () => ({ action: 'add-schema', schema: SCHEMA })) },
    ],
    ['another format', { updates: [{ action: 'upgrade-format-version', 'format-version': 3 }] }],
    ['another uuid', { updates: [{ action: 'assign-uuid', uuid: '00000000-0000-0000-0000-000000000000' }] }],
    ['a place elsewhere', { updates: [{ action: 'set-location', location: 's3://other/t' }] }],
    ['a place above', { updates: [{ action: 'set-location', location: 'memory://quarry/lake/../wal' }] }],
    ['metadata elsewhere', { updates: [set({ 'write.metadata.path': 'file:///tmp' })] }],
    ['what only the broker writes', { updates: [set({ 'quarry.offsets': '{"0":99}' })] }],
    ['the removal of it', { updates: [{ action: 'remove-properties', removals: ['quarry.offsets'] }] }],
    [
      'a snapshot that says how far the log is',
      { updates: snapshot(1, 1, undefined, { summary: { 'quarry.offsets': '{}' } }) },
    ],
  ])('%s', async (_what, body) => {
    const before = await catalog.ask('GET', path);
    const refused = await catalog.ask('POST', path, body);
    expect(refused).toMatchObject({ status: 400, body: { error: { type: 'BadRequestException', code: 400 } } });
    expect(refused.body.error.message).toMatch(/\w+ \w+/);
    expect(await catalog.ask('GET', path)).toEqual(before);
  });

  test.each([
    ['no schema', {}],
    ['no name', { name: '', schema: SCHEMA }],
    ['a name that is too long', { name: 'n'.repeat(300), schema: SCHEMA }],
    ['two columns of one name', { schema: withField({ id: 3, name: 'id', required: false, type: 'int' }) }],
    ['another format', { schema: SCHEMA, properties: { 'format-version': '3' } }],
    ['a place elsewhere', { schema: SCHEMA, location: 'file:///tmp/t' }],
    ['what only the broker writes', { schema: SCHEMA, properties: { 'quarry.topic-id': 'x' } }],
  ])('a table with %s', async (_what, body) => {
    const refused = await catalog.ask('POST', '/namespaces/ours/tables', { name: 'new', ...body });
    expect(refused).toMatchObject({ status: 400, body: { error: { type: 'BadRequestException' } } });
    expect((await catalog.ask('HEAD', '/namespaces/ours/tables/new')).status).toBe(404);
  });

  test.each([
    ['GET', '/namespaces/none/tables', 404],
    ['GET', '/namespaces/a.b', 400],
    ['GET', '/namespaces?parent=none', 404],
    ['GET', '/namespaces?pageSize=x', 400],
    ['GET', '/namespaces?unknown=1', 400],
    ['DELETE', '/namespaces/ours', 409],
    ['DELETE', '/namespaces/ours/tables/none', 404],
    ['POST', '/namespaces', 400],
    ['GET', '/nothing', 404],
    ['POST', '/namespaces/ours/views', 404],
    ['PUT', '/namespaces', 405],
    ['PATCH', '/namespaces', 405],
    ['GET', '/%zz', 400],
  ])('%s %s with %i', async (method, where, status) => {
    const answer = await catalog.ask(method, where, method === 'POST' ? { namespace: [] } : undefined);
    expect(answer).toMatchObject({ status, body: { error: { code: status } } });
    expect(Object.keys(answer.body)).toEqual(['error']);
  });

  test('a body that is too large, in the words of the catalog', async () => {
    const answer = await catalog.ask('POST', path, { updates: [set({ a: 'x'.repeat(200_000) })] });
    expect(answer).toMatchObject({ status: 413, body: { error: { code: 413, type: 'RESTException' } } });
  });

  test('an answer that is too large, in the words of the catalog', async () => {
    const small = await serve(createWorld(), { maxAnswerBytes: 10 });
    const answer = await small.json('/iceberg/v1/config');
    expect(answer).toMatchObject({ status: 429, body: { error: { code: 429, type: 'SlowDownException' } } });
    await small.front.close(0);
  });

  test('a place of nothing but slashes, without looking long', async () => {
    const location = `${'/'.repeat(90_000)}x`;
    const began = Date.now();
    const refused = await catalog.ask('POST', '/namespaces/ours/tables', { name: 'new', schema: SCHEMA, location });
    expect(refused).toMatchObject({ status: 400, body: { error: { type: 'BadRequestException' } } });
    expect(Date.now() - began).toBeLessThan(1000);
  });

  test('a page of another origin', async () => {
    const response = await catalog.served.get(`/iceberg/v1${path}`, {
      method: 'DELETE',
      headers: { origin: 'http://evil.example' },
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { type: 'ForbiddenException' } });
  });

  test('a catalog that does not answer: readers may come again, of a change nobody knows', async () => {
    const down = await serveCatalog();
    const refuse = () => Promise.reject(new CatalogUnavailable('the database is away'));
    Object.assign(down.world.deps.lake, { open: refuse });
    expect(await down.ask('GET', path)).toMatchObject({
      status: 503,
      body: { error: { type: 'ServiceUnavailableException', message: 'the database is away' } },
    });
    expect(await down.ask('POST', path, { updates: [] })).toMatchObject({
      status: 500,
      body: { error: { type: 'CommitStateUnknownException' } },
    });
    await down.served.front.close(0);
  });
});
