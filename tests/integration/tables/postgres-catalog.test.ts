import { sleep, systemClock } from '../../../src/base/clock.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Cutter } from '../../contract/catalogs/cutter.ts';
import { POSTGRES_BIN, PostgresServer } from '../../contract/catalogs/postgres-server.ts';
import { freePort } from '../../../compat-tests/brokers/broker.ts';
import { TestClient, until } from '../broker/client.ts';
import { BrokerProcess, endProcesses, temporaryFolder } from '../broker/process.ts';
import { Lake } from './lake.ts';
import { logRows } from './log-rows.ts';

const ARGS = {
  'wal.seal.age.ms': '50',
  'processor.interval.ms': '100',
  'processor.min.segment.age.ms': '0',
  'processor.garbage.grace.ms': '0',
  'memtable.flush.interval.ms': '50',
  'table.retry.max.ms': '1000',
  'catalog.answer.timeout.ms': '4000',
  'log.level': 'silent',
};

if (POSTGRES_BIN === undefined) test.skip('PostgreSQL is not installed on this machine', () => undefined);
else {
  const bin = POSTGRES_BIN;
  let server: PostgresServer;
  let databases = 0;
  const closers: (() => Promise<void> | void)[] = [];
  beforeAll(async () => {
    server = await PostgresServer.start(bin);
  }, 60_000);
  afterEach(async () => {
    await endProcesses();
    for (const close of closers.splice(0).reverse()) await close();
  });
  afterAll(() => server.stop(), 60_000);

  const place = async () => {
    const folder = temporaryFolder();
    closers.push(() => folder.remove());
    const database = `lake${++databases}`;
    await server.run(`CREATE DATABASE ${database}`);
    return { folder: folder.path, database, lake: new Lake(folder.path, server.url(database)) };
  };
  const serve = async (folder: string, catalog: string) => {
    const args = Object.entries({ ...ARGS, catalog }).flatMap(([name, value]) => [`--${name}`, value]);
    const broker = await BrokerProcess.serve(folder, args);
    const client = new TestClient(broker);
    closers.push(() => client.close().catch(() => {}));
    return { broker, client };
  };
  const values = (from: number, count: number) => Array.from({ length: count }, (_none, at) => `row ${from + at}`);

  test.each(['arrives while the table is opened again', 'arrives when others have committed since'])(
    'a commit that is under way in a crash and %s neither loses nor doubles a row',
    async (when) => {
      const { folder, database, lake } = await place();
      const cutter = new Cutter(server.port);
      closers.push(() => cutter.close());
      const first = await serve(folder, server.url(database, await cutter.listen()));
      await first.client.createTopic('rows', 2, { 'quarry.table': 'true' });
      await first.client.send('rows', values(0, 100));
      await until('the first rows', async () => (await lake.count('rows')) === 100);
      cutter.mode = 'hold';
      await first.client.send('rows', values(100, 100));
      await until('a commit to be under way', () => cutter.held > 0);
      await first.broker.kill('SIGKILL');

      const second = await serve(folder, server.url(database));
      if (when.includes('others')) {
        // The database undoes what does not go on, and with it the lock of the row.
        await until('the rows', async () => (await lake.count('rows')) === 200, 30_000);
        await second.client.send('rows', values(200, 50));
        await until('more rows', async () => (await lake.count('rows')) === 250);
      } else {
        await second.client.send('rows', values(200, 50));
        // The new process has looked at the table by now, and waits for the lock of its row.
        await sleep(systemClock, 1500);
      }
      cutter.release();
      await until('all rows', async () => (await lake.count('rows')) >= 250, 30_000);
      expect(await lake.rows('rows')).toEqual(await logRows(second.client.kafka, 'rows', 250));
      // After the sweep of what nothing refers to, too.
      await second.client.run();
      expect(await lake.rows('rows')).toHaveLength(250);
    },
    120_000,
  );

  test('a broker starts without its catalog, says so, and fills the tables when it is there', async () => {
    const { folder, database, lake } = await place();
    const cutter = new Cutter(server.port);
    const port = await freePort();
    const { client } = await serve(folder, server.url(database, port));
    await client.createTopic('rows', 1, { 'quarry.table': 'true' });
    await client.send('rows', values(0, 100));
    expect((await client.http('/iceberg/v1/namespaces')).status).toBe(503);
    const failing = async () => (await client.http('/health')).body.status === 'degraded';
    await until('the health to say it', failing);
    await cutter.listen(port);
    closers.push(() => cutter.close());
    await until('the rows', async () => (await lake.count('rows')) === 100, 30_000);
    expect(await lake.rows('rows')).toEqual(await logRows(client.kafka, 'rows', 100));
    await until('the REST catalog', async () => {
      const { body } = await client.http('/iceberg/v1/namespaces/topics/tables');
      return body.identifiers?.length === 1;
    });
  }, 120_000);
}
