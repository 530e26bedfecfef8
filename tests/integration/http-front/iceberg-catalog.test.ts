import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Catalog, SCHEMA, serveCatalog, snapshot } from './iceberg.ts';

describe('the REST catalog', () => {
  let catalog: Catalog;
  let tables = 0;
  const create = async (body: object = {}) => {
    const name = `t${++tables}`;
    const made = await catalog.ask('POST', '/namespaces/ours/tables', { name, schema: SCHEMA, ...body });
    return { name, path: `/namespaces/ours/tables/${name}`, made };
  };

  beforeAll(async () => {
    catalog = await serveCatalog();
    await catalog.ask('POST', '/namespaces', { namespace: ['ours'] });
  });
  afterAll(() => catalog.served.front.close(0));

  test('says what it serves', async () => {
    const { status, body } = await catalog.ask('GET', '/config?warehouse=any');
    expect(status).toBe(200);
    expect(body).toMatchObject({ defaults: {}, overrides: {} });
    expect(body.endpoints).toContain('POST /v1/{prefix}/namespaces/{namespace}/tables/{table}');
    expect(body.endpoints).toContain('HEAD /v1/{prefix}/namespaces/{namespace}/tables/{table}');
    for (const endpoint of body.endpoints) expect(endpoint).toMatch(/^(GET|HEAD|POST|DELETE) \/v1\/\{prefix\}\//);
  });

  test('keeps namespaces with their properties', async () => {
    const made = { namespace: ['acme', 'sales'], properties: { owner: 'us', color: 'red' } };
    expect(await catalog.ask('POST', '/namespaces', made)).toEqual({ status: 200, body: made });
    expect(await catalog.ask('POST', '/namespaces', made)).toMatchObject({
      status: 409,
      body: { error: { type: 'AlreadyExistsException', code: 409 } },
    });
    const path = '/namespaces/acme%1Fsales';
    expect((await catalog.ask('GET', '/namespaces')).body.namespaces).toContainEqual(['acme']);
    expect((await catalog.ask('GET', '/namespaces?parent=acme')).body).toEqual({ namespaces: [['acme', 'sales']] });
    const change = { updates: { owner: 'them' }, removals: ['color', 'none'] };
    expect((await catalog.ask('POST', `${path}/properties`, change)).body).toEqual({
      updated: ['owner'],
      removed: ['color'],
      missing: ['none'],
    });
    expect((await catalog.ask('GET', path)).body.properties).toEqual({ owner: 'them' });
    const both = { updates: { a: '1' }, removals: ['a'] };
    expect((await catalog.ask('POST', `${path}/properties`, both)).status).toBe(422);
    expect(await catalog.ask('HEAD', path)).toEqual({ status: 204, body: undefined });
    expect((await catalog.ask('DELETE', path)).status).toBe(204);
    expect((await catalog.ask('HEAD', path)).status).toBe(404);
  });

  test('creates, loads, renames and drops tables', async () => {
    const { name, path, made } = await create({ properties: { 'commit.retry.num-retries': '3' } });
    expect(made.status).toBe(200);
    expect(made.body.metadata).toMatchObject({
      'format-version': 2,
      'last-column-id': 2,
      properties: { 'commit.retry.num-retries': '3' },
      snapshots: [],
    });
    expect(made.body.metadata.location).toMatch(/^memory:\/\/quarry\/lake\/ours\/t\d+-[0-9a-f]{8}$/);
    const loaded = await catalog.ask('GET', path);
    expect(loaded.body).toEqual(made.body);
    expect((await catalog.ask('HEAD', path)).status).toBe(204);
    expect((await catalog.ask('POST', '/namespaces/ours/tables', { name, schema: SCHEMA })).status).toBe(409);
    const renamed = { namespace: ['ours'], name: `${name}-renamed` };
    const move = { source: { namespace: ['ours'], name }, destination: renamed };
    expect((await catalog.ask('POST', '/tables/rename', move)).status).toBe(204);
    expect((await catalog.ask('GET', path)).body.error).toMatchObject({ type: 'NoSuchTableException', code: 404 });
    expect((await catalog.ask('DELETE', `${path}-renamed?purgeRequested=True`)).status).toBe(406);
    expect((await catalog.ask('DELETE', `${path}-renamed?purgeRequested=False`)).status).toBe(204);
    expect((await catalog.ask('HEAD', `${path}-renamed`)).status).toBe(404);
  });

  test('registers a metadata file that is there, and takes reports', async () => {
    const { path, made } = await create();
    await catalog.ask('DELETE', path);
    const again = { name: 'again', 'metadata-location': made.body['metadata-location'] };
    const registered = await catalog.ask('POST', '/namespaces/ours/register', again);
    expect(registered.body.metadata['table-uuid']).toBe(made.body.metadata['table-uuid']);
    const metrics = '/namespaces/ours/tables/again/metrics';
    expect((await catalog.ask('POST', metrics, { 'report-type': 'scan-report' })).status).toBe(204);
    const elsewhere = { name: 'b', 'metadata-location': 'file:///etc/passwd' };
    expect((await catalog.ask('POST', '/namespaces/ours/register', elsewhere)).status).toBe(400);
  });

  test('lists in pages', async () => {
    await catalog.ask('POST', '/namespaces', { namespace: ['paged'] });
    for (const name of ['c', 'a', 'b', 'd', 'e'])
      await catalog.ask('POST', '/namespaces/paged/tables', { name, schema: SCHEMA });
    const seen: string[][] = [];
    let token: string | undefined = '';
    while (token !== undefined) {
      const { body } = await catalog.ask('GET', `/namespaces/paged/tables?pageSize=2&pageToken=${token}`);
      seen.push(body.identifiers.map((table: { name: string }) => table.name));
      token = body['next-page-token'];
    }
    expect(seen).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect((await catalog.ask('GET', '/namespaces/paged/tables')).body.identifiers).toHaveLength(5);
    expect((await catalog.ask('GET', '/namespaces/paged/tables?pageSize=0')).status).toBe(400);
  });

  test('commits what the requirements allow, and answers the new metadata', async () => {
    const { path } = await create();
    const first = await catalog.ask('POST', path, {
      requirements: [{ type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': null }],
      updates: snapshot(11, 1),
    });
    expect(first.status).toBe(200);
    expect(first.body.metadata['current-snapshot-id']).toBe(11);
    const now = { ...first.body, config: {} };
    expect((await catalog.ask('GET', path)).body).toEqual(now);
    const stale = await catalog.ask('POST', path, {
      requirements: [{ type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': null }],
      updates: snapshot(12, 2, 11),
    });
    expect(stale).toMatchObject({ status: 409, body: { error: { type: 'CommitFailedException' } } });
    expect((await catalog.ask('GET', path)).body).toEqual(now);
  });

  test('keeps every digit of a snapshot id of 63 bits', async () => {
    const { path } = await create();
    const id = '9223372036854775807';
    const body = JSON.stringify({ requirements: [], updates: snapshot(77, 1) }).replaceAll('77', id);
    expect((await catalog.ask('POST', path, body)).status).toBe(200);
    const response = await catalog.served.get(`/iceberg/v1${path}`);
    expect(await response.text()).toContain(`"current-snapshot-id":${id}`);
  });

  test('shows only named snapshots when asked', async () => {
    const { path } = await create();
    await catalog.ask('POST', path, { requirements: [], updates: snapshot(1, 1) });
    await catalog.ask('POST', path, { requirements: [], updates: snapshot(2, 2, 1) });
    const ids = async (query: string): Promise<number[]> =>
      (await catalog.ask('GET', path + query)).body.metadata.snapshots.map(
        (one: Record<string, number>) => one['snapshot-id'],
      );
    expect(await ids('')).toEqual([1, 2]);
    expect(await ids('?snapshots=refs')).toEqual([2]);
    expect((await catalog.ask('GET', `${path}?snapshots=some`)).status).toBe(400);
  });

  test('prepares a table and creates it with the first commit', async () => {
    const { name, path, made } = await create({ 'stage-create': true });
    expect(made.status).toBe(200);
    expect(made.body['metadata-location']).toBeUndefined();
    expect((await catalog.ask('HEAD', path)).status).toBe(404);
    const { metadata } = made.body;
    const updates = [
      { action: 'assign-uuid', uuid: metadata['table-uuid'] },
      { action: 'upgrade-format-version', 'format-version': 2 },
      { action: 'add-schema', schema: metadata.schemas[0] },
      { action: 'set-current-schema', 'schema-id': -1 },
      { action: 'add-spec', spec: metadata['partition-specs'][0] },
      { action: 'set-default-spec', 'spec-id': -1 },
      { action: 'set-location', location: metadata.location },
      ...snapshot(5, 1),
    ];
    const commit = { requirements: [{ type: 'assert-create' }], updates };
    expect((await catalog.ask('POST', path, commit)).body.metadata['current-snapshot-id']).toBe(5);
    expect((await catalog.ask('POST', path, commit)).status).toBe(409);
    expect((await catalog.ask('GET', '/namespaces/ours/tables')).body.identifiers).toContainEqual({
      namespace: ['ours'],
      name,
    });
  });

  test('commits to several tables or to none', async () => {
    const [a, b] = [await create(), await create()];
    const change = (name: string, id: number, previous: number | null) => ({
      identifier: { namespace: ['ours'], name },
      requirements: [{ type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': previous }],
      updates: snapshot(id, id, previous ?? undefined),
    });
    const commit = (...changes: object[]) => catalog.ask('POST', '/transactions/commit', { 'table-changes': changes });
    expect((await commit(change(a.name, 1, null), change(b.name, 1, null))).status).toBe(204);
    expect((await commit(change(a.name, 2, 1), change(b.name, 2, null))).status).toBe(409);
    for (const { path } of [a, b])
      expect((await catalog.ask('GET', path)).body.metadata['current-snapshot-id']).toBe(1);
    expect((await commit(change(a.name, 2, 1), change(a.name, 3, 1))).status).toBe(400);
    expect((await commit()).status).toBe(400);
  });

  test('loses no commit of many writers at once', async () => {
    const { path } = await create();
    const writer = async (of: number): Promise<void> => {
      for (let n = 0; n < 5; n++) {
        const updates = [{ action: 'set-properties', updates: { [`w${of}.${n}`]: 'done' } }];
        let status = 0;
        while (status !== 200) ({ status } = await catalog.ask('POST', path, { requirements: [], updates }));
      }
    };
    await Promise.all([1, 2, 3, 4].map(writer));
    const { properties } = (await catalog.ask('GET', path)).body.metadata;
    expect(Object.keys(properties).filter((name) => name.startsWith('w'))).toHaveLength(20);
  }, 30_000);
});
