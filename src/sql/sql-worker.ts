import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { present } from '../base/assert.ts';
import { Channel } from '../base/channel.ts';
import { systemClock } from '../base/clock.ts';
import { systemDisk } from '../base/disk-system.ts';
import { createMetrics, type Metrics } from '../base/metrics.ts';
import { threadMetrics } from '../base/process-metrics.ts';
import { systemRandom } from '../base/random.ts';
import type { RegistrySettings } from '../lake/values/schema-registry.ts';
import { QueryDatabase } from './database.ts';
import { QueryDatabases } from './databases.ts';
import { SqlError, SqlFailure } from './errors.ts';
import type { SqlAnswer, SqlHostCalls, SqlJob, SqlLakeOptions, SqlWorkerCalls, SqlWorkerOptions } from './messages.ts';
import { type QueryRun, runQuery } from './query-run.ts';
import type { RegistryValues } from './registry-values.ts';
import type { TablePlanner } from './table-planner.ts';

/** Memory of the database that only parses. */
const PARSER = { memoryBytes: 16 * 1024 * 1024, threads: 1 };

/** Runs queries of the host, each in a database of its own. */
function serve(port: MessagePort, { lake }: SqlWorkerOptions): void {
  const metrics = createMetrics();
  threadMetrics(metrics, 'sql');
  const onRead = countReads(metrics);
  const parser = QueryDatabase.open(PARSER);
  const databases = new QueryDatabases();
  const planner = lake === undefined ? undefined : lazyPlanner(lake, metrics);
  const values = lake?.registry === undefined ? undefined : lazyValues(lake.registry, metrics);
  const stopping = new AbortController();
  const running = new Set<Promise<SqlAnswer>>();
  const channel: Channel<SqlHostCalls> = new Channel<SqlHostCalls>(port, {
    query: async (job: SqlJob, signal: AbortSignal) => {
      const until = AbortSignal.any([signal, stopping.signal]);
      const query = parser.then((opened) => {
        until.throwIfAborted();
        const host = hostOf(channel, job.id);
        const own = { job, host, signal: until };
        return runQuery({ ...own, parser: opened, databases, planner, values, clock: systemClock, onRead });
      });
      running.add(query);
      try {
        return await query;
      } catch (error) {
        // Of an error only name and message cross threads.
        throw error instanceof SqlError ? new SqlFailure(error) : error;
      } finally {
        running.delete(query);
      }
    },
    async stop() {
      stopping.abort();
      await Promise.allSettled(running);
      await databases.close();
      (await parser).close();
    },
    metrics: () => metrics.snapshot(),
  } satisfies Record<keyof SqlWorkerCalls, unknown>);
}

function hostOf(channel: Channel<SqlHostCalls>, id: number): QueryRun['host'] {
  return {
    list: () => channel.call('list', id),
    resolve: (tables) => channel.call('resolve', { id, tables }),
    ranges: (topic, from) => channel.call('ranges', { id, topic, from }),
    read: (topic, range) => channel.call('read', { id, topic, ...range }),
  };
}

/** Opened by the first query over a topic that has a table, and again after it could not be. */
function lazyPlanner(lake: SqlLakeOptions, metrics: Metrics): () => Promise<TablePlanner> {
  let opening: Promise<TablePlanner> | undefined;
  let opened: TablePlanner | undefined;
  metrics.gaugeFrom('quarry_sql_cache_bytes', 'Bytes of table files kept on the local disk for queries.', () =>
    opened === undefined ? 0 : opened.cacheBytes,
  );
  return async () => {
    opening ??= openPlanner(lake, metrics);
    try {
      opened = await opening;
      return opened;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
}

async function openPlanner(lake: SqlLakeOptions, metrics: Metrics): Promise<TablePlanner> {
  const planner = await import('./table-planner.ts');
  return planner.TablePlanner.open(lake, { clock: systemClock, random: systemRandom, disk: systemDisk, metrics });
}

/** Loaded by the first query that reads framed values. */
function lazyValues(registry: RegistrySettings, metrics: Metrics): () => Promise<RegistryValues> {
  const help = 'Times that a query went on without schemas, because the registry did not answer.';
  const failures = metrics.counter('quarry_sql_registry_failures_total', help);
  let loaded: Promise<RegistryValues> | undefined;
  return () => {
    loaded ??= import('./registry-values.ts').then((module) =>
      module.RegistryValues.of(registry, systemClock, failures),
    );
    return loaded;
  };
}

function countReads(metrics: Metrics): QueryRun['onRead'] {
  const files = 'Files of tables that queries read, or left out by their bounds.';
  const read = metrics.counter('quarry_sql_files_total', files, { outcome: 'read' });
  const left = metrics.counter('quarry_sql_files_total', files, { outcome: 'pruned' });
  const fetched = metrics.counter('quarry_sql_fetched_bytes_total', 'Bytes of table files fetched for queries.');
  const rows = metrics.counter('quarry_sql_log_rows_total', 'Rows that queries took from the log.');
  return (one) => {
    read.inc(one.files);
    left.inc(one.pruned);
    fetched.inc(one.fetchedBytes);
    rows.inc(one.logRows);
  };
}

serve(present(parentPort, 'parent port'), workerData as SqlWorkerOptions);
