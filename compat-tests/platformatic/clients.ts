import {
  Admin,
  type ConsumeOptions,
  Consumer,
  type ConsumerOptions,
  type Message,
  type MessageToProduce,
  Producer,
  type ProducerOptions,
} from '@platformatic/kafka';
import { type CaseContext, eventually, holds } from '../harness.ts';

type Bytes = Buffer;
export type Received = Message<Bytes, Bytes, Bytes, Bytes>;
export type Outgoing = MessageToProduce<Bytes, Bytes, Bytes, Bytes>;
export type BytesConsumer = Consumer<Bytes, Bytes, Bytes, Bytes>;

/** Clients of @platformatic/kafka for one case; all are closed when it ends. */
export class Clients {
  readonly #context: CaseContext;

  constructor(context: CaseContext) {
    this.#context = context;
  }

  get #base(): { clientId: string; bootstrapBrokers: string[]; retries: number; retryDelay: number } {
    return { clientId: 'compat', bootstrapBrokers: [this.#context.bootstrap], retries: 3, retryDelay: 200 };
  }

  admin(): Admin {
    const admin = new Admin(this.#base);
    this.#context.defer(() => admin.close());
    return admin;
  }

  producer(options: Partial<ProducerOptions<Bytes, Bytes, Bytes, Bytes>> = {}): Producer {
    const producer = new Producer({ ...this.#base, autocreateTopics: true, ...options });
    this.#context.defer(() => producer.close(true));
    return producer;
  }

  consumer(groupId: string, options: Partial<ConsumerOptions<Bytes, Bytes, Bytes, Bytes>> = {}): BytesConsumer {
    const timing = { sessionTimeout: 10_000, rebalanceTimeout: 12_000, heartbeatInterval: 300, maxWaitTime: 300 };
    const consumer = new Consumer({ ...this.#base, groupId, ...timing, ...options } as ConsumerOptions<
      Bytes,
      Bytes,
      Bytes,
      Bytes
    >);
    this.#context.defer(() => consumer.close(true));
    return consumer;
  }

  /** A new topic that is ready. */
  async topic(partitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<string> {
    const topic = this.#context.name('topic');
    const admin = this.admin();
    const settings = Object.entries(configs).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs: settings });
    // The client sends everything again when one of several partitions is not ready yet, so all of them must be.
    const places = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1n }));
    await eventually(async () => {
      const found = await admin.listOffsets({ topics: [{ name: topic, partitions: places }] }).catch(() => []);
      return found[0]?.partitions.length === partitions;
    }, 'topic is ready');
    return topic;
  }

  /** Sends v0, v1 … round robin over the partitions. */
  async fill(topic: string, partitions: number, count: number): Promise<void> {
    const producer = this.producer();
    const messages = Array.from({ length: count }, (_, i) => ({
      topic,
      key: Buffer.from(`k${i}`),
      value: Buffer.from(`v${i}`),
      partition: i % partitions,
    }));
    await producer.send({ messages, acks: -1 });
  }

  /** Starts to read; what comes is pushed to the array. */
  async read(
    consumer: BytesConsumer,
    topics: string[],
    options: Partial<ConsumeOptions<Bytes, Bytes, Bytes, Bytes>> = {},
  ): Promise<Received[]> {
    const received: Received[] = [];
    const stream = await consumer.consume({ topics, mode: 'earliest', autocommit: false, ...options });
    stream.on('data', (message) => void received.push(message));
    stream.on('error', () => undefined);
    return received;
  }

  /** All records of a topic, by a group of its own. */
  async readAll(topic: string, count: number): Promise<Received[]> {
    const received = await this.read(this.consumer(this.#context.name('reader')), [topic]);
    await eventually(() => received.length >= count, `${count} records`);
    holds(received.length === count, `got ${received.length} records, want ${count}`);
    return received;
  }
}
