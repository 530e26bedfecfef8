import { type Admin, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { sleep, systemClock } from '../../../src/base/clock.ts';

/** Anything that answers on both ports. */
export interface Addresses {
  readonly bootstrap: string;
  readonly http: string;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of many shapes, looked at by expectations only.
  readonly body: any;
}

/** A person with a Kafka client and curl. */
export class TestClient {
  readonly kafka: Kafka;
  readonly #http: string;
  readonly #closers: (() => Promise<void>)[] = [];
  #producer: Producer | undefined;
  #admin: Admin | undefined;

  constructor({ bootstrap, http }: Addresses, retries = 5) {
    this.kafka = new Kafka({
      brokers: [bootstrap],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries },
    });
    this.#http = http;
  }

  async producer(): Promise<Producer> {
    if (this.#producer !== undefined) return this.#producer;
    const producer = this.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    this.#closers.push(() => producer.disconnect());
    await producer.connect();
    this.#producer = producer;
    return producer;
  }

  async admin(): Promise<Admin> {
    if (this.#admin !== undefined) return this.#admin;
    const admin = this.kafka.admin();
    this.#closers.push(() => admin.disconnect());
    await admin.connect();
    this.#admin = admin;
    return admin;
  }

  async createTopic(topic: string, partitions = 1, configs: Record<string, string> = {}): Promise<void> {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    const admin = await this.admin();
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] });
  }

  /** Sends values, to one partition when it is given; resolves with the acks. */
  async send(topic: string, values: readonly string[], partition?: number): Promise<void> {
    const producer = await this.producer();
    const messages = values.map((value) => ({ value, ...(partition !== undefined && { partition }) }));
    await producer.send({ topic, messages });
  }

  /** The values of the first `count` records of a topic, by partition and offset. */
  async read(topic: string, count: number, groupId = `reader-${Math.trunc(process.hrtime()[1])}`): Promise<string[]> {
    const consumer = this.kafka.consumer({ groupId, sessionTimeout: 10_000, maxWaitTimeInMs: 100 });
    const found: { partition: number; offset: number; value: string }[] = [];
    await consumer.connect();
    try {
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      await consumer.run({
        eachMessage: async ({ partition, message }) => {
          found.push({ partition, offset: Number(message.offset), value: String(message.value) });
        },
      });
      await until(`${count} records of ${topic}`, () => found.length >= count);
    } finally {
      await consumer.disconnect();
    }
    found.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
    return found.map(({ value }) => value);
  }

  async http(path: string, method = 'GET', body?: object): Promise<Answer> {
    const answer = await fetch(`http://${this.#http}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text };
  }

  async count(topic: string, query: string): Promise<{ value: number; relation: string }> {
    const { status, body } = await this.http(
      `/${topic}/_search?size=0&track_total_hits=true&q=${encodeURIComponent(query)}`,
    );
    if (status !== 200) throw new Error(`search failed with ${status}: ${JSON.stringify(body)}`);
    return body.hits.total;
  }

  /** Waits until a search gives an exact total, and gives it. */
  async exact(topic: string, query: string): Promise<number> {
    let total = { value: 0, relation: '' };
    await until(`an exact total for ${query} in ${topic}`, async () => {
      total = await this.count(topic, query);
      return total.relation === 'eq';
    });
    return total.value;
  }

  /** Uploads and indexes what is due now. */
  async run(): Promise<Answer['body']> {
    return (await this.http('/admin/processor/run', 'POST')).body;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }
}

/** Waits until `done`; throws after a quarter of a minute. */
export async function until(what: string, done: () => boolean | Promise<boolean>, limitMs = 15_000): Promise<void> {
  const deadline = systemClock.monotonic() + limitMs;
  while (!(await done())) {
    if (systemClock.monotonic() > deadline) throw new Error(`still waiting for ${what}`);
    await sleep(systemClock, 20);
  }
}
