import { afterEach, beforeEach, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { TestClient, until } from './client.ts';
import { BrokerProcess, endProcesses, temporaryFolder } from './process.ts';

let folder: ReturnType<typeof temporaryFolder>;

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await endProcesses();
  folder.remove();
});

async function start(): Promise<{ broker: Broker; client: TestClient }> {
  const broker = await Broker.start({ settings: { 'data.dir': folder.path, 'kafka.port': 0, 'http.port': 0 } });
  return { broker, client: new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress }) };
}

test('topics, configs, records, offsets and groups are there after a restart', async () => {
  const first = await start();
  await first.client.createTopic('kept', 3, { 'retention.ms': '-1' });
  for (const partition of [0, 1, 2]) await first.client.send('kept', [`a${partition}`, `b${partition}`], partition);
  expect(await first.client.read('kept', 6, 'readers')).toHaveLength(6);
  const admin = await first.client.admin();
  const committed = await admin.fetchOffsets({ groupId: 'readers', topics: ['kept'] });
  expect(committed[0]!.partitions.map(({ offset }) => offset)).toEqual(['2', '2', '2']);
  await first.client.close();
  await first.broker.stop();

  const second = await start();
  const again = await second.client.admin();
  expect((await again.listTopics()).filter((name) => !name.startsWith('__'))).toEqual(['kept']);
  expect(await again.fetchOffsets({ groupId: 'readers', topics: ['kept'] })).toEqual(committed);
  const { resources } = await again.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: 2, name: 'kept', configNames: ['retention.ms'] }],
  });
  expect(resources[0]!.configEntries.find(({ configName }) => configName === 'retention.ms')?.configValue).toBe('-1');
  await second.client.send('kept', ['c0'], 0);
  expect(await second.client.read('kept', 1, 'readers')).toEqual(['c0']);
  expect(await second.client.read('kept', 7, 'others')).toEqual(['a0', 'b0', 'c0', 'a1', 'b1', 'a2', 'b2']);
  expect(await second.client.exact('kept', '*')).toBe(7);
  await second.client.close();
  await second.broker.stop();
});

test('an idempotent producer goes on over a restart without a double or a gap', async () => {
  const port = Number((await startAndStop()).split(':')[1]);
  const at = { settings: { 'data.dir': folder.path, 'kafka.port': port, 'http.port': 0 } };
  let broker = await Broker.start(at);
  const client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress }, 50);
  const producer = client.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const send = (n: number) => producer.send({ topic: 'once', messages: [{ value: String(n) }] });
  for (let n = 0; n < 20; n++) await send(n);
  const stopping = broker.stop();
  const sending = send(20);
  await stopping;
  broker = await Broker.start(at);
  await sending;
  for (let n = 21; n < 40; n++) await send(n);
  await producer.disconnect();
  expect(await client.read('once', 40)).toEqual(Array.from({ length: 40 }, (_, n) => String(n)));
  const offsets = await (await client.admin()).fetchTopicOffsets('once');
  expect(offsets[0]).toMatchObject({ offset: '40' });
  await client.close();
  await broker.stop();
});

/** A free port: that of a broker that was there for a moment. */
async function startAndStop(): Promise<string> {
  const { broker } = await start();
  await broker.stop();
  return broker.bootstrap;
}

test('the first records of a new broker outlive a SIGKILL', async () => {
  const first = await BrokerProcess.serve(folder.path);
  const writer = new TestClient(first);
  for (const value of ['a', 'b', 'c']) await writer.send('few', [value]);
  await writer.close();
  await first.kill('SIGKILL');
  const second = await BrokerProcess.serve(folder.path);
  const client = new TestClient(second);
  expect(await client.read('few', 3)).toEqual(['a', 'b', 'c']);
  expect(await client.exact('few', '*')).toBe(3);
  await client.close();
  expect(await second.kill('SIGTERM')).toMatchObject({ code: 0 });
});

/** Sends numbers to a topic until the broker goes away; the highest one that was acknowledged. */
function load(client: TestClient, topic: string): { acked: () => number; over: Promise<void> } {
  let acked = -1;
  const run = async (): Promise<void> => {
    for (let n = 0; ; n += 50) {
      await client.send(
        topic,
        Array.from({ length: 50 }, (_, i) => `{"n":${n + i},"text":"numbered record"}`),
        0,
      );
      acked = n + 49;
    }
  };
  return { acked: () => acked, over: run().catch(() => {}) };
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'after a %s in the middle of a load everything acknowledged is consumed and found',
  async (signal) => {
    const args = ['--wal.seal.bytes', '65536', '--processor.interval.ms', '200', '--processor.min.segment.age.ms', '0'];
    const first = await BrokerProcess.serve(folder.path, args);
    const client = new TestClient(first, 1);
    const loading = load(client, 'loaded');
    await until('some acknowledged records', () => loading.acked() > 5000);
    const ended = await first.kill(signal);
    // A stop that takes ten seconds ends with 1.
    expect(ended).toMatchObject(signal === 'SIGTERM' ? { code: 0, signal: null } : { code: null, signal });
    await loading.over;
    await client.close().catch(() => {});
    const acked = loading.acked() + 1;

    const second = await BrokerProcess.serve(folder.path, args);
    const reader = new TestClient(second);
    const values = await reader.read('loaded', acked);
    expect(values.slice(0, acked).map((value) => JSON.parse(value).n)).toEqual(
      Array.from({ length: acked }, (_, n) => n),
    );
    const end = Number((await (await reader.admin()).fetchTopicOffsets('loaded'))[0]!.offset);
    expect(await reader.exact('loaded', 'numbered')).toBe(end);
    expect(await reader.exact('loaded', `n:[0 TO ${acked - 1}]`)).toBeGreaterThanOrEqual(acked);
    await reader.close();
    expect(await second.kill('SIGTERM')).toMatchObject({ code: 0 });
  },
  60_000,
);
