import { SqlService, type SqlTables } from '../sql/service.ts';
import { type BrokerParts, MAX_BATCH_BYTES } from './parts.ts';
import { IN_MEMORY, retryPolicy, type Storage } from './storage.ts';
import { baseUriOf, registrySettings } from './lake.ts';
import { goneBelow } from './table-retention.ts';
import type { Topics } from './topics.ts';

/** Queries over topics; nothing is loaded before the first. */
export function openSql(parts: BrokerParts, storage: Storage, topics: Topics): SqlService {
  const { settings, clock, metrics } = parts;
  const tables = tablesOf(parts, storage, topics);
  return new SqlService({
    log: topics.log,
    ...(tables !== undefined && { tables }),
    clock,
    metrics,
    settings: {
      timeoutMs: settings['sql.timeout.ms'],
      maxQueries: settings['sql.max.queries'],
      memoryBytes: settings['sql.memory.bytes'],
      threads: settings['sql.threads'],
      maxRows: settings['sql.max.rows'],
      maxAnswerBytes: settings['sql.max.answer.bytes'],
      maxBatchBytes: MAX_BATCH_BYTES,
    },
  });
}

/** Undefined where tables are in the memory of one thread. */
function tablesOf({ settings, inMemory }: BrokerParts, { locations }: Storage, topics: Topics): SqlTables | undefined {
  if (inMemory || locations.catalog === IN_MEMORY || locations.objects === IN_MEMORY) return undefined;
  return {
    lake: {
      catalogUrl: locations.catalog,
      objectsUrl: locations.objects,
      baseUri: baseUriOf(locations.objects),
      retry: retryPolicy(settings),
      cacheFolder: `${locations.cache}/sql`,
      cacheBytes: settings['sql.cache.bytes'],
      registry: registrySettings(settings),
    },
    has(topicId) {
      const topic = topics.catalog.byId(topicId);
      return topic !== undefined && topics.catalog.searchConfig(topic).table;
    },
    goneBelow: (topicId) => goneBelow(topics, topicId),
  };
}
