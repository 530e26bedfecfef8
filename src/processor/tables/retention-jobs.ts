import type { Logger } from '../../base/logger.ts';
import { tableLocks, UPKEEP_RETRY } from '../jobs/kinds.ts';
import type { JobKind } from '../jobs/types.ts';
import type { TableService } from './service.ts';
import type { TableTrim } from './types.ts';

export interface TableRetentionParts {
  readonly tables: Pick<TableService, 'trim'>;
  /** The topics that there are. */
  readonly topicIds: () => readonly string[];
  /** What of a topic's table is to go now, if it has one; undefined for a topic that is gone, or of which nothing goes. */
  readonly going: (topicId: string) => TableTrim | undefined;
  readonly intervalMs: number;
  readonly logger: Logger;
}

/** Takes rows out of tables that were deleted from the log by request, or are older than their topic's setting. Without a key: hands in a job for each table. */
export function tableRetentionJob({ tables, topicIds, going, intervalMs, logger }: TableRetentionParts): JobKind {
  // What a table has done it need not be asked about again; a restart asks each once.
  const done = new Map<string, string>();
  const offsetsOf = ({ below }: TableTrim): string => JSON.stringify([...below]);
  return {
    name: 'table-retention',
    summary:
      'Lets rows of a table go that were deleted from the log by request or are too old; its key is the id of the topic, without one all.',
    area: 'compaction',
    priority: 15,
    concurrency: 1,
    retry: UPKEEP_RETRY,
    everyMs: () => intervalMs,
    locks: tableLocks,
    async run(topicId, { submit, forced }) {
      if (topicId === '') {
        for (const one of topicIds()) {
          const task = going(one);
          if (task === undefined) continue;
          if (forced || task.olderThan !== undefined || done.get(one) !== offsetsOf(task))
            submit('table-retention', one);
        }
        return;
      }
      const task = going(topicId);
      if (task === undefined) return void done.delete(topicId);
      const report = await tables.trim(task);
      done.set(topicId, offsetsOf(task));
      if (report !== undefined && report.rows > 0)
        logger.info({ topic: task.name, topicId, ...report }, 'rows of a table were let go');
    },
  };
}

export interface TableDropParts {
  readonly tables: Pick<TableService, 'drop'>;
  /** Deleted topics whose tables may still be there. */
  readonly dropped: {
    list(): Promise<readonly { readonly topicId: string; readonly name: string }[]>;
    forget(topicId: string): Promise<void>;
  };
  readonly intervalMs: number;
}

/** Drops the tables of topics that were deleted, whatever became of the process that deleted them. */
export function tableDropJob({ tables, dropped, intervalMs }: TableDropParts): JobKind {
  return {
    name: 'table-drop',
    summary: 'Drops the tables of deleted topics.',
    area: 'system',
    priority: 20,
    concurrency: 1,
    retry: UPKEEP_RETRY,
    everyMs: () => intervalMs,
    async run(_key, { signal }) {
      for (const topic of await dropped.list()) {
        signal.throwIfAborted();
        await tables.drop(topic);
        await dropped.forget(topic.topicId);
      }
    },
  };
}
