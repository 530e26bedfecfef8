import { ChangingTopics } from '../../../../simulation/consumer-groups-topics.ts';
import { noLog, shareSettings } from '../../../../simulation/share-settings.ts';
import { createMetrics } from '../../../../src/base/metrics.ts';
import { requestContext } from '../../kafka/call.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type Api,
} from '../../../../protocol/schema/index.ts';
import { GroupCoordinator } from '../../../../src/coordination/coordinator.ts';
import type { GroupSettings } from '../../../../src/coordination/types.ts';
import { groupHandlers } from '../../../../src/kafka/handlers/groups.ts';
import type { Handler } from '../../../../src/kafka/handler.ts';
import { openMetadata } from '../../../../src/metadata/open.ts';
import type { SqlEngine } from '../../../../src/metadata/types.ts';
import { ManualClock } from '../../../../simulation/groups-clock.ts';
import type { Answer, Driver } from './driver.ts';

/** The settings of the Apache Kafka that the expected outcomes come from. */
export const scriptSettings: GroupSettings = {
  minSessionTimeoutMs: 1000,
  maxSessionTimeoutMs: 300_000,
  maxSize: 2 ** 31 - 1,
  initialRebalanceDelayMs: 0,
  offsetMetadataMaxBytes: 4096,
  offsetsRetentionMs: 7 * 86_400_000,
  offsetsRetentionCheckIntervalMs: 5000,
  consumer: {
    sessionTimeoutMs: 45_000,
    heartbeatIntervalMs: 5000,
    maxSize: 2 ** 31 - 1,
    assignors: ['uniform', 'range'],
    migrationPolicy: 'bidirectional',
    assignmentIntervalMs: 1000,
    regexRefreshIntervalMs: 600_000,
  },
  streams: {
    sessionTimeoutMs: 45_000,
    heartbeatIntervalMs: 5000,
    maxSize: 2 ** 31 - 1,
    standbyReplicas: 0,
    initialRebalanceDelayMs: 3000,
    assignmentIntervalMs: 1000,
  },
  share: shareSettings,
};

const TOPICS = [
  { name: 't', topicId: 'dHRpdHRpdHRpdHRpdHRpdA', partitions: 2 },
  { name: 'u', topicId: 'dXRpdXRpdXRpdXRpdXRpdQ', partitions: 2 },
];

const UNKNOWN_TOPIC_ID = 'bm9uZW5vbmVub25lbm9uZQ';

/** Topics that do not change. */
export const scriptTopics = {
  byName: (name: string) => TOPICS.find((topic) => topic.name === name),
  byId: (topicId: string) => TOPICS.find((topic) => topic.topicId === topicId),
  all: () => TOPICS,
  version: () => 1,
};

function withSettings(base: GroupSettings, settings: Readonly<Record<string, number>>): GroupSettings {
  const all: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(settings)) {
    const [first = '', second] = name.split('.');
    all[first] = second === undefined ? value : { ...(all[first] as object), [second]: value };
  }
  return all as unknown as GroupSettings;
}

/** Ids of topics that come while a script runs are like those of Kafka. */
const idOf = (name: string, version: number): string =>
  Buffer.from(`${name}${version}`.padEnd(16, '-')).toString('base64url');

/** Lets promises and the inline SQL engine run until nothing is left to do. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets everything happen that happens until `time`, timers and what follows from them. */
export async function settleUntil(clock: ManualClock, time: number): Promise<void> {
  do await settle();
  while (clock.runNext(time));
}

/** Our handlers and coordinator in this process, on a clock that only scripts move. */
export class MemoryDriver implements Driver {
  readonly groupPrefix = '';
  readonly clock = new ManualClock();
  readonly #sql: SqlEngine;
  readonly #settings: GroupSettings;
  readonly #random = seededRandom(1);
  readonly #topics = new ChangingTopics(TOPICS, idOf);
  #coordinator: GroupCoordinator | undefined;
  #handlers = new Map<number, Handler>();

  /** `settings` are named as in `GroupSettings`, with a dot before those of a kind of group. */
  static async open(settings: Readonly<Record<string, number>> = {}): Promise<MemoryDriver> {
    const driver = new MemoryDriver(await openMetadata('memory:'), withSettings(scriptSettings, settings));
    await driver.#start();
    return driver;
  }

  private constructor(sql: SqlEngine, settings: GroupSettings) {
    this.#sql = sql;
    this.#settings = settings;
  }

  async #start(): Promise<void> {
    const coordinator = await GroupCoordinator.open({
      sql: this.#sql,
      clock: this.clock,
      random: this.#random,
      logger: silentLogger,
      metrics: createMetrics(),
      settings: this.#settings,
      log: noLog,
      topics: this.#topics,
      overrides: () => new Map(),
      mayDescribe: () => true,
    });
    coordinator.start();
    this.#coordinator = coordinator;
    const handlers = groupHandlers({
      coordinator,
      topics: this.#topics,
      features: { level: () => 1 },
      createInternalTopics: async (topics) => {
        for (const { name, partitions } of topics) this.#topics.put(name, partitions);
        return '';
      },
      nodeId: 1,
    });
    this.#handlers = new Map(handlers.map((handler) => [handler.api.key, handler]));
  }

  /** Requests and responses go through their wire form, so that a field which a version cannot carry is seen here. */
  async send(actor: string, api: Api, version: number, message: object): Promise<Answer> {
    const request = decodeRequest(api, version, Buffer.concat(encodeRequest(api, version, message)));
    const context = requestContext({ apiVersion: version, clientId: actor });
    const response = await this.#handlers.get(api.key)?.handle(request, context);
    return decodeResponse(api, version, Buffer.concat(encodeResponse(api, version, response as object)));
  }

  settle(): Promise<void> {
    return settleUntil(this.clock, this.clock.now());
  }

  advance(ms: number): Promise<void> {
    return settleUntil(this.clock, this.clock.now() + ms);
  }

  async restart(): Promise<void> {
    await this.#coordinator?.close();
    await settle();
    await this.#start();
  }

  async changeTopic(name: string, partitions: number): Promise<void> {
    if (partitions === 0) this.#topics.delete(name);
    else this.#topics.put(name, partitions);
    const isAlive = (topicId: string): boolean => this.#topics.byId(topicId) !== undefined;
    this.#coordinator?.forgetTopics(isAlive);
    await settle();
  }

  topicId(name: string): string {
    return this.#topics.byName(name)?.topicId ?? UNKNOWN_TOPIC_ID;
  }

  topicName(topicId: string): string | undefined {
    return this.#topics.byId(topicId)?.name;
  }
}
