import { present } from '../base/assert.ts';
import { codecs } from '../base/compression.ts';
import { systemClock } from '../base/clock.ts';
import { memoryDisk } from '../base/disk-memory.ts';
import { systemDisk } from '../base/disk-system.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import { createMetrics } from '../base/metrics.ts';
import { systemProcesses } from '../base/processes.ts';
import { systemRandom } from '../base/random.ts';
import { defaultSettings, type Settings } from '../config/settings.ts';
import type { GroupCoordinator } from '../coordination/runtime.ts';
import type { KafkaServer } from '../kafka/server.ts';
import { clusterId } from '../metadata/meta.ts';
import { httpFront } from './http.ts';
import { kafkaServer, openGroups } from './kafka.ts';
import { isLoopback, kafkaListener } from './listeners.ts';
import type { BrokerParts } from './parts.ts';
import { openProcessing, type Processing } from './processing.ts';
import { IN_MEMORY, openStorage, type Storage } from './storage.ts';
import { openTopics, type Topics } from './topics.ts';

/** How an embedded broker is started. */
export interface BrokerOptions {
  /** Settings that differ from the defaults. Without `data.dir` everything lives in memory, and without ports they are free ones. */
  readonly settings?: Partial<Settings>;
  /** Says nothing unless given. */
  readonly logger?: Logger;
  /** Called as recovery goes on: bytes of WAL read, and bytes to read. */
  readonly onRecovery?: (doneBytes: number, totalBytes: number) => void;
}

const EMBEDDED: Partial<Settings> = { 'data.dir': IN_MEMORY, 'kafka.port': 0, 'http.port': 0 };

function partsOf(options: BrokerOptions): BrokerParts {
  const settings: Settings = { ...defaultSettings(), ...EMBEDDED, ...options.settings };
  const inMemory = settings['data.dir'] === IN_MEMORY;
  return {
    settings,
    inMemory,
    clock: systemClock,
    random: systemRandom,
    logger: options.logger ?? silentLogger,
    metrics: createMetrics(),
    disk: inMemory ? memoryDisk() : systemDisk,
    processes: systemProcesses,
    codecs,
  };
}

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
  readonly #closers: readonly (() => Promise<void>)[];
  #stopped: Promise<void> | undefined;

  private constructor({ bootstrap, httpAddress }: Addresses, closers: readonly (() => Promise<void>)[]) {
    this.bootstrap = bootstrap;
    this.httpAddress = httpAddress;
    this.#closers = closers;
  }

  /**
   * Starts a broker and resolves when it answers. Rejects with the reason (a port that is taken, a data directory in use or of a newer
   * format, a store that cannot be opened), with nothing left open.
   */
  static async start(options: BrokerOptions = {}): Promise<Broker> {
    const parts = partsOf(options);
    const opened = new Opened();
    try {
      return new Broker(await startParts(parts, options, opened), opened.closers);
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  /** Finishes what is in flight, makes everything durable and closes. Calling it again waits for the same. */
  stop(): Promise<void> {
    this.#stopped ??= closeAll(this.#closers);
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** What has been opened so far, to be closed in reverse. */
class Opened {
  readonly closers: (() => Promise<void>)[] = [];

  add(close: () => Promise<void>): void {
    this.closers.unshift(close);
  }

  close(): Promise<void> {
    return closeAll(this.closers);
  }
}

/** Closes all, even when one fails; the first failure is then thrown. */
async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

async function phase<T>(parts: BrokerParts, name: string, task: () => Promise<T>): Promise<T> {
  const started = parts.clock.monotonic();
  const result = await task();
  parts.logger.info({ phase: name, milliseconds: Math.round(parts.clock.monotonic() - started) }, `${name} is ready`);
  return result;
}

async function startParts(parts: BrokerParts, options: BrokerOptions, opened: Opened): Promise<Addresses> {
  const storage: Storage = await phase(parts, 'storage', () => openStorage(parts));
  opened.add(() => storage.close());
  const topics: Topics = await phase(parts, 'log', () => openTopics(parts, storage, options.onRecovery ?? (() => {})));
  opened.add(() => topics.log.close());
  const processing: Processing = await phase(parts, 'processor', () => openProcessing(parts, storage, topics));
  opened.add(() => processing.stop());
  const groups: GroupCoordinator = await phase(parts, 'groups', () => openGroups(parts, storage));
  opened.add(() => Promise.resolve(groups.close()));
  const cluster = await clusterId(storage.sql, parts.random);
  const kafka: KafkaServer = kafkaServer(parts, storage, topics, groups, cluster);
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
