import { afterAll, beforeAll, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { TestClient, until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { byKey, byPlace, commitDeletes, type ForeignDelete } from '../lake/row-deletes.ts';
import { Lake } from '../tables/lake.ts';
import { BUSY } from '../text/world.ts';

const folder = temporaryFolder();
const lake = new Lake(folder.path);
let broker: Broker;
let client: TestClient;

beforeAll(async () => {
  // Rows reach the table only when they are asked for.
  const rare = { 'memtable.flush.interval.ms': 3_600_000, 'merge.interval.ms': 3_600_000 };
  broker = await Broker.start({ settings: { ...BUSY, ...rare, 'data.dir': folder.path } });
  client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
});
afterAll(async () => {
  await client.close();
  await broker.stop();
  folder.remove();
});

const asked = (text: string) => client.http('/sql', 'POST', { sql: text });
const sql = async (text: string): Promise<any> => {
  const { status, body } = await asked(text);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.rows;
};
const explained = async (text: string): Promise<string> =>
  (await sql(`EXPLAIN ${text}`)).find((row: { explain_key: string }) => row.explain_key === 'plan').explain_value;
const offsets = async (topic: string, where = 'true'): Promise<number[]> =>
  (await sql(`SELECT "offset" AS o FROM "${topic}" WHERE ${where} ORDER BY ALL`)).map(({ o }: { o: number }) => o);
const upTo = (end: number, ...without: number[]): number[] =>
  Array.from({ length: end }, (_none, offset) => offset).filter((offset) => !without.includes(offset));

/** Records whose key is their number modulo 10; in the table, unless they are to stay in the log. */
async function send(topic: string, from: number, count: number, inTable = true): Promise<void> {
  const numbers = Array.from({ length: count }, (_none, at) => from + at);
  const producer = await client.producer();
  const messages = numbers.map((n) => ({ key: `k${n % 10}`, value: JSON.stringify({ n, level: `L${n % 3}` }) }));
  await producer.send({ topic, messages });
  if (!inTable) return;
  await client.run();
  await until('the rows', async () => (await lake.count(topic)) === from + count);
}

async function topicWithTable(topic: string, files = 2): Promise<void> {
  await client.createTopic(topic, 1, { 'quarry.table': 'true', 'quarry.table.columns': 'n long, level string' });
  for (let file = 0; file < files; file++) await send(topic, file * 20, 20);
}

const commit = (topic: string, ...deletes: ForeignDelete[]) =>
  lake.with(topic, async (table) => commitDeletes(table, deletes));
const filesOf = async (topic: string) =>
  (await lake.with(topic, async (table) => table.files()))!.toSorted((a, b) => a.sequence! - b.sequence!);

test('rows that another engine deleted by their place are not read, whatever the condition', async () => {
  await topicWithTable('places', 3);
  const [first, second] = await filesOf('places');
  await commit('places', byPlace(first!, [0, 7, 19]), byPlace(second!, [5]));
  await send('places', 60, 5, false);
  const left = upTo(65, 0, 7, 19, 25);
  expect(await offsets('places')).toEqual(left);
  expect(await offsets('places', '"offset" BETWEEN 5 AND 30')).toEqual(left.filter((at) => at >= 5 && at <= 30));
  expect(await offsets('places', 'n = 25')).toEqual([]);
  expect(await offsets('places', "level = 'L1'")).toEqual(left.filter((at) => at % 3 === 1));
  expect(await sql('SELECT count(*) AS n FROM "places"')).toEqual([{ n: left.length }]);
  const joined = 'SELECT count(*) AS n FROM "places" a JOIN "places" b ON a.n = b.n';
  expect(await sql(joined)).toEqual([{ n: left.length }]);
  expect(await explained('SELECT * FROM "places"')).toContain(
    'deletes: rows of 2 of these files are deleted by 2 files',
  );
  const plan = await explained('SELECT * FROM "places" WHERE "offset" >= 40');
  expect(plan).toMatch(/1 of 3 files, 20 of 60 rows/);
  expect(plan).not.toContain('deletes:');
});

test('rows that another engine deleted by key are not read, but those that came later are', async () => {
  await topicWithTable('keys');
  await commit('keys', byKey(['k3', 'k4', 'no key']));
  await send('keys', 40, 20);
  await send('keys', 60, 20, false);
  const left = upTo(80).filter((at) => at >= 40 || (at % 10 !== 3 && at % 10 !== 4));
  expect(await offsets('keys')).toEqual(left);
  await commit('keys', byKey(['k5']));
  expect(await offsets('keys')).toEqual(left.filter((at) => at >= 60 || at % 10 !== 5));
});

test('by columns that are null, or that the table no longer has', async () => {
  await topicWithTable('columns', 1);
  const producer = await client.producer();
  await producer.send({ topic: 'columns', messages: [{ key: 'k3', value: 'no JSON' }] });
  await client.run();
  await until('the row', async () => (await lake.count('columns')) === 21);
  await lake.with('columns', async (table) => {
    const id = (name: string): number => table.schema.fields.find((field) => field.name === name)!.id;
    const [n, level] = [id('n'), id('level')];
    await commitDeletes(table, [
      { rows: `SELECT NULL::VARCHAR AS level, 'k3'::BLOB AS key`, ids: { level, key: 5 }, equalityIds: [level, 5] },
      { rows: 'SELECT 4::INTEGER AS n', ids: { n }, equalityIds: [n] },
    ]);
    const fields = table.schema.fields.filter(({ name }) => name !== 'n');
    await table.commit({ schema: { ...table.schema, fields } });
  });
  const all = await sql('SELECT * FROM "columns" ORDER BY "offset"');
  expect(all.map(({ offset }: { offset: number }) => offset)).toEqual(upTo(20, 4));
  expect(Object.keys(all[0])).not.toContain('n');
});

test('beside records past their time, and those below what DeleteRecords said', async () => {
  await client.createTopic('rules', 1, { 'quarry.table': 'true', 'quarry.ttl.expires': 'field:until' });
  const producer = await client.producer();
  const messages = upTo(20).map((n) => ({ key: `k${n}`, value: JSON.stringify({ until: n < 8 ? 1000 : 4e12 }) }));
  await producer.send({ topic: 'rules', messages });
  await client.run();
  await until('the rows', async () => (await lake.count('rules')) > 0);
  const [file] = await filesOf('rules');
  const first = 20 - file!.recordCount;
  await commit('rules', byPlace(file!, [15 - first, 16 - first]), byKey(['k17']));
  expect(await offsets('rules')).toEqual(upTo(20, 15, 16, 17).slice(8));
  await client.http('/admin/jobs/table-retention/pause', 'POST');
  const admin = await client.admin();
  await admin.fetchTopicOffsets('rules');
  await admin.deleteTopicRecords({ topic: 'rules', partitions: [{ partition: 0, offset: '12' }] });
  expect(await offsets('rules')).toEqual([12, 13, 14, 18, 19]);
  await client.http('/admin/jobs/table-retention/resume', 'POST');
  await client.http('/admin/jobs/table-retention/run', 'POST');
  await until('the file to be written anew', async () => (await lake.count('rules')) === 5);
  expect(await offsets('rules')).toEqual([12, 13, 14, 18, 19]);
  expect(await lake.with('rules', (table) => table.deletes())).toEqual([]);
});

test('deletes that cannot be applied refuse the query that needs them, with the reason', async () => {
  await topicWithTable('refused');
  const [first] = await filesOf('refused');
  await commit('refused', { ...byPlace(first!, [1]), format: 'PUFFIN', referencedFile: first!.path });
  const answer = await asked('SELECT * FROM "refused"');
  expect([answer.status, JSON.stringify(answer.body)]).toEqual([409, expect.stringMatching(/deletion vectors/)]);
  expect(await offsets('refused', '"offset" >= 20')).toEqual(upTo(40).slice(20));
  await commit('refused', { ...byKey(['k1']), path: 'file:///etc/passwd' });
  const outside = await asked('SELECT * FROM "refused"');
  expect([outside.status, JSON.stringify(outside.body)]).toEqual([409, expect.stringMatching(/outside of its folder/)]);
});

test('a table that was upgraded to another version of the format is refused with that reason', async () => {
  await topicWithTable('upgraded', 1);
  await lake.with('upgraded', async (table) => {
    const { catalog, warehouse } = table.context;
    const to = table.metadataLocation.replace('.metadata.json', '3.metadata.json');
    const upgraded = JSON.stringify({ ...table.metadata, 'format-version': 3, 'next-row-id': 0 });
    await warehouse.store.put(warehouse.keyOf(to)!, Buffer.from(upgraded));
    await catalog.commit([{ table: table.identifier, from: table.metadataLocation, to }]);
  });
  const { status, body } = await asked('SELECT * FROM "upgraded"');
  expect([status, JSON.stringify(body)]).toEqual([409, expect.stringMatching(/'upgraded': format-version 3 is not/)]);
});
