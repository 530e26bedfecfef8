import { afterEach, expect, test } from 'vitest';
import { createTable, loadTable } from '../../../src/lake/index.ts';
import type { Authorizer } from '../../../src/security/authorizer.ts';
import { type Catalog, SCHEMA, serveCatalog, snapshot } from './iceberg.ts';
import { writtenSnapshot } from './written-snapshot.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Rights as `operation type name`; they can be given and taken away. */
async function withRights(...given: string[]): Promise<Catalog & { readonly rights: Set<string> }> {
  const rights = new Set(given);
  const authorizer: Authorizer = {
    authorize: (_requester, operation, type, name) => rights.has(`${operation} ${type} ${name}`),
    authorizeAny: () => false,
  };
  const catalog = await serveCatalog(authorizer);
  closers.push(() => catalog.served.front.close(0));
  return { ...catalog, rights };
}

const ALL = ['describe', 'read', 'write', 'alter', 'create', 'delete'];
const cluster = ['describe cluster kafka-cluster', 'alter cluster kafka-cluster'];

/** Makes a table of a topic, as the broker does. */
async function topicTable(client: Catalog, topic: string): Promise<string> {
  const { catalog, warehouse, clock, random } = await client.world.deps.lake.open();
  const identifier = { namespace: ['topics'], name: topic };
  const properties = { 'quarry.topic-id': 'x', 'quarry.offsets': '{"0":5}' };
  await createTable({ catalog, warehouse, clock, random }, identifier, { schema: SCHEMA as never, properties });
  client.world.topic(topic);
  return `/namespaces/topics/tables/${topic}`;
}

/** The updates with which a client adds rows to the table of a topic. */
async function rowsFor(client: Catalog, topic: string, id: number): Promise<object[]> {
  const context = await client.world.deps.lake.open();
  const { catalog, warehouse, clock, random } = context;
  const table = await loadTable({ catalog, warehouse, clock, random }, { namespace: ['topics'], name: topic });
  return writtenSnapshot(context, table.metadata, id);
}

test('whoever may read a topic may load its table, and sees no other', async () => {
  const client = await withRights('read topic mine', 'describe topic mine');
  const mine = await topicTable(client, 'mine');
  const secret = await topicTable(client, 'secret');
  expect((await client.ask('GET', mine)).status).toBe(200);
  expect((await client.ask('HEAD', mine)).status).toBe(204);
  expect(await client.ask('GET', secret)).toMatchObject({
    status: 403,
    body: { error: { type: 'ForbiddenException', message: 'this needs the right to read secret' } },
  });
  expect((await client.ask('HEAD', secret)).status).toBe(403);
  expect((await client.ask('POST', `${secret}/metrics`, {})).status).toBe(403);
  expect((await client.ask('GET', '/namespaces/topics/tables')).body.identifiers).toEqual([
    { namespace: ['topics'], name: 'mine' },
  ]);
  expect((await client.ask('GET', '/namespaces/topics')).status).toBe(200);
});

test('rows need the right to write, everything else that to alter, over all tables of a transaction', async () => {
  const client = await withRights('write topic mine');
  const mine = await topicTable(client, 'mine');
  await topicTable(client, 'secret');
  const change = (updates: object[]) => ({ requirements: [], updates });
  expect((await client.ask('POST', mine, change(await rowsFor(client, 'mine', 1)))).status).toBe(200);
  const expire = change([{ action: 'set-properties', updates: { 'history.expire.max-snapshot-age-ms': '1' } }]);
  expect((await client.ask('POST', mine, expire)).status).toBe(403);
  const both = ['mine', 'secret'].map((name) => ({
    identifier: { namespace: ['topics'], name },
    ...change(snapshot(2, 2, name === 'mine' ? 1 : undefined)),
  }));
  expect((await client.ask('POST', '/transactions/commit', { 'table-changes': both })).status).toBe(403);
  client.rights.add('alter topic mine');
  expect((await client.ask('POST', mine, expire)).status).toBe(200);
});

test('nobody makes, moves, drops or reshapes the table of a topic through the catalog', async () => {
  const client = await withRights(...cluster, ...ALL.map((operation) => `${operation} topic mine`));
  const mine = await topicTable(client, 'mine');
  client.rights.add('create topic other');
  const body = { name: 'other', schema: SCHEMA };
  expect((await client.ask('POST', '/namespaces/topics/tables', body)).status).toBe(403);
  const metadata = (await client.ask('GET', mine)).body['metadata-location'];
  const registered = { name: 'other', 'metadata-location': metadata };
  expect((await client.ask('POST', '/namespaces/topics/register', registered)).status).toBe(403);
  expect((await client.ask('DELETE', mine)).status).toBe(403);
  expect((await client.ask('DELETE', '/namespaces/topics')).status).toBe(403);
  const away = { source: { namespace: ['topics'], name: 'mine' }, destination: { namespace: ['ours'], name: 'mine' } };
  expect((await client.ask('POST', '/tables/rename', away)).status).toBe(403);
  for (const update of [
    { action: 'add-schema', schema: SCHEMA },
    { action: 'set-current-schema', 'schema-id': 0 },
    { action: 'add-spec', spec: { fields: [] } },
    { action: 'set-location', location: 'memory://quarry/elsewhere' },
    { action: 'remove-snapshot-ref', 'ref-name': 'main' },
    { action: 'set-properties', updates: { 'write.data.path': 'memory://quarry/other' } },
    { action: 'set-properties', updates: { 'quarry.topic-id': 'y' } },
  ])
    expect((await client.ask('POST', mine, { updates: [update] })).status, update.action).toBe(400);
  const assertCreate = { requirements: [{ type: 'assert-create' }], updates: [] };
  expect((await client.ask('POST', '/namespaces/topics/tables/other', assertCreate)).status).toBe(403);
});

test('what a topic left behind keeps its name: its files would go with the topic all the same', async () => {
  const client = await withRights(...cluster, ...ALL.map((operation) => `${operation} topic left`));
  const left = await topicTable(client, 'left');
  client.world.topics.length = 0;
  await client.ask('POST', '/namespaces', { namespace: ['ours'] });
  const away = { source: { namespace: ['topics'], name: 'left' }, destination: { namespace: ['ours'], name: 'kept' } };
  expect((await client.ask('POST', '/tables/rename', away)).status).toBe(403);
  expect((await client.ask('HEAD', left)).status).toBe(204);
});

test('what a topic left behind may be dropped by who may delete it', async () => {
  const client = await withRights('read topic left', 'write topic left');
  const left = await topicTable(client, 'left');
  client.world.topics.length = 0;
  expect((await client.ask('DELETE', left)).status).toBe(403);
  client.rights.add('delete topic left');
  expect((await client.ask('DELETE', left)).status).toBe(204);
  expect((await client.ask('GET', left)).status).toBe(404);
});

test('other namespaces go by the rights on the cluster', async () => {
  const client = await withRights('alter cluster kafka-cluster');
  await client.ask('POST', '/namespaces', { namespace: ['ours'] });
  expect((await client.ask('POST', '/namespaces/ours/tables', { name: 't', schema: SCHEMA })).status).toBe(200);
  expect((await client.ask('GET', '/namespaces')).body.namespaces).toEqual([['topics']]);
  expect((await client.ask('GET', '/namespaces/ours/tables')).body.identifiers).toEqual([]);
  client.rights.clear();
  client.rights.add('describe cluster kafka-cluster');
  expect((await client.ask('GET', '/namespaces')).body.namespaces).toEqual([['ours'], ['topics']]);
  expect((await client.ask('GET', '/namespaces/ours/tables/t')).status).toBe(200);
  for (const [method, path, body] of [
    ['POST', '/namespaces', { namespace: ['more'] }],
    ['POST', '/namespaces/ours/tables', { name: 'u', schema: SCHEMA }],
    ['POST', '/namespaces/ours/tables/t', { updates: [] }],
    ['POST', '/namespaces/ours/properties', {}],
    ['DELETE', '/namespaces/ours/tables/t', undefined],
    ['DELETE', '/namespaces/ours', undefined],
  ] as const)
    expect((await client.ask(method, path, body)).status, `${method} ${path}`).toBe(403);
});

test('a commit of another keeps how far the log is, also when it removes the snapshots that said so', async () => {
  const client = await withRights(...ALL.map((operation) => `${operation} topic mine`));
  const mine = await topicTable(client, 'mine');
  const { catalog, warehouse, clock, random } = await client.world.deps.lake.open();
  const identifier = { namespace: ['topics'], name: 'mine' };
  const load = () => loadTable({ catalog, warehouse, clock, random }, identifier);
  const ours = await load();
  await ours.commit({ offsets: new Map([[0, { from: 5, to: 8 }]]) });
  const [first] = ours.metadata.snapshots;
  await ours.commit({ offsets: new Map([[0, { from: 8, to: 12 }]]) });
  const [, second] = ours.metadata.snapshots;
  expect([first, second].every((one) => one !== undefined)).toBe(true);

  // Back to the first snapshot: with its rows go the offsets after it, and stay away when the snapshots go.
  const main = { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch' };
  const back = { ...main, 'snapshot-id': first?.['snapshot-id'] };
  expect((await client.ask('POST', mine, { updates: [back] })).status).toBe(200);
  expect((await load()).logOffsets()).toEqual(new Map([[0, 8]]));
  const theirs = await rowsFor(client, 'mine', 99);
  expect((await client.ask('POST', mine, { updates: theirs })).status).toBe(200);
  const gone = { action: 'remove-snapshots', 'snapshot-ids': [first, second].map((one) => one?.['snapshot-id']) };
  expect((await client.ask('POST', mine, { updates: [gone] })).status).toBe(200);
  const left = await load();
  expect(left.metadata.snapshots).toHaveLength(1);
  expect(left.logOffsets()).toEqual(new Map([[0, 8]]));
  expect(left.metadata.properties['quarry.topic-id']).toBe('x');
});
