import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiVersionsApi, metadataApi } from '../../../protocol/messages/index.ts';
import type { Api } from '../../../protocol/schema/index.ts';
import { sleep, systemClock } from '../../../src/base/clock.ts';
import { Broker } from '../../../src/broker/index.ts';
import type { Answer, Driver } from '../../unit/coordination/script/driver.ts';
import { RawClient } from '../../unit/kafka/wire.ts';

const TOPICS = ['t', 'u'];
const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const UNKNOWN_TOPIC_ID = 'bm9uZW5vbmVub25lbm9uZQ';

/** A whole broker on a data directory, and a socket for each actor of a script. */
export class WireDriver implements Driver {
  groupPrefix = '';
  readonly #folder = mkdtempSync(join(tmpdir(), 'quarry-groups-'));
  readonly #clients = new Map<string, RawClient>();
  readonly #waiting = new Set<string>();
  readonly #topicIds = new Map<string, string>();
  #broker: Broker | undefined;
  #port = 0;

  async start(): Promise<void> {
    this.#broker = await Broker.start({
      settings: {
        'data.dir': this.#folder,
        'kafka.port': this.#port,
        'num.partitions': 2,
        'group.min.session.timeout.ms': 1000,
        'group.max.session.timeout.ms': 300_000,
      },
    });
    this.#port = Number(this.#broker.bootstrap.split(':').pop());
    const client = new RawClient(this.#port);
    while (this.#topicIds.size < TOPICS.length) {
      const topics = TOPICS.map((name) => ({ name, topicId: NO_TOPIC_ID }));
      const body = await client.call(metadataApi, 12, { topics, allowAutoTopicCreation: true });
      for (const topic of body.topics) if (topic.errorCode === 0) this.#topicIds.set(topic.name ?? '', topic.topicId);
    }
    client.socket.destroy();
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.values()) client.socket.destroy();
    this.#clients.clear();
    await this.#broker?.stop();
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async send(actor: string, api: Api, version: number, message: object): Promise<Answer> {
    // A request that waits blocks its connection: what the actor does meanwhile goes over another one.
    const name = `${actor}${this.#waiting.has(actor) ? "'" : ''}`;
    let client = this.#clients.get(name);
    if (client === undefined || client.closed) {
      client = new RawClient(this.#port);
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

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  topicId(name: string): string {
    return this.#topicIds.get(name) ?? UNKNOWN_TOPIC_ID;
  }
}
