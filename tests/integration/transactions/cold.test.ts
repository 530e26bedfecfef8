import { afterEach, beforeEach, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { TestClient, until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';

const TOPIC = 'cold';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** A broker that keeps next to nothing in memory and seals its log at every opportunity. */
async function start(): Promise<{ broker: Broker; client: TestClient }> {
  const broker = await Broker.start({
    settings: {
      'data.dir': folder.path,
      'kafka.port': 0,
      'http.port': 0,
      'tail.max.bytes': 0,
      'wal.seal.bytes': 65_536,
      'wal.seal.age.ms': 50,
      'processor.min.segment.age.ms': 0,
    },
  });
  return { broker, client: new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress }) };
}

async function committed(client: TestClient, groupId: string, count: number): Promise<string[]> {
  const consumer = client.kafka.consumer({ groupId, readUncommitted: false, maxWaitTimeInMs: 100 });
  const found: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void found.push(String(message.value)) });
  await until(`${count} records`, () => found.length >= count);
  await consumer.disconnect();
  return found;
}

test('a reader of committed records sees no aborted one when they come from packs, before a restart and after it', async () => {
  const first = await start();
  await first.client.createTopic(TOPIC);
  const settings = { transactionalId: 'tx', maxInFlightRequests: 1, idempotent: true };
  const producer = first.client.kafka.producer(settings);
  await producer.connect();
  for (let index = 0; index < 10; index++) {
    const transaction = await producer.transaction();
    await transaction.send({ topic: TOPIC, messages: [{ value: `${index} ${'x'.repeat(20_000)}` }] });
    await (index % 2 === 0 ? transaction.commit() : transaction.abort());
  }
  await producer.disconnect();
  const wanted = ['0', '2', '4', '6', '8'];
  const numbers = async (client: TestClient, group: string): Promise<string[]> =>
    (await committed(client, group, wanted.length)).map((value) => value.split(' ')[0] ?? '');
  expect(await numbers(first.client, 'before')).toEqual(wanted);
  await until('the records are in packs', async () => {
    await first.client.run();
    const { body } = await first.client.http(`/admin/segments?kind=pack&topic=${TOPIC}`);
    return body.segments.some(({ lastOffset }: { lastOffset: number }) => lastOffset === 19);
  });
  expect(await numbers(first.client, 'packed')).toEqual(wanted);
  await first.client.close();
  await first.broker.stop();

  const second = await start();
  await second.client.run();
  expect(await numbers(second.client, 'after')).toEqual(wanted);
  await second.client.close();
  await second.broker.stop();
});
