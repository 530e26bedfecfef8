import { expect, test } from 'vitest';
import { TestClient } from '../broker/client.ts';
import { BrokerProcess, folderOfEachTest } from '../broker/process.ts';
import { Lake } from './lake.ts';

const folder = folderOfEachTest();

const MAINTENANCE = [
  '--processor.mode',
  'maintenance',
  '--wal.seal.bytes',
  '65536',
  '--processor.min.segment.age.ms',
  '0',
];
const values = Array.from({ length: 300 }, (_, n) => JSON.stringify({ n, text: 'x'.repeat(500) }));

/** A data directory whose broker was killed before anything was packed, indexed or put into the table. */
async function killedBroker(): Promise<void> {
  const broker = await BrokerProcess.serve(folder.path, MAINTENANCE);
  const client = new TestClient(broker);
  await client.createTopic('orders', 2, { 'quarry.table': 'true' });
  await client.send('orders', values.slice(0, 200), 0);
  await client.send('orders', values.slice(200), 1);
  expect((await client.http('/admin/processor')).body.tables).toMatchObject({ rows: 0 });
  await client.close();
  await broker.kill('SIGKILL');
}

const table = () => new Lake(folder.path).count('orders');

test('maintenance puts rows into tables only when asked', async () => {
  const broker = await BrokerProcess.serve(folder.path, [...MAINTENANCE, '--memtable.flush.interval.ms', '100']);
  const client = new TestClient(broker);
  await client.createTopic('orders', 1, { 'quarry.table': 'true' });
  await client.send('orders', values);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await table()).toBe(0);
  const run = (await client.http('/admin/jobs/table-flush/run', 'POST')).body;
  expect(run).toEqual({ state: 'finished' });
  expect(await table()).toBe(300);
  expect((await client.http('/admin/processor')).body).toMatchObject({ attention: [], tables: { rows: 300, lag: 0 } });
  await client.close();
});

test('recovery puts everything into the tables, says how much, and does so once', async () => {
  await killedBroker();
  const recover = async () => {
    const args = ['serve', '--data.dir', folder.path, '--processor.mode', 'recovery'];
    const { code, stdout, stderr } = await BrokerProcess.run(args);
    return { code, stderr: code === 0 ? '' : stderr, summary: JSON.parse(stdout) as unknown };
  };
  expect(await recover()).toMatchObject({
    code: 0,
    stderr: '',
    summary: { tableRows: 300, tableOffsetsLeft: 0, indexedRecords: 300, failures: [] },
  });
  expect(await table()).toBe(300);
  expect(await recover()).toMatchObject({ code: 0, summary: { tableRows: 0, tableOffsetsLeft: 0 } });
  expect(await table()).toBe(300);
});

async function standalone(...words: string[]) {
  const args = ['processor', 'run', '--standalone', '--data.dir', folder.path, ...words];
  const { code, stdout, stderr } = await BrokerProcess.run(args);
  return { code, stderr, report: stdout === '' ? undefined : (JSON.parse(stdout) as any) };
}

test('the processor runs alone on a directory that no broker uses, all of it or one kind of job', async () => {
  await killedBroker();
  const flushed = await standalone('table-flush');
  expect({ code: flushed.code, report: flushed.report }).toEqual({
    code: 0,
    report: { jobs: { 'table-flush': { state: 'finished' } }, left: [] },
  });
  expect(await table()).toBe(300);

  const { code, report } = await standalone();
  expect(code).toBe(0);
  expect(report.sinks).toMatchObject({ packedRecords: 300, offsetsLeft: 0, tableRows: 0, failures: [] });
  const finished = { state: 'finished' };
  expect(report.jobs).toMatchObject({ packs: finished, garbage: finished, compaction: finished });
}, 90_000);

test('standalone refuses a directory that a broker uses, and a kind of job that is not there', async () => {
  const broker = await BrokerProcess.serve(folder.path, MAINTENANCE);
  const refused = await standalone();
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('is in use by process')]);
  await broker.kill('SIGTERM');
  expect(await standalone('nothing')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no kind of job 'nothing'"),
  });
}, 60_000);

test('a mistyped directory is not made', async () => {
  const args = ['processor', 'run', '--standalone', '--data.dir', `${folder.path}/nowhere`];
  expect(await BrokerProcess.run(args)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is --data.dir right?'),
  });
});
