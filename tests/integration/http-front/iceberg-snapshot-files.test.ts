import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTable, type Table } from '../../../src/lake/index.ts';
import { type Catalog, SCHEMA, serveCatalog, snapshot } from './iceberg.ts';
import { type Places, writtenSnapshot } from './written-snapshot.ts';

const PATH = '/namespaces/topics/tables/mine';
const OTHER = 'memory://quarry/lake/topics/secret-1';
let client: Catalog;
let table: Table;
let ids = 0;

beforeAll(async () => {
  client = await serveCatalog();
  const { catalog, warehouse, clock, random } = await client.world.deps.lake.open();
  const definition = { schema: SCHEMA as never, location: 'lake/topics/mine-1' };
  table = await createTable({ catalog, warehouse, clock, random }, { namespace: ['topics'], name: 'mine' }, definition);
});
afterAll(() => client.served.front.close(0));

async function commit(places: Places, spoil: (updates: object[]) => object[] = (updates) => updates) {
  await table.refresh();
  const context = await client.world.deps.lake.open();
  const updates = await writtenSnapshot(context, table.metadata, ++ids, places);
  return client.ask('POST', PATH, { updates: spoil(updates) });
}

test('a snapshot whose files lie in the folder of the table is taken', async () => {
  expect((await commit({})).status).toBe(200);
  expect((await commit({})).body.metadata.snapshots).toHaveLength(2);
});

test.each<[string, Places]>([
  ['a data file of another topic', { data: `${OTHER}/data/a.parquet` }],
  [
    'a data file of another table whose name begins alike',
    { data: 'memory://quarry/lake/topics/mine-12/data/a.parquet' },
  ],
  ['a data file above the folder', { data: 'memory://quarry/lake/topics/mine-1/../secret-1/data/a.parquet' }],
  ['a data file of another store', { data: 's3://other/a.parquet' }],
  ['a manifest of another topic', { manifest: `${OTHER}/metadata/m.avro` }],
  ['a list of another topic', { list: `${OTHER}/metadata/l.avro` }],
])('%s is refused', async (_what, places) => {
  const before = await client.ask('GET', PATH);
  expect(await commit(places)).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining("does not lie in the table's folder") } },
  });
  expect(await client.ask('GET', PATH)).toEqual(before);
});

test('a snapshot with files of a partition spec that the table does not have is refused', async () => {
  await table.refresh();
  const context = await client.world.deps.lake.open();
  const otherwise = { ...table.metadata, 'partition-specs': [{ 'spec-id': 7, fields: [] }] };
  const updates = await writtenSnapshot(context, otherwise, 800);
  expect(await client.ask('POST', PATH, { updates })).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining('no partition spec 7') } },
  });
});

test('a snapshot that cannot be read is refused', async () => {
  const gone = { 'manifest-list': `${table.location}/metadata/none.avro` };
  const sequence = table.metadata['last-sequence-number'] + 5;
  const missing = await client.ask('POST', PATH, { updates: snapshot(900, sequence, undefined, gone) });
  expect(missing).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining('not there') } } });
  const { warehouse } = await client.world.deps.lake.open();
  const damaged = `${table.location}/metadata/damaged.avro`;
  await warehouse.store.put(warehouse.keyOf(damaged)!, new Uint8Array(500).fill(1));
  const updates = snapshot(901, sequence, undefined, { 'manifest-list': damaged });
  expect(await client.ask('POST', PATH, { updates })).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining('cannot be read') } },
  });
});
