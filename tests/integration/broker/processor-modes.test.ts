import { expect, test } from 'vitest';
import { isIncomplete, recover } from '../../../src/broker/index.ts';
import { TestClient, until } from './client.ts';
import { BrokerProcess, folderOfEachTest } from './process.ts';

const folder = folderOfEachTest();

const EAGER = [
  ['--wal.seal.bytes', '65536', '--wal.seal.age.ms', '100', '--processor.interval.ms', '100'],
  ['--processor.min.segment.age.ms', '0', '--search.max.wait.ms', '5000'],
].flat();
const MAINTENANCE = [...EAGER, '--processor.mode', 'maintenance'];
const values = Array.from({ length: 400 }, (_, n) => `record ${n} ${'x'.repeat(500)}`);

async function segments(client: TestClient): Promise<number> {
  const lists = ['pack', 'text'].map(
    async (kind) => (await client.http(`/admin/segments?kind=${kind}`)).body.segments.length,
  );
  return (await Promise.all(lists)).reduce((sum: number, count: number) => sum + count, 0);
}

test('maintenance serves reads, writes and searches, and uploads only when asked', async () => {
  const broker = await BrokerProcess.serve(folder.path, MAINTENANCE);
  const client = new TestClient(broker);
  for (let from = 0; from < 400; from += 100) await client.send('kept', values.slice(from, from + 100));
  expect(await client.read('kept', 400)).toEqual(values);
  expect(await client.exact('kept', 'record')).toBe(400);
  await until('sealed WAL segments', async () => (await client.http('/admin/wal')).body.sealed.length > 1);
  expect(await segments(client)).toBe(0);
  await client.run();
  expect(await segments(client)).toBeGreaterThan(1);
  expect(await client.exact('kept', 'record')).toBe(400);
  await client.close();
  expect(await broker.kill('SIGTERM')).toMatchObject({ code: 0 });
});

test('recovery packs and indexes everything, says so and ends', async () => {
  const broker = await BrokerProcess.serve(folder.path, MAINTENANCE);
  const client = new TestClient(broker);
  await client.createTopic('kept', 2);
  for (let from = 0; from < 400; from += 100)
    await client.send('kept', values.slice(from, from + 100), (from / 100) % 2);
  await client.close();
  await broker.kill('SIGKILL');

  const recovered = await BrokerProcess.run(['serve', '--data.dir', folder.path, ...EAGER], {
    env: { PROCESSOR_MODE: 'recovery' },
  });
  expect({ code: recovered.code, stderr: recovered.code === 0 ? '' : recovered.stderr }).toEqual({
    code: 0,
    stderr: '',
  });
  expect(JSON.parse(recovered.stdout)).toMatchObject({
    topics: 1,
    partitions: 2,
    packedRecords: 400,
    indexedRecords: 400,
    corrupt: 0,
    segmentsLeft: 0,
    offsetsLeft: 0,
    failures: [],
  });
  const again = await BrokerProcess.run(['serve', '--data.dir', folder.path, '--processor.mode', 'recovery']);
  expect(JSON.parse(again.stdout)).toMatchObject({ packedRecords: 0, indexedRecords: 0, offsetsLeft: 0 });

  const second = await BrokerProcess.serve(folder.path, MAINTENANCE);
  const reader = new TestClient(second);
  expect(await segments(reader)).toBeGreaterThan(1);
  expect(await reader.read('kept', 400)).toHaveLength(400);
  expect(await reader.exact('kept', 'record')).toBe(400);
  await reader.close();
  expect(await second.kill('SIGTERM')).toMatchObject({ code: 0 });
});

test('recovery that is asked to end leaves the rest to the next one, and says so', async () => {
  const broker = await BrokerProcess.serve(folder.path, MAINTENANCE);
  const client = new TestClient(broker);
  await client.send('kept', values.slice(0, 100));
  await client.close();
  await broker.kill('SIGTERM');
  const options = { settings: { 'data.dir': folder.path } };
  const ended = await recover(options, AbortSignal.abort());
  expect(ended).toMatchObject({ packedRecords: 0, failures: ['it was asked to end before all was done'] });
  expect(ended.segmentsLeft).toBeGreaterThan(0);
  expect(isIncomplete(ended)).toBe(true);
  const whole = await recover(options);
  expect(whole).toMatchObject({ packedRecords: 100, segmentsLeft: 0, offsetsLeft: 0, failures: [] });
});
