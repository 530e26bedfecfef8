import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Broker } from '../../../src/broker/index.ts';
import { type Answer, TestClient } from '../broker/client.ts';
import { CALM } from '../text/world.ts';

export interface KeyedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
}

/** A broker in this process whose background work does nothing unless asked. */
export class ErasureWorld {
  readonly folder: string;
  readonly broker: Broker;
  readonly client: TestClient;

  private constructor(folder: string, broker: Broker) {
    this.folder = folder;
    this.broker = broker;
    this.client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
  }

  static async open(folder: string, settings: Record<string, number | string> = {}): Promise<ErasureWorld> {
    const broker = await Broker.start({
      settings: { ...CALM, 'data.dir': folder, 'log.level': 'silent', ...settings },
    });
    return new ErasureWorld(folder, broker);
  }

  /** Sends `key=value`, in this order; `key` alone is a record without a value. */
  async send(topic: string, records: readonly string[], partition = 0): Promise<void> {
    const producer = await this.client.producer();
    const messages = records.map((record) => {
      const [key = '', value = null] = record.split('=');
      return { key, value, partition };
    });
    await producer.send({ topic, messages });
  }

  deleteKey(topic: string, key: string, parameters = 'wait=true'): Promise<Answer> {
    return this.client.http(`/admin/topics/${topic}/keys/${encodeURIComponent(key)}?${parameters}`, 'DELETE');
  }

  /** What a consumer reads, up to the record with the value `last`. */
  async read(topic: string, last: string): Promise<KeyedRecord[]> {
    const { kafka } = this.client;
    const consumer = kafka.consumer({ groupId: `reader-${process.hrtime.bigint()}`, maxWaitTimeInMs: 100 });
    const found: KeyedRecord[] = [];
    await consumer.connect();
    try {
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      const end = Promise.withResolvers<void>();
      await consumer.run({
        eachMessage: async ({ partition, message }) => {
          const value = message.value?.toString() ?? null;
          found.push({ partition, offset: Number(message.offset), key: message.key?.toString() ?? null, value });
          if (value === last) end.resolve();
        },
      });
      await end.promise;
    } finally {
      await consumer.disconnect();
    }
    return found.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  }

  /** How many records a search finds. */
  async found(topic: string, query: string): Promise<number> {
    const { body } = await this.client.http(`/${topic}/_search?q=${encodeURIComponent(query)}`);
    return body.hits.total.value;
  }

  /** Names of stored objects that have these bytes in them. */
  objectsWith(text: string): string[] {
    const root = join(this.folder, 'objects');
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => readFileSync(path).includes(text));
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.broker.stop();
  }
}
