import kafkajs, { type Admin, type Consumer, type ConsumerConfig, type KafkaMessage, type Producer } from 'kafkajs';
import { type CaseContext, eventually, holds } from '../harness.ts';

export const { CompressionTypes, ConfigResourceTypes } = kafkajs;

/** A record as it came, with its place. */
export interface Received {
  readonly topic: string;
  readonly partition: number;
  readonly message: KafkaMessage;
}

/** kafkajs clients for one case; all are closed when it ends. */
export class Clients {
  readonly #context: CaseContext;
  readonly #kafka: kafkajs.Kafka;

  /** With `sasl`, they log in. */
  constructor(context: CaseContext, sasl?: kafkajs.SASLOptions) {
    this.#context = context;
    this.#kafka = new kafkajs.Kafka({
      clientId: 'compat',
      brokers: [context.bootstrap],
      ...(sasl !== undefined && { sasl }),
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 3, initialRetryTime: 100 },
    });
  }

  async admin(): Promise<Admin> {
    const admin = this.#kafka.admin();
    this.#context.defer(() => admin.disconnect());
    await admin.connect();
    return admin;
  }

  async producer(config: kafkajs.ProducerConfig = {}): Promise<Producer> {
    const producer = this.#kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: true,
      ...config,
    });
    this.#context.defer(() => producer.disconnect());
    await producer.connect();
    return producer;
  }

  async consumer(config: ConsumerConfig): Promise<Consumer> {
    const consumer = this.#kafka.consumer({
      heartbeatInterval: 300,
      sessionTimeout: 10_000,
      rebalanceTimeout: 8000,
      maxWaitTimeInMs: 200,
      retry: { retries: 2 },
      ...config,
    });
    this.#context.defer(() => consumer.disconnect());
    await consumer.connect();
    return consumer;
  }

  /** A new topic that is ready. */
  async topic(numPartitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<string> {
    const topic = this.#context.name('topic');
    const admin = await this.admin();
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }] });
    return topic;
  }

  /** Sends v0, v1 … round robin over the partitions. */
  async fill(topic: string, partitions: number, count: number): Promise<void> {
    const producer = await this.producer();
    const messages = Array.from({ length: count }, (_, i) => ({
      key: `k${i}`,
      value: `v${i}`,
      partition: i % partitions,
    }));
    await producer.send({ topic, messages });
  }

  /** Starts to read; what comes is pushed to the array. */
  async run(consumer: Consumer, topics: readonly string[], autoCommit = false): Promise<Received[]> {
    const received: Received[] = [];
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit,
      eachMessage: async ({ topic, partition, message }) => void received.push({ topic, partition, message }),
    });
    return received;
  }

  /** All records of a topic, by a group of its own. */
  async readAll(topic: string, count: number, config: Partial<ConsumerConfig> = {}): Promise<Received[]> {
    const consumer = await this.consumer({ groupId: this.#context.name('reader'), ...config });
    const received = await this.run(consumer, [topic]);
    await eventually(() => received.length >= count, `${count} records`);
    await consumer.stop();
    holds(received.length === count, `got ${received.length} records, want ${count}`);
    return received;
  }
}
