import {
  apiVersionsApi,
  createPartitionsApi,
  createTopicsApi,
  deleteTopicsApi,
  metadataApi,
} from '../../../protocol/messages/index.ts';
import type { Api } from '../../../protocol/schema/index.ts';
import { sleep, systemClock } from '../../../src/base/clock.ts';
import type { Answer, Driver } from '../../unit/coordination/script/driver.ts';
import { RawClient } from '../../unit/kafka/wire.ts';

/** Topics that every script may use. */
const TOPICS = ['t', 'u'];
const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const UNKNOWN_TOPIC_ID = 'bm9uZW5vbmVub25lbm9uZQ';

/** Scripts over the wire: a socket for each actor. The broker is whatever listens on the port. */
export class SocketDriver implements Driver {
  groupPrefix = '';
  readonly #clients = new Map<string, RawClient>();
  readonly #waiting = new Set<string>();
  readonly #topicIds = new Map<string, string>();
  protected port = 0;

  constructor(port = 0) {
    this.port = port;
  }

  /** Makes sure that the topics are there. */
  async prepare(): Promise<void> {
    const client = new RawClient(this.port);
    while (!TOPICS.every((name) => this.#topicIds.has(name))) await this.#learn(client, TOPICS);
    client.socket.destroy();
  }

  async #learn(client: RawClient, names: readonly string[]): Promise<void> {
    const topics = names.map((name) => ({ name, topicId: NO_TOPIC_ID }));
    const body = await client.call(metadataApi, 12, { topics, allowAutoTopicCreation: true });
    for (const topic of body.topics) if (topic.errorCode === 0) this.#topicIds.set(topic.name ?? '', topic.topicId);
  }

  disconnect(): void {
    for (const client of this.#clients.values()) client.socket.destroy();
    this.#clients.clear();
  }

  async send(actor: string, api: Api, version: number, message: object): Promise<Answer> {
    // A request that waits blocks its connection: what the actor does meanwhile goes over another one.
    const name = `${actor}${this.#waiting.has(actor) ? "'" : ''}`;
    let client = this.#clients.get(name);
    if (client === undefined || client.closed) {
      client = new RawClient(this.port);
      this.#clients.set(name, client);
      await client.call(apiVersionsApi, 0, {});
    }
    this.#waiting.add(name);
    try {
      return await client.call(api, version, message);
    } finally {
      this.#waiting.delete(name);
    }
  }

  /** Not for ever: when the expected answers do not come, what came is compared. A request without an answer gets time to arrive. */
  async settle(expectedArrived: () => boolean): Promise<void> {
    if (expectedArrived()) await sleep(systemClock, 150);
    for (let i = 0; i < 500 && !expectedArrived(); i++) await sleep(systemClock, 20);
  }

  async advance(ms: number): Promise<void> {
    await sleep(systemClock, ms);
  }

  restart(): Promise<void> {
    throw new Error('this broker is not restarted');
  }

  async changeTopic(name: string, partitions: number): Promise<void> {
    const client = new RawClient(this.port);
    const known = this.#topicIds.has(name);
    const timeoutMs = 10_000;
    if (partitions === 0) {
      await client.call(deleteTopicsApi, 6, { topics: [{ name, topicId: NO_TOPIC_ID }], timeoutMs });
      this.#topicIds.delete(name);
    } else if (known) {
      const topics = [{ name, count: partitions, assignments: null }];
      await client.call(createPartitionsApi, 3, { topics, timeoutMs, validateOnly: false });
    } else {
      const topic = { name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] };
      await client.call(createTopicsApi, 7, { topics: [topic], timeoutMs, validateOnly: false });
      while (!this.#topicIds.has(name)) await this.#learn(client, [name]);
    }
    // Metadata of a real cluster takes its way to the coordinator.
    await sleep(systemClock, 500);
    client.socket.destroy();
  }

  topicId(name: string): string {
    return this.#topicIds.get(name) ?? UNKNOWN_TOPIC_ID;
  }

  topicName(topicId: string): string | undefined {
    return [...this.#topicIds].find(([, id]) => id === topicId)?.[0];
  }
}
