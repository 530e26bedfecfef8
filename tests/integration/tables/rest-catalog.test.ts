import { afterEach, expect, test } from 'vitest';
import { sleep, systemClock } from '../../../src/base/clock.ts';
import { Broker } from '../../../src/broker/index.ts';
import { TestClient, until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { BUSY } from '../text/world.ts';
import { Lake } from './lake.ts';
import { logRows } from './log-rows.ts';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(folder: string) {
  const settings = { ...BUSY, 'data.dir': folder, 'memtable.flush.interval.ms': 50 };
  const broker = await Broker.start({ settings });
  const client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
  closers.push(async () => {
    await client.close();
    await broker.stop();
  });
  return client;
}

const TABLE = '/iceberg/v1/namespaces/topics/tables/rows';
const total = async (client: TestClient): Promise<number> => {
  const { status, body } = await client.http(TABLE);
  if (status !== 200) return 0;
  const { snapshots, 'current-snapshot-id': current } = body.metadata;
  const found = snapshots.find((one: Record<string, number>) => one['snapshot-id'] === current);
  return Number(found?.summary['total-records'] ?? 0);
};
const post = (client: TestClient, body: object) => client.http(TABLE, 'POST', body);
const values = (from: number, count: number) => Array.from({ length: count }, (_none, at) => `v${from + at}`);

test('a broker in memory serves the tables that it writes', async () => {
  const client = await open('memory:');
  expect((await client.http('/iceberg/v1/namespaces')).body).toEqual({ namespaces: [['topics']] });
  await client.createTopic('rows', 1, { 'quarry.table': 'true' });
  await client.send('rows', values(0, 10));
  await until('the rows', async () => (await total(client)) === 10);
  const { body } = await client.http('/iceberg/v1/namespaces/topics/tables');
  expect(body).toEqual({ identifiers: [{ namespace: ['topics'], name: 'rows' }] });
  expect((await client.http(TABLE, 'DELETE')).status).toBe(403);
  await (await client.admin()).deleteTopics({ topics: ['rows'] });
  await until('the table to go', async () => (await client.http(TABLE)).status === 404);
}, 60_000);

test('others change the table while the broker writes: no commit of either is lost, and no row', async () => {
  const temporary = temporaryFolder();
  closers.push(() => temporary.remove());
  const client = await open(temporary.path);
  await client.createTopic('rows', 2, { 'quarry.table': 'true' });
  let writing = true;
  closers.push(() => void (writing = false));
  const others = [1, 2].map(async (writer) => {
    const done: string[] = [];
    while (writing) {
      const name = `w${writer}.${done.length}`;
      const { status } = await post(client, { updates: [{ action: 'set-properties', updates: { [name]: 'done' } }] });
      if (status === 200) done.push(name);
      else expect([404, 409]).toContain(status);
      // A writer without a pause would leave others little chance.
      await sleep(systemClock, 100);
    }
    return done;
  });
  for (let part = 0; part < 20; part++) await client.send('rows', values(part * 50, 50));
  await until('the rows', async () => (await total(client)) === 1000, 60_000);
  writing = false;
  const done = (await Promise.all(others)).flat();
  const { metadata } = (await client.http(TABLE)).body;
  expect(done.length).toBeGreaterThan(2);
  expect(Object.keys(metadata.properties)).toEqual(expect.arrayContaining(done));
  const lake = new Lake(temporary.path);
  expect(await lake.rows('rows')).toEqual(await logRows(client.kafka, 'rows', 1000));

  // Back to the first snapshot, and all others gone: the rows after it are written once more.
  const [first, ...rest] = metadata.snapshots.map((one: Record<string, number>) => one['snapshot-id']);
  const back = { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': first };
  const gone = { action: 'remove-snapshots', 'snapshot-ids': rest };
  expect((await post(client, { updates: [back, gone] })).status).toBe(200);
  await client.send('rows', values(1000, 10));
  await until('the rows again', async () => (await total(client)) === 1010, 30_000);
  expect(await lake.rows('rows')).toEqual(await logRows(client.kafka, 'rows', 1010));
}, 120_000);

test('a broker does not start with a catalog that there is not', async () => {
  const settings = { ...BUSY, 'data.dir': 'memory:', catalog: 'mysql://user:secret@host/db' };
  const refused = await Broker.start({ settings }).then(
    () => undefined,
    (error: Error) => error,
  );
  expect(refused?.name).toBe('SettingsError');
  expect(refused?.message).toContain("catalog 'mysql:'");
  expect(refused?.message).not.toContain('secret');
});
