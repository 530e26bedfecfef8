import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { TestClient, until } from '../broker/client.ts';
import { BrokerProcess, folderOfEachTest } from '../broker/process.ts';

const folder = folderOfEachTest();

const EAGER = [
  ['--table', 'true', '--memtable.flush.interval.ms', '50'],
  ['--table.retry.base.ms', '50', '--table.retry.max.ms', '200'],
].flat();

const numbers = (from: number): string[] => Array.from({ length: 100 }, (_none, n) => `record ${from + n}`);

/** The value of a metric; 0 when it is not there. */
async function metric(client: TestClient, series: string): Promise<number> {
  const { body } = await client.http('/metrics');
  const line = (body as string).split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.slice(series.length) ?? 0);
}

test('a catalog that does not answer degrades health only, is told with what to do, and gets each row once when it is back', async () => {
  const broker = await BrokerProcess.serve(folder.path, EAGER);
  const client = new TestClient(broker);
  await client.send('rows', numbers(0));
  await until('the first rows', async () => (await metric(client, 'quarry_table_rows')) === 100);

  // Another program holds the database and does not let it go.
  const other = new DatabaseSync(join(folder.path, 'catalog.db'));
  other.exec('BEGIN EXCLUSIVE');
  await client.send('rows', numbers(100));
  expect(await client.read('rows', 200)).toHaveLength(200);
  let health = await client.http('/health');
  await until(
    'flush to be degraded',
    async () => {
      health = await client.http('/health');
      return health.body.parts.flush.status === 'degraded';
    },
    60_000,
  );
  expect(health).toMatchObject({ status: 200, body: { status: 'degraded', parts: { wal: { status: 'ok' } } } });
  expect(health.body.parts.flush.reason).toContain('the table of rows does not get on');
  expect((await client.http('/health/ready')).status).toBe(200);
  expect(await metric(client, 'quarry_errors_total{category="flush"}')).toBeGreaterThan(0);
  expect(JSON.stringify((await client.http('/admin/processor')).body.attention)).toContain('rows');

  other.exec('ROLLBACK');
  other.close();
  await until('all rows', async () => (await metric(client, 'quarry_table_lag_offsets')) === 0, 30_000);
  await until('health', async () => (await client.http('/health')).body.status === 'ok', 30_000);
  await client.send('rows', numbers(200));
  await client.run();
  expect(await metric(client, 'quarry_table_rows')).toBe(300);
  expect(
    (await client.http('/sql', 'POST', { sql: 'SELECT count(*) AS n, count(DISTINCT "offset") AS d FROM rows' })).body,
  ).toMatchObject({
    rows: [{ n: 300, d: 300 }],
  });
  await client.close();
  expect(await broker.kill('SIGTERM')).toMatchObject({ code: 0 });
}, 120_000);
