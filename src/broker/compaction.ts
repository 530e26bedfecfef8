import { Compaction } from '../processor/compaction/compaction.ts';
import { Compactor } from '../processor/compaction/compactor.ts';
import { ThreadedCompacting } from '../processor/compaction/thread.ts';
import type { Merging } from '../processor/merging/types.ts';
import type { Erasing } from '../processor/erasure/types.ts';
import { type BrokerParts, MAX_BATCH_BYTES } from './parts.ts';
import { retryPolicy, type Storage } from './storage.ts';
import type { Topics } from './topics.ts';

/** Makes compaction, with the metrics of its thread; nothing runs before it is started. */
export function openCompaction(
  parts: BrokerParts,
  storage: Storage,
  { catalog, log }: Topics,
  uploads: Set<string>,
): { compaction: Compaction; erasing: Erasing; merging: Merging; workerMetrics: () => Promise<object[]> } {
  const { settings, clock, metrics, inMemory } = parts;
  const logger = parts.logger.child('compaction');
  const options = {
    temporaryFolder: `${storage.locations.temporary}/compaction`,
    indexBasePath: settings['processor.index.base.path'],
    decompressedLimitBytes: MAX_BATCH_BYTES,
  };
  const thread = new ThreadedCompacting(
    {
      ...options,
      objectsUrl: storage.locations.objects,
      retry: retryPolicy(settings),
      logLevels: parts.logger.levels.shared,
    },
    clock,
  );
  const compacting = inMemory
    ? new Compactor({ ...parts, ...options, store: storage.store, logger, uploadFiles: false })
    : thread;
  const compaction = new Compaction({
    partitions: () => log.compactedPartitions(),
    searched(topicId) {
      const topic = catalog.byId(topicId);
      return topic !== undefined && catalog.searchConfig(topic).search;
    },
    compacting,
    sql: storage.sql,
    clock,
    logger,
    metrics,
    settings: {
      get keyBytes() {
        return settings['log.cleaner.dedupe.buffer.size'];
      },
      get maxBytesPerSecond() {
        return settings['log.cleaner.io.max.bytes.per.second'];
      },
    },
    uploads,
  });
  return { compaction, erasing: compacting, merging: compacting, workerMetrics: () => thread.metrics() };
}
