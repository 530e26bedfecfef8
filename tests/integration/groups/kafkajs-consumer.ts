import type { Consumer } from 'kafkajs';
import type { TemporaryBroker } from './temporary-broker.ts';

/** A kafkajs consumer that notes what it is given. */
export class NotingConsumer {
  readonly name: string;
  readonly #consumer: Consumer;
  readonly #topic: string;
  /** Partitions of the last generation. */
  assigned: number[] = [];
  /** Values in the order in which they came. */
  readonly values: string[] = [];

  constructor(name: string, broker: TemporaryBroker, topic: string, groupId: string) {
    this.name = name;
    this.#topic = topic;
    this.#consumer = broker.client(name).consumer({
      groupId,
      sessionTimeout: 10_000,
      rebalanceTimeout: 10_000,
      heartbeatInterval: 200,
      maxWaitTimeInMs: 100,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 100 },
    });
    this.#consumer.on(this.#consumer.events.GROUP_JOIN, ({ payload }) => {
      this.assigned = [...(payload.memberAssignment[topic] ?? [])].sort((a, b) => a - b);
    });
  }

  async start(): Promise<void> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topic: this.#topic, fromBeginning: true });
    await this.#consumer.run({
      autoCommitInterval: 100,
      eachMessage: async ({ message }) => void this.values.push(String(message.value)),
    });
  }

  /** Commits and leaves the group. */
  async stop(): Promise<void> {
    await this.#consumer.disconnect();
  }
}
