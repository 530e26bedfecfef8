import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type Api,
} from '../../../../protocol/schema/index.ts';
import * as messages from '../../../../protocol/messages/index.ts';
import { ManualClock } from '../../../../simulation/groups-clock.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { createMetrics } from '../../../../src/base/metrics.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { GroupCoordinator } from '../../../../src/coordination/coordinator.ts';
import type { GroupTopic } from '../../../../src/coordination/types.ts';
import { MemoryBudget } from '../../../../src/kafka/budget.ts';
import { FeatureLevels } from '../../../../src/kafka/features.ts';
import type { Handler } from '../../../../src/kafka/handler.ts';
import { groupHandlers } from '../../../../src/kafka/handlers/groups.ts';
import { shareHandlers } from '../../../../src/kafka/handlers/share.ts';
import type { Log } from '../../../../src/log/types.ts';
import { openMetadata } from '../../../../src/metadata/open.ts';
import type { SqlEngine } from '../../../../src/metadata/types.ts';
import { ArrayPartition } from '../../kafka/array-log.ts';
import { requestContext } from '../../kafka/call.ts';
import { quotasOf } from '../../kafka/quotas/quota-world.ts';
import { scriptSettings, settle, settleUntil } from '../script/memory-driver.ts';
import type { Answer } from './answers.ts';
import type { ShareDriver } from './run-script.ts';

const UNKNOWN_TOPIC_ID = 'bm9uZW5vbmVub25lbm9uZQ';

interface ScriptTopic extends GroupTopic {
  readonly logs: readonly ArrayPartition[];
}

/** What the actor's connection is to a handler. */
interface Connection {
  readonly id: number;
  readonly abort: AbortController;
}

/** Our handlers and coordinator in this process, over a log in arrays, on a clock that only scripts move. */
export class ShareMemoryDriver implements ShareDriver {
  readonly groupPrefix = '';
  /** Much later than the records, which are as old for Kafka. */
  readonly clock = new ManualClock(1_800_000_000_000);
  readonly #sql: SqlEngine;
  readonly #topics = new Map<string, ScriptTopic>();
  readonly #overrides = new Map<string, Map<string, string>>();
  readonly #connections = new Map<string, Connection>();
  readonly #random = seededRandom(1);
  #changes = 0;
  #connectionId = 0;
  #coordinator: GroupCoordinator | undefined;
  #handlers = new Map<number, Handler>();

  static async open(): Promise<ShareMemoryDriver> {
    const driver = new ShareMemoryDriver(await openMetadata('memory:'));
    await driver.#start();
    return driver;
  }

  private constructor(sql: SqlEngine) {
    this.#sql = sql;
  }

  async #start(): Promise<void> {
    const { clock } = this;
    const logger = silentLogger;
    const byId = (topicId: string) => [...this.#topics.values()].find((topic) => topic.topicId === topicId);
    const topics = {
      byName: (name: string) => this.#topics.get(name),
      byId,
      all: () => [...this.#topics.values()],
      version: () => this.#changes,
    };
    const log = {
      partitionById: (topicId: string, partition: number) => byId(topicId)?.logs[partition],
      beginRead: () => ({ end() {}, hold() {}, take: (size: number) => new Uint8Array(size) }),
    } as unknown as Log;
    const coordinator = await GroupCoordinator.open({
      sql: this.#sql,
      clock,
      random: this.#random,
      logger,
      metrics: createMetrics(),
      settings: scriptSettings,
      topics,
      log,
      overrides: (groupId) => this.#overrides.get(groupId) ?? new Map(),
      mayDescribe: () => true,
    });
    coordinator.start();
    this.#coordinator = coordinator;
    const features = await FeatureLevels.open(this.#sql);
    const memory = new MemoryBudget(-1);
    const { share } = coordinator;
    const handlers = [
      ...groupHandlers({ coordinator, topics, features, nodeId: 1, createInternalTopics: () => Promise.resolve('') }),
      ...shareHandlers({
        share,
        topics,
        log,
        memory,
        clock,
        logger,
        fetchMaxBytes: 50_000_000,
        features,
        quotas: quotasOf(),
      }),
    ];
    this.#handlers = new Map(handlers.map((handler) => [handler.api.key, handler]));
  }

  createTopic(name: string, partitions: number): Promise<void> {
    const topicId = Buffer.alloc(16, `topic-${name}-${++this.#changes}`).toString('base64url');
    const logs = Array.from({ length: partitions }, (_, partition) => new ArrayPartition(name, topicId, partition));
    this.#topics.set(name, { name, topicId, partitions, logs });
    return Promise.resolve();
  }

  async deleteTopic(name: string): Promise<void> {
    this.#topics.delete(name);
    this.#changes++;
    this.#coordinator?.forgetTopics((topicId) => [...this.#topics.values()].some((topic) => topic.topicId === topicId));
    await settle();
  }

  topicName(name: string): string {
    return name;
  }

  topicId(name: string): string {
    return this.#topics.get(name)?.topicId ?? UNKNOWN_TOPIC_ID;
  }

  /** Requests and responses go through their wire form. What is not about groups happens in the log and the configs at once. */
  async send(actor: string, api: Api, version: number, message: object): Promise<Answer> {
    const request = decodeRequest(api, version, Buffer.concat(encodeRequest(api, version, message))) as Answer;
    if (api.key === messages.produceApi.key) return this.#produce(request);
    if (api.key === messages.deleteRecordsApi.key) return this.#deleteRecords(request);
    if (api.key === messages.incrementalAlterConfigsApi.key) return this.#configure(request);
    const connection = this.#connection(actor);
    const response = await this.#handlers.get(api.key)?.handle(
      request,
      requestContext({
        apiVersion: version,
        clientId: actor,
        connectionId: connection.id,
        signal: connection.abort.signal,
      }),
    );
    if (connection.abort.signal.aborted) return undefined;
    return decodeResponse(api, version, Buffer.concat(encodeResponse(api, version, response as object)));
  }

  #connection(actor: string): Connection {
    const known = this.#connections.get(actor);
    if (known !== undefined) return known;
    const connection = { id: ++this.#connectionId, abort: new AbortController() };
    this.#connections.set(actor, connection);
    return connection;
  }

  #produce({ topicData: [topic] }: Answer): Answer {
    const [{ index, records }] = topic.partitionData;
    const { baseOffset } = this.#topics.get(topic.name)!.logs[index]!.append(new Uint8Array(records));
    return { responses: [{ partitionResponses: [{ errorCode: 0, baseOffset }] }] };
  }

  async #deleteRecords({ topics: [topic] }: Answer): Promise<Answer> {
    const [{ partitionIndex, offset }] = topic.partitions;
    const lowWatermark = await this.#topics.get(topic.name)!.logs[partitionIndex]!.deleteRecordsBefore(offset);
    return { topics: [{ partitions: [{ errorCode: 0, lowWatermark }] }] };
  }

  #configure({ resources: [resource] }: Answer): Answer {
    const values = new Map(this.#overrides.get(resource.resourceName));
    for (const { name, value } of resource.configs) values.set(name, value);
    this.#overrides.set(resource.resourceName, values);
    return { responses: [{ errorCode: 0 }] };
  }

  settle(): Promise<void> {
    return settleUntil(this.clock, this.clock.now());
  }

  advance(ms: number): Promise<void> {
    return settleUntil(this.clock, this.clock.now() + ms);
  }

  async disconnect(actor: string): Promise<void> {
    this.#connections.get(actor)?.abort.abort();
    this.#connections.delete(actor);
    await settle();
  }

  /** As after kill -9: nothing is closed in order, and what was not written is gone. */
  async restart(): Promise<void> {
    this.#connections.clear();
    await this.#start();
  }
}
