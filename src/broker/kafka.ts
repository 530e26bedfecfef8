import type { Settings } from '../config/settings.ts';
import type { GroupCoordinator } from '../coordination/coordinator.ts';
import { MemoryBudget } from '../kafka/budget.ts';
import type { FeatureLevels } from '../kafka/features.ts';
import { aclHandlers } from '../kafka/handlers/acls.ts';
import { clientHandlers } from '../kafka/handlers/clients.ts';
import { clusterHandlers } from '../kafka/handlers/cluster.ts';
import { groupHandlers } from '../kafka/handlers/groups.ts';
import { createInternalTopics } from '../kafka/handlers/streams-topics.ts';
import type { Handler } from '../kafka/handler.ts';
import { quotaHandlers } from '../kafka/handlers/quotas.ts';
import { shareHandlers } from '../kafka/handlers/share.ts';
import { telemetryHandlers } from '../kafka/handlers/telemetry.ts';
import { topicHandlers } from '../kafka/handlers/topics.ts';
import { transactionHandlers } from '../kafka/handlers/transactions.ts';
import type { TransactionCoordinator } from '../coordination/transactions/coordinator.ts';
import type { ProducerIds } from '../coordination/transactions/producer-ids.ts';
import { kafkaHandlers } from '../kafka/registry.ts';
import { KafkaServer } from '../kafka/server.ts';
import type { NamedConfigs } from '../log/named-configs.ts';
import type { ClientDirectory } from '../security/client-directory.ts';
import type { BrokerParts } from './parts.ts';
import type { Quotas } from './quotas.ts';
import type { Rights } from './rights.ts';
import type { Storage } from './storage.ts';
import type { Topics } from './topics.ts';

function serverSettings(settings: Settings) {
  return {
    maxRequestBytes: settings['socket.request.max.bytes'],
    // In Kafka 0 is no limit either.
    queuedMaxRequestBytes: settings['queued.max.request.bytes'] === 0 ? -1 : settings['queued.max.request.bytes'],
    get maxConnections() {
      return settings['max.connections'];
    },
    get maxConnectionsPerIp() {
      return settings['max.connections.per.ip'];
    },
    maxIdleMs: settings['connections.max.idle.ms'],
  };
}

/** Bytes of answers on their way to clients, all together. */
const RESPONSE_MEMORY_BYTES = 128 * 1024 * 1024;

/** What the Kafka front door stands on. */
export interface KafkaEngines {
  readonly storage: Storage;
  readonly topics: Topics;
  readonly coordinator: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  readonly producerIds: ProducerIds;
  readonly rights: Rights;
  readonly quotas: Quotas;
  readonly directory: ClientDirectory;
  readonly features: FeatureLevels;
  readonly clusterId: string;
}

function topicHandlersOf(
  { settings, disk, logger }: BrokerParts,
  { storage, topics, quotas, clusterId }: KafkaEngines,
): Handler[] {
  const { catalog, log } = topics;
  const rack = settings['broker.rack'] === '' ? null : settings['broker.rack'];
  return topicHandlers({
    catalog,
    log,
    cluster: { clusterId, nodeId: settings['node.id'], rack },
    directory: {
      path: storage.locations.wal,
      space: () => Promise.resolve({ totalBytes: -1, usableBytes: disk.free(storage.locations.data) }),
    },
    levels: logger.levels,
    quotas: quotas.clients,
    autoCreate: settings['auto.create.topics.enable'],
    deleteEnabled: settings['delete.topic.enable'],
    defaultPartitions: settings['num.partitions'],
  });
}

/** The handlers of what clients push. */
function telemetryOf(
  { settings, clock, random, codecs, logger, metrics }: BrokerParts,
  configs: NamedConfigs,
): Handler[] {
  return telemetryHandlers({
    configs,
    metrics,
    maxSeries: settings['telemetry.max.series'],
    maxBytes: settings['telemetry.max.bytes'],
    clock,
    random,
    codecs,
    logger: logger.child('telemetry'),
  });
}

function handlersOfGroups({ coordinator, features, topics, quotas }: KafkaEngines, nodeId: number): Handler[] {
  const { catalog } = topics;
  return groupHandlers({
    coordinator,
    topics: catalog,
    features,
    createInternalTopics: (missing, context) =>
      createInternalTopics({ catalog, quotas: quotas.clients }, missing, context),
    nodeId,
  });
}

function shareHandlersOf(
  { settings, clock, logger }: BrokerParts,
  { topics, coordinator, quotas, features }: KafkaEngines,
  memory: MemoryBudget,
): Handler[] {
  return shareHandlers({
    share: coordinator.share,
    topics: topics.catalog,
    log: topics.log,
    memory,
    clock,
    logger: logger.child('kafka'),
    fetchMaxBytes: settings['fetch.max.bytes'],
    quotas: quotas.clients,
    features,
  });
}

/** The Kafka front door over the engines; not listening yet. */
export function kafkaServer(parts: BrokerParts, engines: KafkaEngines): KafkaServer {
  const { storage, transactions, producerIds, rights, quotas, features, directory } = engines;
  const { catalog, log } = engines.topics;
  const { settings, clock, random, metrics } = parts;
  const logger = parts.logger.child('kafka');
  const nodeId = settings['node.id'];
  const topics = topicHandlersOf(parts, engines);
  const groups = handlersOfGroups(engines, nodeId);
  const logDirectory = storage.locations.wal;
  const clusterWide = clusterHandlers({ catalog, log, nodeId, logDirectory, features, clock });
  const responseMemory = new MemoryBudget(RESPONSE_MEMORY_BYTES);
  const shared = shareHandlersOf(parts, engines, responseMemory);
  const handlers = kafkaHandlers(
    {
      log,
      producerIds,
      transactions,
      features,
      quotas: quotas.clients,
      clock,
      random,
      logger,
      metrics,
      responseMemory,
      fetchMaxBytes: settings['fetch.max.bytes'],
      fetchSessionSlots: settings['max.incremental.fetch.session.cache.slots'],
    },
    [
      ...groups,
      ...shared,
      ...topics,
      ...transactionHandlers({ transactions, topics: catalog, log, logger }),
      ...clusterWide,
      ...telemetryOf(parts, catalog.subscriptions),
      ...aclHandlers(rights.acls),
      ...quotaHandlers(quotas.store),
      ...clientHandlers(directory.scram, directory.tokens),
    ],
  );
  return new KafkaServer({
    authorizer: rights.authorizer,
    quotas: quotas.clients,
    handlers,
    settings: serverSettings(settings),
    responseMemory,
    clock,
    logger,
    metrics,
  });
}
