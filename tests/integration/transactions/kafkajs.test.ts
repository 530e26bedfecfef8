import { afterEach, beforeEach, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { TestClient, until } from '../broker/client.ts';

const TOPIC = 'out';

let broker: Broker;
let client: TestClient;

beforeEach(async () => {
  broker = await Broker.start({ settings: { search: false } });
  client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
  await client.createTopic(TOPIC, 2);
});

afterEach(async () => {
  await client.close();
  await broker.stop();
});

/** The values that a consumer of committed records gets, and of all records. */
async function read(readUncommitted: boolean, count: number): Promise<string[]> {
  const consumer = client.kafka.consumer({ groupId: `r-${readUncommitted}`, readUncommitted, maxWaitTimeInMs: 100 });
  const found: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void found.push(String(message.value)) });
  await until(`${count} records`, () => found.length >= count);
  await consumer.disconnect();
  return found.sort();
}

test('kafkajs commits and aborts records and offsets, and readers of committed records see what was committed', async () => {
  const producer = client.kafka.producer({ transactionalId: 'tx', maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  const admin = await client.admin();
  const committed: string[] = [];
  for (const [index, commits] of [true, false, true].entries()) {
    const transaction = await producer.transaction();
    const messages = [0, 1].map((partition) => ({ partition, value: `${index}-${partition}` }));
    await transaction.send({ topic: TOPIC, messages });
    const partitions = [{ partition: 0, offset: String(index + 1) }];
    await transaction.sendOffsets({ consumerGroupId: 'g', topics: [{ topic: TOPIC, partitions }] });
    await (commits ? transaction.commit() : transaction.abort());
    const [fetched] = await admin.fetchOffsets({ groupId: 'g', topics: [TOPIC] });
    committed.push(fetched?.partitions.find(({ partition }) => partition === 0)?.offset ?? 'none');
  }
  expect(committed).toEqual(['1', '1', '3']);
  expect(await read(false, 4)).toEqual(['0-0', '0-1', '2-0', '2-1']);
  expect(await read(true, 6)).toEqual(['0-0', '0-1', '1-0', '1-1', '2-0', '2-1']);
  await producer.disconnect();
});
