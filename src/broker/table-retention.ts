import { DroppedTables } from '../metadata/dropped-tables.ts';
import type { Scheduler } from '../processor/jobs/scheduler.ts';
import { tableDropJob, tableRetentionJob } from '../processor/tables/retention-jobs.ts';
import type { TableService } from '../processor/tables/service.ts';
import type { BrokerParts } from './parts.ts';
import type { Storage } from './storage.ts';
import type { Topics } from './topics.ts';

/** Below which offsets, by partition, the table of a topic is to have no rows: those that somebody had deleted, or where it follows the log all that left it. */
export function goneBelow({ catalog, log }: Topics, topicId: string): ReadonlyMap<number, number> {
  const topic = catalog.byId(topicId);
  const follows = topic !== undefined && catalog.searchConfig(topic).tableRetention === 'log';
  const below = new Map<number, number>();
  for (const { partition, logStartOffset, deletedBelow } of log.partitionsOf(topicId)) {
    const end = follows ? logStartOffset : deletedBelow;
    if (end > 0) below.set(partition, end);
  }
  return below;
}

/** Hands the scheduler the work by which rows, and whole tables, go. */
export function defineTableRetention(
  jobs: Scheduler,
  { settings, clock, logger }: BrokerParts,
  { sql }: Storage,
  topics: Topics,
  tables: TableService,
): void {
  const { catalog } = topics;
  const intervalMs = settings['log.retention.check.interval.ms'];
  jobs.define(
    tableRetentionJob({
      tables,
      topicIds: () => catalog.all().map(({ topicId }) => topicId),
      going(topicId) {
        const topic = catalog.byId(topicId);
        if (topic === undefined) return undefined;
        const { tableRetention: age } = catalog.searchConfig(topic);
        const below = goneBelow(topics, topicId);
        const olderThan = typeof age === 'number' ? clock.now() - age : undefined;
        return below.size === 0 && olderThan === undefined
          ? undefined
          : { topicId, name: topic.name, below, olderThan };
      },
      intervalMs,
      logger: logger.child('tables'),
    }),
  );
  jobs.define(tableDropJob({ tables, dropped: new DroppedTables(sql), intervalMs }));
}
