import { createTopicsApi, deleteTopicsApi } from '../../../protocol/messages/index.ts';
import type { Api } from '../../../protocol/schema/index.ts';
import { sleep, systemClock } from '../../../src/base/clock.ts';
import type { Answer } from '../../unit/coordination/share-script/answers.ts';
import type { ShareDriver } from '../../unit/coordination/share-script/run-script.ts';
import { RawClient } from '../../unit/kafka/wire.ts';
import { BrokerProcess, temporaryFolder } from '../broker/process.ts';

const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const UNKNOWN_TOPIC_ID = 'bm9uZW5vbmVub25lbm9uZQ';
/** The settings of the scripts. */
const ARGUMENTS = Object.entries({
  'auto.create.topics.enable': false,
  'group.share.min.record.lock.duration.ms': 1000,
  'group.share.record.lock.duration.ms': 3000,
  'group.share.session.timeout.ms': 6000,
}).flatMap(([name, value]) => [`--${name}`, String(value)]);

/** A broker in a process of its own, and a socket for each actor of a script. `restart` is kill -9. */
export class ShareWireDriver implements ShareDriver {
  readonly groupPrefix = '';
  readonly #folder = temporaryFolder();
  readonly #clients = new Map<string, RawClient>();
  readonly #waiting = new Set<string>();
  readonly #topicIds = new Map<string, string>();
  #broker: BrokerProcess | undefined;

  async start(): Promise<void> {
    this.#broker = await BrokerProcess.serve(this.#folder.path, ARGUMENTS);
  }

  get #port(): number {
    return Number(this.#broker?.bootstrap.split(':')[1]);
  }

  async remove(): Promise<void> {
    await this.#kill();
    this.#folder.remove();
  }

  async #kill(): Promise<void> {
    await this.#broker?.kill('SIGKILL');
    for (const client of this.#clients.values()) client.socket.destroy();
    this.#clients.clear();
  }

  async createTopic(name: string, numPartitions: number): Promise<void> {
    const client = new RawClient(this.#port);
    const topics = [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }];
    const { topics: created } = await client.call(createTopicsApi, 7, { topics, timeoutMs: 10_000 });
    this.#topicIds.set(name, created[0]?.topicId ?? UNKNOWN_TOPIC_ID);
    client.socket.destroy();
  }

  async deleteTopic(name: string): Promise<void> {
    const client = new RawClient(this.#port);
    await client.call(deleteTopicsApi, 6, { topics: [{ name, topicId: NO_TOPIC_ID }], timeoutMs: 10_000 });
    client.socket.destroy();
  }

  topicName(name: string): string {
    return name;
  }

  topicId(name: string): string {
    return this.#topicIds.get(name) ?? UNKNOWN_TOPIC_ID;
  }

  async send(actor: string, api: Api, version: number, message: object): Promise<Answer> {
    // A request that waits blocks its connection: what the actor does meanwhile goes over another one.
    const name = `${actor}${this.#waiting.has(actor) ? "'" : ''}`;
    let client = this.#clients.get(name);
    if (client === undefined || client.closed) {
      client = new RawClient(this.#port);
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
  }

  async advance(ms: number): Promise<void> {
    await sleep(systemClock, ms);
  }

  async disconnect(actor: string): Promise<void> {
    this.#clients.get(actor)?.socket.destroy();
    this.#clients.delete(actor);
    await sleep(systemClock, 100);
  }

  async restart(): Promise<void> {
    await this.#kill();
    await this.start();
  }
}
