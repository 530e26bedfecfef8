import { createTopicsApi, deleteTopicsApi } from '../../../protocol/messages/index.ts';
import type { Api } from '../../../protocol/schema/index.ts';
import { sleep, systemClock } from '../../../src/base/clock.ts';
import type { Answer } from '../../unit/coordination/share-script/answers.ts';
import type { ShareDriver } from '../../unit/coordination/share-script/run-script.ts';
import { RawClient } from '../../unit/kafka/wire.ts';

const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const UNKNOWN_TOPIC_ID = 'bm9uZW5vbmVub25lbm9uZQ';
/** A socket for each actor of a script, to a broker that runs. */
export class ShareSocketDriver implements ShareDriver {
  readonly groupPrefix: string;
  /** Time that the broker gets after each command, for what it does after its answer, ms. */
  readonly #pauseMs: number;
  readonly #clients = new Map<string, RawClient>();
  readonly #waiting = new Set<string>();
  readonly #topicIds = new Map<string, string>();
  port = 0;

  /** `prefix` is what the names of topics and groups begin with. */
  constructor(prefix = '', pauseMs = 0) {
    this.groupPrefix = prefix;
    this.#pauseMs = pauseMs;
  }

  close(): void {
    for (const client of this.#clients.values()) client.socket.destroy();
    this.#clients.clear();
  }

  async createTopic(name: string, numPartitions: number): Promise<void> {
    const client = new RawClient(this.port);
    const topics = [{ name: this.topicName(name), numPartitions, replicationFactor: 1, assignments: [], configs: [] }];
    const { topics: created } = await client.call(createTopicsApi, 7, { topics, timeoutMs: 10_000 });
    this.#topicIds.set(name, created[0]?.topicId ?? UNKNOWN_TOPIC_ID);
    client.socket.destroy();
    await sleep(systemClock, 3 * this.#pauseMs);
  }

  async deleteTopic(name: string): Promise<void> {
    const client = new RawClient(this.port);
    const topics = [{ name: this.topicName(name), topicId: NO_TOPIC_ID }];
    await client.call(deleteTopicsApi, 6, { topics, timeoutMs: 10_000 });
    client.socket.destroy();
    await sleep(systemClock, 3 * this.#pauseMs);
  }

  topicName(name: string): string {
    return name === 'nope' ? name : this.groupPrefix + name;
  }

  topicId(name: string): string {
    return this.#topicIds.get(name) ?? UNKNOWN_TOPIC_ID;
  }

  async send(actor: string, api: Api, version: number, message: object): Promise<Answer> {
    // A request that waits blocks its connection: what the actor does meanwhile goes over another one.
    const name = `${actor}${this.#waiting.has(actor) ? "'" : ''}`;
    let client = this.#clients.get(name);
    if (client === undefined || client.closed) {
      client = new RawClient(this.port);
      this.#clients.set(name, client);
    }
    this.#waiting.add(name);
    try {
      return await client.call(api, version, message);
    } catch {
      return undefined;
    } finally {
      this.#waiting.delete(name);
    }
  }

  /** Not for ever: when the expected answers do not come, what came is compared. */
  async settle(expectedArrived: () => boolean): Promise<void> {
    for (let i = 0; i < 500 && !expectedArrived(); i++) await sleep(systemClock, 20);
    await sleep(systemClock, this.#pauseMs);
  }

  async advance(ms: number): Promise<void> {
    await sleep(systemClock, ms);
  }

  async disconnect(actor: string): Promise<void> {
    this.#clients.get(actor)?.socket.destroy();
    this.#clients.delete(actor);
    await sleep(systemClock, 100);
  }

  restart(): Promise<void> {
    throw new Error('this broker is not ours to restart');
  }
}
