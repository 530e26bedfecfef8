import type { Topic } from '../log/catalog-topics.ts';
import { readCommitted } from '../log/committed-read.ts';
import { inlineTableEngine, startTableThread, type TableEngine } from '../processor/tables/engine.ts';
import { TableRegistration } from '../processor/tables/registration.ts';
import { TableService } from '../processor/tables/service.ts';
import { type TableHost, TABLES_PREFIX, tableFolder, type TableSinkSettings } from '../processor/tables/types.ts';
import { baseUriOf, catalogPool, registrySettings } from './lake.ts';
import { type BrokerParts, MAX_BATCH_BYTES } from './parts.ts';
import { retryPolicy, type Storage } from './storage.ts';
import type { Topics } from './topics.ts';

/** Bytes of the log read at once. */
const READ_BYTES = 1024 * 1024;

function sinkSettings({ settings }: BrokerParts): TableSinkSettings {
  return {
    memtableBytes: settings['memtable.max.bytes'],
    flushIntervalMs: settings['memtable.flush.interval.ms'],
    memoryBytes: settings['table.memory.bytes'],
    batchRecords: settings['processor.replay.batch.size'],
    maxReads: settings['table.max.concurrent.reads'],
    maxFlushes: settings['memtable.max.concurrent.flushes'],
    retryBaseMs: settings['table.retry.base.ms'],
    retryMaxMs: settings['table.retry.max.ms'],
    files: {
      compression: settings['table.file.compression'],
      maxRows: settings['table.file.max.rows'],
      maxBytes: settings['table.file.max.bytes'],
    },
    registry: registrySettings(settings),
    decompressedLimitBytes: MAX_BATCH_BYTES,
  };
}

function openEngine(
  parts: BrokerParts,
  { locations, store, lake }: Storage,
  host: TableHost,
  onFailure: (error: Error) => void,
): TableEngine {
  const { settings, disk, clock, random, codecs, metrics, inMemory } = parts;
  const shared = {
    baseUri: baseUriOf(locations.objects),
    settings: sinkSettings(parts),
    temporaryFolder: `${locations.temporary}/tables`,
  };
  if (!inMemory && locations.catalog !== 'memory:') {
    const retry = retryPolicy(settings);
    const options = {
      ...shared,
      catalogUrl: locations.catalog,
      pool: catalogPool(parts),
      objectsUrl: locations.objects,
      retry,
      logLevels: parts.logger.levels.shared,
    };
    return startTableThread(options, host, clock, onFailure);
  }
  const logger = parts.logger.child('tables');
  return inlineTableEngine(async () => {
    // Its libraries are loaded by who has a table.
    const { openTableSink } = await import('../processor/tables/open.ts');
    const catalog = await lake.catalog();
    const services = { disk, uploadFiles: !inMemory, codecs, clock, random, logger, metrics };
    return openTableSink({ ...shared, ...services, catalog, store, host });
  }, onFailure);
}

/** Makes the table sink; topics follow the catalog. Nothing of it runs before `start`, or without a topic that has a table. */
export async function openTables(
  parts: BrokerParts,
  storage: Storage,
  { catalog, log }: Topics,
  uploads: Set<string>,
): Promise<TableService> {
  const registration = new TableRegistration({ sql: storage.sql, clock: parts.clock, uploads });
  const ids = catalog.all().map(({ topicId }) => topicId);
  await registration.protect(TABLES_PREFIX, (key) => ids.some((topicId) => key.includes(`-${topicId}/`)));
  const host: TableHost = {
    readLog: (topicId, partition, offset) => readCommitted(log.partitionById(topicId, partition), offset, READ_BYTES),
    announce: (objectKey) => registration.announce(objectKey),
    settle: (files) => registration.settle(files),
    unsettled: (prefix) => registration.unsettled(prefix),
    discard: (objectKeys) => registration.discard(objectKeys),
    mergeProgress: async (topicId, bytes) => tables.mergeProgress(topicId, bytes),
  };
  const tables: TableService = new TableService({
    log,
    clock: parts.clock,
    logger: parts.logger.child('tables'),
    async hasTable({ topicId, name }) {
      for await (const _object of storage.store.list(`${tableFolder(topicId, name)}/`)) return true;
      return false;
    },
    open: () => openEngine(parts, storage, host, (error) => tables.failed(error)),
  });
  const configure = (topic: Topic): void => {
    const { topicId, name, partitions } = topic;
    const { table, columns, inferColumns: infer } = catalog.searchConfig(topic);
    tables.configure({ topicId, name, partitions, table, columns: { columns, infer } });
  };
  for (const topic of catalog.all()) configure(topic);
  catalog.onConfigure(configure);
  catalog.onDelete(({ topicId, name }) => tables.remove(topicId, name));
  return tables;
}
