import { Worker } from 'node:worker_threads';
import { type Clock, sleep } from '../base/clock.ts';
import { Channel, RemoteError } from '../base/channel.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Log } from '../log/types.ts';
import { SqlError, SqlFailure } from './errors.ts';
import { rangesOf, readPiece } from './log-reader.ts';
import type {
  ResolvedTopic,
  SqlAnswer,
  SqlFormat,
  SqlHostCalls,
  SqlLakeOptions,
  SqlLimits,
  SqlWorkerCalls,
  SqlWorkerOptions,
} from './messages.ts';
import type { TableReference } from './statement.ts';

/** The topics that the one who asks may read. */
export interface SqlCatalog {
  topics(): readonly SqlTopic[];
  /** Undefined for a topic that is not there. Throws for one that may not be read. */
  topic(name: string): SqlTopic | undefined;
  allows?(name: string): boolean;
}

export interface SqlTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: number;
}

export interface SqlSettings extends SqlLimits {
  readonly timeoutMs: number;
  /** Queries at once. */
  readonly maxQueries: number;
}

/** Topics that are tables. */
export interface SqlTables {
  readonly lake: SqlLakeOptions;
  /** Whether the topic is to have a table. */
  has(topicId: string): boolean;
  /** By partition: rows of offsets below do not count, though the table may still have them. */
  goneBelow(topicId: string): ReadonlyMap<number, number>;
}

export interface SqlServiceParts {
  readonly log: Pick<Log, 'partition'>;
  /** Missing where topics have no tables that another thread could read. */
  readonly tables?: SqlTables;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly settings: SqlSettings;
}

interface RunningQuery {
  readonly catalog: SqlCatalog;
  /** What the host itself found wrong: it is told instead of what the thread makes of it. */
  failure: unknown;
}

interface SqlThread {
  readonly worker: Worker;
  readonly channel: Channel<SqlWorkerCalls>;
}

/** Longest text of a query. */
const MAX_SQL_LENGTH = 100_000;
/** Time that queries under way have to end. */
const STOP_LIMIT_MS = 4000;

/** Answers queries over topics. DuckDB lives in a thread that begins with the first query. */
export class SqlService {
  readonly #parts: SqlServiceParts;
  readonly #running = new Map<number, RunningQuery>();
  #ids = 0;
  #thread: SqlThread | undefined;
  #closed = false;

  constructor(parts: SqlServiceParts) {
    this.#parts = parts;
  }

  /** Rejects with SqlError, or with what the catalog throws. */
  async query(sql: string, format: SqlFormat, catalog: SqlCatalog, signal: AbortSignal): Promise<SqlAnswer> {
    const { clock, settings } = this.#parts;
    const { timeoutMs, maxQueries, ...limits } = settings;
    if (sql.length > MAX_SQL_LENGTH) throw new SqlError(`a query has at most ${MAX_SQL_LENGTH} characters`);
    if (this.#closed) throw stopping();
    signal.throwIfAborted();
    if (this.#running.size >= maxQueries)
      throw new SqlError(`${maxQueries} queries are under way (sql.max.queries): try again`, 429);
    const id = ++this.#ids;
    const running: RunningQuery = { catalog, failure: undefined };
    this.#running.set(id, running);
    const over = new AbortController();
    const timer = clock.after(timeoutMs, () => {
      running.failure ??= new SqlError(`the query took longer than ${timeoutMs} ms (sql.timeout.ms)`);
      over.abort();
    });
    const started = clock.monotonic();
    let outcome = 'ok';
    try {
      const { channel } = (this.#thread ??= this.#start());
      return await channel.call('query', { id, sql, format, limits }, AbortSignal.any([signal, over.signal]));
    } catch (error) {
      const reason = running.failure ?? failureOf(error);
      outcome = reason instanceof SqlError && reason.status < 500 ? 'refused' : 'failed';
      throw reason;
    } finally {
      timer.cancel();
      this.#running.delete(id);
      this.#parts.metrics
        .histogram('quarry_sql_query_seconds', 'Time of a query in SQL.', { outcome })
        .observe((clock.monotonic() - started) / 1000);
    }
  }

  /** Those of the thread; empty without one. */
  async metrics(): Promise<object[]> {
    return (await this.#thread?.channel.call('metrics', null).catch(() => [])) ?? [];
  }

  /** Ends the thread; queries under way fail. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const running of this.#running.values()) running.failure ??= stopping();
    const thread = this.#thread;
    this.#thread = undefined;
    if (thread === undefined) return;
    const over = new AbortController();
    const stopped = thread.channel.call('stop', null).catch(() => undefined);
    await Promise.race([stopped, sleep(this.#parts.clock, STOP_LIMIT_MS, over.signal)]);
    over.abort();
    await thread.worker.terminate();
  }

  #start(): SqlThread {
    const module = new URL(`./sql-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);
    const options: SqlWorkerOptions = { lake: this.#parts.tables?.lake };
    const worker = new Worker(module, { name: 'sql', workerData: options });
    const calls: { [Name in keyof SqlHostCalls]: SqlHostCalls[Name] } = {
      list: (id) =>
        this.#of(id)
          .catalog.topics()
          .map(({ name }) => name)
          .toSorted(),
      resolve: ({ id, tables }) => this.#told(id, async () => this.#resolve(this.#of(id).catalog, tables)),
      ranges: ({ id, topic, from }) => this.#told(id, () => rangesOf(this.#parts.log, topic, from)),
      read: ({ id, ...range }) => this.#told(id, () => readPiece(this.#parts.log, range)),
    };
    const channel = new Channel<SqlWorkerCalls>(worker, calls);
    const ended = (reason: Error): void => {
      channel.close(reason);
      if (this.#thread?.worker === worker) this.#thread = undefined;
    };
    worker.on('error', (cause) => ended(new Error(`the SQL thread failed: ${cause.message}`, { cause })));
    worker.on('exit', () => ended(new Error('the SQL thread has ended')));
    return { worker, channel };
  }

  #of(id: number): RunningQuery {
    const running = this.#running.get(id);
    if (running === undefined) throw new Error('the query is over');
    return running;
  }

  async #told<T>(id: number, task: () => Promise<T>): Promise<T> {
    const running = this.#of(id);
    try {
      return await task();
    } catch (error) {
      running.failure ??= error;
      throw error;
    }
  }

  async #resolve(catalog: SqlCatalog, tables: readonly TableReference[]): Promise<ResolvedTopic[]> {
    const found: ResolvedTopic[] = [];
    for (const { name, bounds, optional } of tables) {
      if (optional && catalog.allows?.(name) === false) continue;
      const topic = catalog.topic(name);
      if (topic === undefined) {
        if (optional) continue;
        throw new SqlError(`there is no topic '${name.slice(0, 300)}'`, 404);
      }
      const { topicId, partitions } = topic;
      const rule = this.#parts.log.partition(name, 0)?.expiry;
      const counting = rule && { rule, now: this.#parts.clock.now() };
      const { tables } = this.#parts;
      const goneBelow = tables?.goneBelow(topicId) ?? new Map<number, number>();
      found.push({ name, bounds, topicId, partitions, table: tables?.has(topicId) ?? false, counting, goneBelow });
    }
    return found;
  }
}

const stopping = (): SqlError => new SqlError('the broker is stopping', 503);

function failureOf(error: unknown): unknown {
  return error instanceof RemoteError && error.remoteName === 'SqlFailure' ? SqlFailure.read(error.message) : error;
}
