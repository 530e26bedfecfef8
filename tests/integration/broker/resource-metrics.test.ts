import { expect, test } from 'vitest';
import { TestClient, until } from './client.ts';
import { BrokerProcess, folderOfEachTest } from './process.ts';

const folder = folderOfEachTest();

/** Values by series. */
async function metrics(client: TestClient): Promise<ReadonlyMap<string, number>> {
  const { body } = await client.http('/metrics');
  const lines = (body as unknown as string).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

test('metrics show CPU, memory, disk and the busy time of each thread, which grow as work is done', async () => {
  const broker = await BrokerProcess.serve(folder.path, ['--table', 'true', '--memtable.flush.interval.ms', '50']);
  const client = new TestClient(broker);
  const before = await metrics(client);
  await client.send(
    'measured',
    Array.from({ length: 1000 }, (_, n) => `record ${n}`),
  );
  let after = await metrics(client);
  await until('rows in the table', async () => {
    after = await metrics(client);
    return after.get('quarry_table_rows') === 1000;
  });
  const grows = (series: string): void =>
    expect(after.get(series), series).toBeGreaterThan(before.get(series) ?? Number.POSITIVE_INFINITY);
  grows('quarry_process_cpu_seconds_total{mode="user"}');
  grows('quarry_thread_busy_seconds_total{thread="main"}');
  for (const thread of ['text', 'tables'])
    expect(after.get(`quarry_thread_busy_seconds_total{thread="${thread}"}`), thread).toBeGreaterThan(0);
  expect(after.get('quarry_thread_memory_bytes{thread="tables",kind="heap"}')).toBeGreaterThan(1024 * 1024);
  // The system's figure holds the heaps of all threads.
  expect(after.get('quarry_process_resident_bytes')).toBeGreaterThan(
    after.get('quarry_thread_memory_bytes{thread="main",kind="heap"}') ?? Number.POSITIVE_INFINITY,
  );
  expect(after.get('quarry_disk_free_bytes')).toBeGreaterThan(0);
  expect(after.get('quarry_disk_used_bytes')).toBeGreaterThan(0);
  expect(after.get('quarry_lake_commits_total{outcome="committed"}')).toBeGreaterThan(0);
  expect(after.get('quarry_catalog_requests_total{operation="commit",outcome="ok"}')).toBeGreaterThan(1);
  expect(['wal', 'catalog', 'flush'].map((part) => after.get(`quarry_health{part="${part}"}`))).toEqual([0, 0, 0]);
  await client.close();
});

test('the thread of queries in SQL shows its work and its requests to the catalog', async () => {
  const broker = await BrokerProcess.serve(folder.path, ['--table', 'true', '--memtable.flush.interval.ms', '50']);
  const client = new TestClient(broker);
  await client.send('asked', ['one', 'two']);
  await client.run();
  const before = (await metrics(client)).get('quarry_catalog_requests_total{operation="load",outcome="ok"}') ?? 0;
  const answer = await client.http('/sql', 'POST', { sql: 'SELECT count(*) AS n FROM asked' });
  expect(answer.body).toMatchObject({ rows: [{ n: 2 }] });
  const after = await metrics(client);
  expect(after.get('quarry_thread_busy_seconds_total{thread="sql"}')).toBeGreaterThan(0);
  expect(after.get('quarry_catalog_requests_total{operation="load",outcome="ok"}')).toBeGreaterThan(before);
  await client.close();
});
