import { type LogLevel, type LogLevels, ROOT_LOGGER } from '../../base/log-levels.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import type { DescribedConfig } from '../../log/catalog-brokers.ts';
import { CatalogError } from '../../log/catalog-errors.ts';
import { checkTopicName } from '../../log/catalog-names.ts';
import type { NamedConfigs } from '../../log/named-configs.ts';
import type { ConfigChange } from '../../log/topic-configs-changes.ts';
import { repeated } from './catalog-outcome.ts';
import { resourceType } from './config-codes.ts';

/** One kind of resource that has configs. Its functions throw or reject with CatalogError. */
export interface ConfigResource {
  /** The resources there are, for ListConfigResources. */
  names(): readonly string[];
  describe(name: string): readonly DescribedConfig[];
  /** The names of configs that are set on a resource: AlterConfigs replaces them. */
  current(name: string): Iterable<string>;
  alter(name: string, changes: readonly ConfigChange[], validateOnly: boolean): Promise<void>;
  /** Whether AlterConfigs, which replaces everything, is known for it. */
  readonly replaceable: boolean;
}

/** All kinds, by the code of the protocol. */
export type ConfigResources = ReadonlyMap<number, ConfigResource>;

export function configResources(catalog: TopicCatalog, levels: LogLevels): ConfigResources {
  return new Map([
    [resourceType.TOPIC, topics(catalog)],
    [resourceType.BROKER, brokers(catalog)],
    [resourceType.BROKER_LOGGER, loggers(catalog, levels)],
    [resourceType.CLIENT_METRICS, named(catalog.subscriptions)],
    [resourceType.GROUP, named(catalog.groups)],
  ]);
}

function topics(catalog: TopicCatalog): ConfigResource {
  return {
    replaceable: true,
    names: () => catalog.all().map(({ name }) => name),
    describe(name) {
      checkTopicName(name);
      const topic = catalog.byName(name);
      if (topic === undefined) throw new CatalogError('UNKNOWN_TOPIC_OR_PARTITION', '');
      return catalog.describe(topic);
    },
    current: (name) => catalog.byName(name)?.overrides.keys() ?? [],
    async alter(name, changes, validateOnly) {
      if (name === '') throw new CatalogError('INVALID_REQUEST', 'Default topic resources are not allowed.');
      await catalog.alterTopic(name, changes, validateOnly);
    },
  };
}

function brokers(catalog: TopicCatalog): ConfigResource {
  return {
    replaceable: true,
    names: () => [String(catalog.brokers.nodeId)],
    describe: (name) => catalog.brokers.describe(name),
    current: (name) => catalog.brokers.dynamicValues(name).keys(),
    alter: (name, changes, validateOnly) => catalog.alterBroker(name, changes, validateOnly),
  };
}

function named(configs: NamedConfigs): ConfigResource {
  return {
    replaceable: true,
    names: () => configs.names(),
    describe: (name) => configs.describe(name),
    current: (name) => configs.overrides(name).keys(),
    alter: (name, changes, validateOnly) => configs.alter(name, changes, validateOnly),
  };
}

/** Kafka's names of levels (KIP-412). */
const LEVELS: Readonly<Record<string, LogLevel>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
  FATAL: 'fatal',
};
const LEVEL_NAMES: ReadonlyMap<LogLevel, string> = new Map([
  ...Object.entries(LEVELS).map(([name, level]) => [level, name] as const),
  ['silent', 'OFF'],
]);

/** The loggers of this broker: they change at once, and are what the settings say again after a restart, as in Apache Kafka. */
function loggers(catalog: TopicCatalog, levels: LogLevels): ConfigResource {
  const { nodeId } = catalog.brokers;
  const checkName = (name: string): void => {
    if (name === String(nodeId)) return;
    throw new CatalogError('INVALID_REQUEST', `The loggers are those of broker ${nodeId}, not of '${name}'.`);
  };
  return {
    replaceable: false,
    names: () => [String(nodeId)],
    describe(name) {
      checkName(name);
      return [...levels.all()].map(([logger, level]) => describedLogger(logger, LEVEL_NAMES.get(level) ?? level));
    },
    current: () => [],
    alter(name, changes, validateOnly) {
      checkName(name);
      if (repeated(changes.map((change) => change.name)).size > 0)
        throw new CatalogError('INVALID_REQUEST', 'Error due to duplicate config keys');
      const wanted = changes.map((change) => [change.name, wantedLevel(change, levels)] as const);
      if (!validateOnly) for (const [logger, level] of wanted) levels.set(logger, level);
      return Promise.resolve();
    },
  };
}

function describedLogger(name: string, level: string): DescribedConfig {
  return {
    name,
    value: level,
    source: 'logger',
    type: 'unknown',
    readOnly: false,
    sensitive: false,
    synonyms: [],
    doc: '',
  };
}

/** The level that a change asks for; undefined to follow the root again. */
function wantedLevel(change: ConfigChange, levels: LogLevels): LogLevel | undefined {
  const { name, operation } = change;
  if (operation === 'append' || operation === 'subtract')
    throw new CatalogError('INVALID_REQUEST', `The level of a logger is no list: ${name}`);
  if (operation === 'set' && change.value === null)
    throw new CatalogError('INVALID_REQUEST', `Null value not supported for : ${name}`);
  if (!levels.all().has(name)) throw new CatalogError('INVALID_CONFIG', `Logger ${name} does not exist!`);
  if (operation === 'delete') {
    if (name === ROOT_LOGGER)
      throw new CatalogError('INVALID_REQUEST', 'The level of the root logger cannot be removed.');
    return undefined;
  }
  const level = LEVELS[change.value ?? ''];
  if (level === undefined)
    throw new CatalogError('INVALID_CONFIG', `${name} takes one of ${Object.keys(LEVELS).join(', ')}`);
  return level;
}
