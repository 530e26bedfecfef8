import { present } from '../base/assert.ts';
import { producerIdsOver } from '../coordination/transactions/producer-ids.ts';
import { clusterId } from '../metadata/meta.ts';
import type { JobEvent } from '../processor/jobs/types.ts';
import { type BrokerOptions, Opened, openEngines, partsOf, phase } from './engines.ts';
import { FeatureLevels } from '../kafka/features.ts';
import type { HttpFront } from '../http/front.ts';
import type { ListenerOptions } from '../kafka/listener.ts';
import type { KafkaServer } from '../kafka/server.ts';
import { doorsHealth, doorsOf, type Doors, openDoors, warnOfOpenDoors } from './doors.ts';
import { httpFront } from './http.ts';
import { openGroups } from './groups.ts';
import { kafkaServer } from './kafka.ts';
import { hostPort, listening } from './listeners.ts';
import type { BrokerParts } from './parts.ts';
import { openTransactions } from './transactions.ts';
import type { Topics } from './topics.ts';
import { openQuotas } from './quotas.ts';
import { openSql } from './sql.ts';
import { openRights, superUsers } from './rights.ts';

/** What clients are given to end, one port after the other; with the four seconds of jobs it is less than the ten that a stop may take. */
const KAFKA_GRACE_MS = 3000;
const HTTP_GRACE_MS = 2000;

interface Addresses {
  readonly bootstrap: string;
  readonly listeners: ReadonlyMap<string, string>;
  readonly httpAddress: string;
  readonly onJobEvent: Broker['onJobEvent'];
}

/** A broker in this process. It speaks Kafka's protocol on a real socket. */
export class Broker {
  /** What Kafka clients call `bootstrap.servers`: `HOST:PORT` of the first listener. */
  readonly bootstrap: string;
  /** `HOST:PORT` of every Kafka listener, by its name. */
  readonly listeners: ReadonlyMap<string, string>;
  /** `HOST:PORT` of the HTTP listener. */
  readonly httpAddress: string;
  /** Calls for everything that happens to a background job, until the returned function is called. */
  readonly onJobEvent: (listener: (event: JobEvent) => void) => () => void;
  readonly #opened: Opened;
  #stopped: Promise<void> | undefined;

  private constructor({ bootstrap, listeners, httpAddress, onJobEvent }: Addresses, opened: Opened) {
    this.bootstrap = bootstrap;
    this.listeners = listeners;
    this.httpAddress = httpAddress;
    this.onJobEvent = onJobEvent;
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
    const doors = doorsOf(parts);
    superUsers(parts.settings);
    const opened = new Opened();
    try {
      return new Broker(await startParts(parts, options, opened, doors), opened);
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

async function startParts(
  parts: BrokerParts,
  options: BrokerOptions,
  opened: Opened,
  doors: Doors,
): Promise<Addresses> {
  const { storage, topics, processing } = await openEngines(parts, opened, options.onRecovery);
  await openDoors(parts, doors, storage.sql, opened);
  const rights = await openRights(parts, storage);
  const groups = await phase(parts, 'groups', () => openGroups(parts, storage, topics, rights));
  opened.add(() => groups.close());
  const producerIds = producerIdsOver(storage.sql);
  const transactions = await phase(parts, 'transactions', () =>
    openTransactions(parts, storage, topics, groups, producerIds),
  );
  opened.add(() => Promise.resolve(transactions.close()));
  const cluster = await clusterId(storage.sql, parts.random);
  const features = await FeatureLevels.open(storage.sql);
  const kafka = kafkaServer(parts, {
    storage,
    topics,
    coordinator: groups,
    transactions,
    producerIds,
    rights,
    quotas: await openQuotas(parts, storage),
    features,
    directory: doors.directory,
    clusterId: cluster,
  });
  followTopics(groups, topics);
  await phase(parts, 'decided transactions', () => transactions.start());
  const sql = openSql(parts, storage, topics);
  opened.add(() => sql.close());
  const http = httpFront(parts, {
    storage,
    topics,
    processing,
    sql,
    clusterId: cluster,
    authorizer: rights.authorizer,
    access: doors.http,
    doorsHealth: () => doorsHealth(doors),
  });
  const httpAddress = await phase(parts, 'http', () => listenHttp(http));
  opened.add(() => http.close(HTTP_GRACE_MS));
  opened.add(() => kafka.close(KAFKA_GRACE_MS));
  const bound = await phase(parts, 'kafka', () => listenOn(kafka, doors.listeners));
  groups.start();
  processing.start();
  warnOfOpenDoors(parts, doors);
  const [first] = bound.values();
  return {
    bootstrap: first ?? '',
    listeners: bound,
    httpAddress,
    onJobEvent: (listener) => processing.jobs.onEvent(listener),
  };
}

/** Groups know of no topic that is deleted, and show their lag behind the others. */
function followTopics(groups: Awaited<ReturnType<typeof openGroups>>, { catalog, log }: Topics): void {
  const forget = (): void => groups.forgetTopics((topicId) => catalog.byId(topicId) !== undefined);
  forget();
  catalog.onDelete(forget);
  groups.exposeLag((topic, partition) => log.partition(topic, partition)?.highWatermark);
}

/** Listens on all; gives where each listener is, by its name. */
async function listenOn(
  kafka: KafkaServer,
  listeners: readonly ListenerOptions[],
): Promise<ReadonlyMap<string, string>> {
  const bound = new Map<string, string>();
  for (const listener of listeners) {
    const port = await listening('kafka.port or listeners', () => kafka.listen(listener));
    bound.set(listener.advertised.name, hostPort({ host: listener.host, port }));
  }
  return bound;
}

/** Listens for HTTP; gives where, as `HOST:PORT`. */
async function listenHttp(http: HttpFront): Promise<string> {
  const [first] = await listening('http.port, http.listeners or metrics.port', () => http.listen());
  return hostPort(present(first, 'address of the HTTP listener'));
}
