import { type MergeJobParts, type MergeSettings, tableExpiryJob, tableMergeJob } from '../processor/merging/jobs.ts';
import type { Scheduler } from '../processor/jobs/scheduler.ts';
import type { TableService } from '../processor/tables/service.ts';
import type { BrokerParts } from './parts.ts';
import type { Topics } from './topics.ts';

function mergeSettings({ settings }: BrokerParts): MergeSettings {
  return {
    minPieces: settings['merge.min.pieces'],
    targetBytes: settings['merge.target.bytes'],
    intervalMs: settings['merge.interval.ms'],
    concurrent: settings['merge.max.concurrent'],
    memoryBytes: settings['merge.memory.bytes'],
    maxBytesPerSecond: settings['merge.max.bytes.per.second'],
  };
}

/** Hands the scheduler all work that merges small files and segments, and that removes what is old of tables. */
export function defineMerging(
  jobs: Scheduler,
  parts: BrokerParts,
  { catalog }: Pick<Topics, 'catalog'>,
  { tables }: { readonly tables: TableService },
): void {
  const { settings, logger } = parts;
  const shared: MergeJobParts = {
    settings: mergeSettings(parts),
    policyOf(topicId) {
      const topic = catalog.byId(topicId);
      return topic === undefined ? undefined : catalog.searchConfig(topic).mergePolicy;
    },
    logger: logger.child('merging'),
  };
  jobs.define(tableMergeJob(shared, tables));
  const expiry = {
    retentionMs: settings['table.snapshot.retention.ms'],
    intervalMs: settings['table.expiry.interval.ms'],
  };
  jobs.define(tableExpiryJob(tables, expiry));
}
