import { present } from '../base/assert.ts';
import { clusterId } from '../metadata/meta.ts';
import { type BrokerOptions, Opened, openEngines, partsOf, phase } from './engines.ts';
import { FeatureLevels } from '../kafka/features.ts';
import { httpFront } from './http.ts';
import { kafkaServer, openGroups } from './kafka.ts';
import { httpListener, isLoopback, kafkaListener } from './listeners.ts';
import type { BrokerParts } from './parts.ts';
import { openRights, superUsers } from './rights.ts';

/** Time that HTTP requests under way have at a stop. */
const HTTP_GRACE_MS = 2000;

interface Addresses {
  readonly bootstrap: string;
  readonly httpAddress: string;
}

/** A broker in this process. It speaks Kafka's protocol on a real socket. */
export class Broker {
  /** What Kafka clients call `bootstrap.servers`: `HOST:PORT`. */
  readonly bootstrap: string;
  /** `HOST:PORT` of the HTTP listener. */
  readonly httpAddress: string;
  readonly #opened: Opened;
  #stopped: Promise<void> | undefined;

  private constructor({ bootstrap, httpAddress }: Addresses, opened: Opened) {
    this.bootstrap = bootstrap;
    this.httpAddress = httpAddress;
    this.#opened = opened;
  }

  /**
   * Starts a broker and resolves when it answers. Rejects with the reason (a port that is taken, a data directory in use or of a newer
   * format, a store that cannot be opened), with nothing left open.
   */
  static async start(options: BrokerOptions = {}): Promise<Broker> {
    const parts = partsOf(options);
    if (parts.settings['processor.mode'] === 'recovery')
      throw new RangeError('a broker with processor.mode recovery serves nobody: call recover() instead');
    // Wrong settings are said before anything is opened.
    kafkaListener(parts.settings);
    httpListener(parts.settings);
    superUsers(parts.settings);
    const opened = new Opened();
    try {
      return new Broker(await startParts(parts, options, opened), opened);
    } catch (error) {
      // What failed first is the reason; a failure to close adds nothing to it.
      await opened.close().catch(() => {});
      throw error;
    }
  }

  /** Finishes what is in flight, makes everything durable and closes. Calling it again waits for the same. */
  stop(): Promise<void> {
    this.#stopped ??= this.#opened.close();
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function startParts(parts: BrokerParts, options: BrokerOptions, opened: Opened): Promise<Addresses> {
  const { storage, topics, processing } = await openEngines(parts, opened, options.onRecovery);
  const groups = await phase(parts, 'groups', () => openGroups(parts, storage, topics));
  opened.add(() => Promise.resolve(groups.close()));
  const cluster = await clusterId(storage.sql, parts.random);
  const rights = await openRights(parts, storage);
  const features = await FeatureLevels.open(storage.sql);
  const kafka = kafkaServer(parts, { storage, topics, coordinator: groups, rights, features, clusterId: cluster });
  groups.forgetTopics((topicId) => topics.catalog.byId(topicId) !== undefined);
  topics.catalog.onDelete(() => groups.forgetTopics((topicId) => topics.catalog.byId(topicId) !== undefined));
  groups.exposeLag((topic, partition) => topics.log.partition(topic, partition)?.highWatermark);
  const http = httpFront(parts, storage, topics, processing, cluster);
  const [httpAddress] = await phase(parts, 'http', () => http.listen());
  opened.add(() => http.close(HTTP_GRACE_MS));
  const { bind, advertised } = kafkaListener(parts.settings);
  const port = await phase(parts, 'kafka', () => kafka.listen(bind.host, bind.port, advertised));
  opened.add(() => kafka.close());
  groups.start();
  processing.start();
  const { host, port: httpPort } = present(httpAddress, 'address of the HTTP listener');
  for (const [name, address] of [
    ['Kafka', bind.host],
    ['HTTP', host],
  ] as const)
    if (!isLoopback(address))
      parts.logger.warn({ address }, `the ${name} port has no authentication and is reachable from other machines`);
  return { bootstrap: `${bind.host}:${port}`, httpAddress: `${host}:${httpPort}` };
}
