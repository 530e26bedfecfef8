import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NotingConsumer } from './kafkajs-consumer.ts';
import { TemporaryBroker, until } from './temporary-broker.ts';

const ALL = [0, 1, 2, 3];
const TOPIC = 'work';

describe('kafkajs consumers in a group', { timeout: 120_000 }, () => {
  let broker: TemporaryBroker;
  let consumers: NotingConsumer[] = [];
  let produced: string[] = [];

  beforeEach(async () => {
    broker = new TemporaryBroker();
    consumers = [];
    produced = [];
    await broker.start();
    const admin = broker.client('admin').admin();
    await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: ALL.length }] });
    await admin.disconnect();
  });

  afterEach(async () => {
    await Promise.all(consumers.map((consumer) => consumer.stop()));
    await broker.remove();
  });

  async function produce(count: number): Promise<void> {
    const producer = broker.client('producer').producer();
    await producer.connect();
    const values = Array.from({ length: count }, (_, i) => `v${produced.length + i}`);
    await producer.send({ topic: TOPIC, messages: values.map((value, i) => ({ value, partition: i % ALL.length })) });
    await producer.disconnect();
    produced.push(...values);
  }

  async function join(name: string): Promise<NotingConsumer> {
    const consumer = new NotingConsumer(name, broker, TOPIC, 'group');
    consumers.push(consumer);
    await consumer.start();
    return consumer;
  }

  const owned = (): number[] => consumers.flatMap(({ assigned }) => assigned).sort((a, b) => a - b);
  const received = (): string[] => consumers.flatMap(({ values }) => values);
  const state = (): unknown =>
    consumers.map(({ name, assigned, values }) => ({ name, assigned, values: values.length }));
  const allReceived = (): boolean => new Set(received()).size === produced.length;
  const shared = (each: number): boolean =>
    owned().join() === ALL.join() && consumers.every(({ assigned }) => assigned.length === each);

  test('share the partitions, and take over from one that leaves, without losing or repeating', async () => {
    const first = await join('first');
    await until(() => shared(4), state);
    await produce(40);
    await until(allReceived, state);
    const second = await join('second');
    await until(() => shared(2), state);
    await produce(40);
    await until(allReceived, state);
    expect(second.values.length).toBe(20);
    await first.stop();
    consumers = [first, second];
    await until(() => second.assigned.join() === ALL.join(), state);
    await produce(40);
    await until(allReceived, state);
    expect(received().length).toBe(produced.length);
  });

  test('go on where they were when the broker is restarted under them', async () => {
    await join('first');
    await join('second');
    await until(() => shared(2), state);
    await produce(40);
    await until(allReceived, state);
    await broker.stop();
    await broker.start();
    await produce(40);
    await until(allReceived, state);
    await until(() => shared(2), state);
  });

  test('one that comes later begins where the group has committed', async () => {
    const first = await join('first');
    await produce(40);
    await until(allReceived, state);
    await first.stop();
    await broker.stop();
    await broker.start();
    await produce(8);
    const second = await join('second');
    await until(allReceived, state);
    expect(second.values.toSorted()).toEqual(produced.slice(40).toSorted());
  });

  test('the admin client sees the group and its offsets, and may delete it when it is empty', async () => {
    const first = await join('first');
    await produce(20);
    await until(allReceived, state);
    const admin = broker.client('admin').admin();
    const [described] = (await admin.describeGroups(['group'])).groups;
    expect([described?.state, described?.protocolType, described?.members.length]).toEqual(['Stable', 'consumer', 1]);
    expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).toEqual(['group']);
    await expect(admin.deleteGroups(['group'])).rejects.toThrow();
    await first.stop();
    const [offsets] = await admin.fetchOffsets({ groupId: 'group', topics: [TOPIC] });
    expect(offsets?.partitions.map(({ offset }) => offset)).toEqual(['5', '5', '5', '5']);
    await admin.deleteGroups(['group']);
    expect((await admin.listGroups()).groups).toEqual([]);
    await admin.disconnect();
  });
});
