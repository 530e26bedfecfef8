import type { Clock } from '../base/clock.ts';
import { type Random, randomUuid, uuidToString } from '../base/random.ts';
import { Turns } from '../base/turns.ts';
import {
  addPartitions,
  type ConfigRow,
  configRows,
  createTopic,
  deleteTopic,
  removeConfig,
  setConfig,
  topicRows,
} from '../metadata/topics.ts';
import type { SqlEngine, SqlStatement } from '../metadata/types.ts';
import { ALL_BROKERS, type BrokerConfigs, type DescribedConfig } from './catalog-brokers.ts';
import { describeTopicConfigs } from './catalog-describe.ts';
import { CatalogError } from './catalog-errors.ts';
import { groupResource } from './group-configs.ts';
import { metricsResource } from './metrics-configs.ts';
import { NamedConfigs } from './named-configs.ts';
import { checkTopicName, isInternalName } from './catalog-names.ts';
import { type Topic, TopicIndex } from './catalog-topics.ts';
import {
  contradiction,
  forbiddenChange,
  type SearchConfig,
  topicConfig,
  topicConfigValue,
  toLogConfig,
  toSearchConfig,
} from './topic-configs.ts';
import { applyChanges, type ConfigChange, newOverrides } from './topic-configs-changes.ts';
import type { Log, LogConfig, TopicSpec } from './types.ts';

/** A topic to create. */
export interface NewTopic {
  readonly name: string;
  /** At least 1; the caller has put the broker's default for -1. */
  readonly partitions: number;
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

/** What the catalog tells the log. */
export type CatalogLog = Pick<Log, 'createTopic' | 'addPartitions' | 'configureTopic' | 'deleteTopic'>;

/** What the catalog needs. */
export interface CatalogPorts {
  readonly sql: SqlEngine;
  /** Told of changes only: it is opened with `specs`, before the first change. */
  readonly log: CatalogLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly brokers: BrokerConfigs;
}

type Values = ReadonlyMap<string, string>;
type Listener = (topic: Topic) => void;

/**
 * The topics and configs of this broker: in memory for every reader, in SQL for the next start. A change is durable in SQL before
 * the log hears of it and before the promise resolves; changes run one after another. Throws and rejects with CatalogError; when
 * the store fails, with the store's error, and nothing has changed.
 */
export class TopicCatalog {
  readonly brokers: BrokerConfigs;
  /** Configs of groups, and subscriptions to clients' metrics. */
  readonly groups: NamedConfigs;
  readonly subscriptions: NamedConfigs;
  readonly #ports: CatalogPorts;
  readonly #topics = new TopicIndex();
  readonly #deleted = new Set<Listener>();
  readonly #configured = new Set<Listener>();
  readonly #turns = new Turns();

  private constructor(ports: CatalogPorts, rows: readonly ConfigRow[]) {
    this.#ports = ports;
    this.brokers = ports.brokers;
    const of = (type: ConfigRow['resourceType']) => rows.filter(({ resourceType }) => resourceType === type);
    this.groups = new NamedConfigs(groupResource, ports.sql, ports.brokers, of('group'));
    this.subscriptions = new NamedConfigs(metricsResource, ports.sql, ports.brokers, of('client-metrics'));
  }

  /** Reads topics and configs from SQL. The log is opened with `specs` and told of changes only. */
  static async open(ports: CatalogPorts): Promise<TopicCatalog> {
    const rows = await configRows(ports.sql);
    const catalog = new TopicCatalog(ports, rows);
    const values = groupConfigs(rows);
    for (const resource of [ALL_BROKERS, String(ports.brokers.nodeId)]) {
      ports.brokers.setDynamicValues(resource, values('broker', resource));
    }
    for (const row of await topicRows(ports.sql)) {
      catalog.#topics.put({ ...row, overrides: values('topic', row.topicId) });
    }
    return catalog;
  }

  byName(name: string): Topic | undefined {
    return this.#topics.byName(name);
  }

  byId(topicId: string): Topic | undefined {
    return this.#topics.byId(topicId);
  }

  /** All topics by name. */
  all(): readonly Topic[] {
    return this.#topics.all();
  }

  /** Another number after every change of any topic. */
  version(): number {
    return this.#topics.version;
  }

  /** All topics as the log opens them. */
  specs(): TopicSpec[] {
    return this.all().map((topic) => this.#specOf(topic));
  }

  /** Calls `listener` after a topic was deleted, until the returned function is called. */
  onDelete(listener: Listener): () => void {
    this.#deleted.add(listener);
    return () => void this.#deleted.delete(listener);
  }

  /** Calls `listener` after a topic came, or its configs or partitions changed, until the returned function is called. */
  onConfigure(listener: Listener): () => void {
    this.#configured.add(listener);
    return () => void this.#configured.delete(listener);
  }

  /** Whether the topic is searched and a table, by its own configs and the broker's. */
  searchConfig(topic: Topic): SearchConfig {
    return toSearchConfig(topic.overrides, this.brokers.values);
  }

  /** Every config of a topic with its origin. */
  describe(topic: Pick<Topic, 'overrides'>): DescribedConfig[] {
    return describeTopicConfigs(topic.overrides, this.brokers);
  }

  /** What the topic would be; throws CatalogError where it cannot be created. */
  checkNew(topic: NewTopic): Topic {
    const { name, partitions } = topic;
    if (this.byName(name) !== undefined || isInternalName(name)) {
      throw new CatalogError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`);
    }
    checkTopicName(name);
    const other = this.#topics.colliding(name);
    if (other !== undefined) {
      throw new CatalogError('INVALID_TOPIC_EXCEPTION', `Topic '${name}' collides with existing topic: ${other}`);
    }
    if (!Number.isInteger(partitions) || partitions < 1) {
      throw new CatalogError('INVALID_PARTITIONS', 'Number of partitions was set to an invalid non-positive value.');
    }
    const overrides = newOverrides(topic.configs);
    this.#checkContradiction(overrides);
    const topicId = uuidToString(randomUuid(this.#ports.random));
    return { name, topicId, partitions, created: this.#ports.clock.now(), overrides };
  }

  /** Creates a topic. */
  create(topic: NewTopic): Promise<Topic> {
    return this.#turns.run(async () => {
      const created = this.checkNew(topic);
      await this.#ports.sql.transaction(
        createTopic(created, configRowsOf('topic', created.topicId, created.overrides)),
      );
      this.#begin(created);
      return created;
    });
  }

  /** Deletes a topic with everything that is known of it. Rejects with UNKNOWN_TOPIC_ID when it is gone. */
  delete(topicId: string): Promise<Topic> {
    return this.#turns.run(async () => {
      const topic = this.byId(topicId);
      if (topic === undefined) throw new CatalogError('UNKNOWN_TOPIC_ID', 'This broker has no topic of this id.');
      await this.#ports.sql.transaction(deleteTopic(this.#ports.sql, topicId, this.#ports.clock.now()));
      this.#topics.remove(topic);
      this.#ports.log.deleteTopic(topicId);
      for (const listener of this.#deleted) listener(topic);
      return topic;
    });
  }

  /** Throws CatalogError where the topic cannot have `total` partitions. */
  checkPartitions(name: string, total: number): Topic {
    const topic = this.#known(name);
    if (total === topic.partitions) {
      throw new CatalogError('INVALID_PARTITIONS', `Topic already has ${total} partition(s).`);
    }
    if (total < topic.partitions) {
      const has = `The topic ${name} currently has ${topic.partitions} partition(s)`;
      throw new CatalogError('INVALID_PARTITIONS', `${has}; ${total} would not be an increase.`);
    }
    return topic;
  }

  /** Raises the number of partitions to `total`. */
  addPartitions(name: string, total: number): Promise<Topic> {
    return this.#turns.run(async () => {
      const topic = this.checkPartitions(name, total);
      await this.#ports.sql.transaction([addPartitions(topic.topicId, total)]);
      const grown = { ...topic, partitions: total };
      this.#ports.log.addPartitions(topic.topicId, total);
      this.#replace(grown);
      return grown;
    });
  }

  /** Changes configs of a topic, all or none; with `validateOnly` only says whether it could. */
  alterTopic(name: string, changes: readonly ConfigChange[], validateOnly = false): Promise<void> {
    return this.#turns.run(async () => {
      checkTopicName(name);
      const topic = this.#known(name);
      const overrides = applyChanges(topic.overrides, changes, {
        kindOf: (config) => topicConfig(config)?.kind,
        valueOf: (config) => topicConfigValue(config, topic.overrides, this.brokers.values),
      });
      this.#checkContradiction(overrides);
      this.#checkChange(topic.overrides, overrides);
      if (validateOnly) return;
      await this.#store('topic', topic.topicId, topic.overrides, overrides);
      const changed = { ...topic, overrides };
      this.#ports.log.configureTopic(topic.topicId, this.logConfig(changed));
      this.#replace(changed);
    });
  }

  /** Changes dynamic configs of this broker (its id as text) or of all (`ALL_BROKERS`), and with them what topics inherit. */
  alterBroker(resource: string, changes: readonly ConfigChange[], validateOnly = false): Promise<void> {
    return this.#turns.run(async () => {
      this.brokers.checkResource(resource);
      const old = this.brokers.dynamicValues(resource);
      const values = applyChanges(old, changes, {
        kindOf: (name) => this.brokers.changeable(name, resource),
        valueOf: (name) => this.brokers.valueOf(name),
        invalid: 'INVALID_REQUEST',
      });
      this.brokers.checkCount(values);
      if (validateOnly) return;
      await this.#store('broker', resource, old, values);
      this.brokers.setDynamicValues(resource, values);
      for (const topic of this.all()) {
        this.#ports.log.configureTopic(topic.topicId, this.logConfig(topic));
        this.#notifyConfigured(topic);
      }
    });
  }

  #known(name: string): Topic {
    const topic = this.byName(name);
    if (topic !== undefined) return topic;
    throw new CatalogError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`);
  }

  /** What its configs mean to the topic's log. */
  logConfig(topic: Topic): LogConfig {
    return toLogConfig(topic.overrides, this.brokers.values);
  }

  #checkContradiction(overrides: Values): void {
    const wrong = contradiction((name) => topicConfigValue(name, overrides, this.brokers.values));
    if (wrong !== undefined) throw new CatalogError('INVALID_CONFIG', wrong);
  }

  #checkChange(from: Values, to: Values): void {
    const valueOf = (overrides: Values) => (name: string) => topicConfigValue(name, overrides, this.brokers.values);
    const wrong = forbiddenChange(valueOf(from), valueOf(to));
    if (wrong !== undefined) throw new CatalogError('INVALID_CONFIG', wrong);
  }

  async #store(type: ConfigRow['resourceType'], resource: string, old: Values, values: Values): Promise<void> {
    const changed = new Map([...values].filter(([name, value]) => old.get(name) !== value));
    const statements: SqlStatement[] = configRowsOf(type, resource, changed).map(setConfig);
    for (const name of old.keys()) {
      if (!values.has(name)) statements.push(removeConfig({ resourceType: type, resourceName: resource, name }));
    }
    if (statements.length > 0) await this.#ports.sql.transaction(statements);
  }

  /** A topic that is durable in SQL begins to exist. */
  #begin(topic: Topic): void {
    this.#ports.log.createTopic(this.#specOf(topic));
    this.#replace(topic);
  }

  #specOf(topic: Topic): TopicSpec {
    const { name, topicId, partitions } = topic;
    return { name, topicId, partitions, config: this.logConfig(topic) };
  }

  #replace(topic: Topic): void {
    this.#topics.put(topic);
    this.#notifyConfigured(topic);
  }

  #notifyConfigured(topic: Topic): void {
    for (const listener of this.#configured) listener(topic);
  }
}

function configRowsOf(type: ConfigRow['resourceType'], resource: string, values: Values): ConfigRow[] {
  return [...values].map(([name, value]) => ({ resourceType: type, resourceName: resource, name, value }));
}

function groupConfigs(rows: readonly ConfigRow[]): (type: ConfigRow['resourceType'], name: string) => Values {
  const groups = new Map<string, Map<string, string>>();
  for (const row of rows) {
    const key = `${row.resourceType}/${row.resourceName}`;
    const group = groups.get(key) ?? new Map<string, string>();
    group.set(row.name, row.value ?? '');
    groups.set(key, group);
  }
  return (type, name) => groups.get(`${type}/${name}`) ?? new Map();
}
