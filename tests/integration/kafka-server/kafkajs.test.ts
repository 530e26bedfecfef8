import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';

const { CompressionTypes, Kafka, logLevel } = kafkajs;

let broker: Broker;
let kafka: InstanceType<typeof Kafka>;

beforeAll(async () => {
  broker = await Broker.start();
  kafka = new Kafka({ brokers: [broker.bootstrap], clientId: 'test', logLevel: logLevel.NOTHING });
});

afterAll(() => broker.stop());

/** Reads `count` messages of a topic from its start. */
async function consume(
  topic: string,
  count: number,
): Promise<{ key: string | undefined; value: string; offset: string }[]> {
  const consumer = kafka.consumer({ groupId: `readers of ${topic}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const found: { key: string | undefined; value: string; offset: string }[] = [];
  await new Promise<void>((resolve, reject) => {
    const eachMessage = ({ message }: { message: { key: Buffer | null; value: Buffer | null; offset: string } }) => {
      found.push({ key: message.key?.toString(), value: String(message.value), offset: message.offset });
      if (found.length === count) resolve();
      return Promise.resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return found;
}

describe('kafkajs', () => {
  test.each(['None', 'GZIP'] as const)('produces and consumes with compression %s', async (compression) => {
    const topic = `kafkajs-${compression}`;
    const producer = kafka.producer({ allowAutoTopicCreation: true });
    await producer.connect();
    const messages = Array.from({ length: 100 }, (_, index) => ({ key: `k${index}`, value: `value ${index}` }));
    await producer.send({ topic, messages, compression: CompressionTypes[compression] });
    await producer.disconnect();
    expect(await consume(topic, 100)).toEqual(
      messages.map(({ key, value }, index) => ({ key, value, offset: String(index) })),
    );
  });

  test('produces idempotently, and finds offsets by time', async () => {
    const topic = 'kafkajs-idempotent';
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const start = Date.now() - 10_000;
    for (let i = 0; i < 5; i++) {
      const [result] = await producer.send({
        topic,
        messages: [{ value: `${i}`, timestamp: String(start + i * 1000) }],
      });
      expect(result).toMatchObject({ errorCode: 0, baseOffset: String(i) });
    }
    await producer.disconnect();
    expect(await admin.fetchTopicOffsetsByTimestamp(topic, start + 2500)).toEqual([{ partition: 0, offset: '3' }]);
    expect(await admin.fetchTopicOffsets(topic)).toMatchObject([{ partition: 0, offset: '5', high: '5', low: '0' }]);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
    expect(await admin.fetchTopicOffsets(topic)).toMatchObject([{ low: '2' }]);
    await admin.disconnect();
    expect((await consume(topic, 3)).map((message) => message.offset)).toEqual(['2', '3', '4']);
  });

  test('loses its connection to a broker that stops, and the broker stops at once', async () => {
    const own = await Broker.start();
    const client = new Kafka({ brokers: [own.bootstrap], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
    const admin = client.admin();
    await admin.connect();
    await own.stop();
    await expect(admin.listTopics()).rejects.toThrow();
    await admin.disconnect();
  });
});
