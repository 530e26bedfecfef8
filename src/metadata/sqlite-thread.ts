import { Worker } from 'node:worker_threads';
import { errorFrom, SqlUnavailable } from './errors.ts';
import type { SqlOutcome, SqlRequest } from './sqlite-file.ts';
import type { SqliteReply, SqliteWork } from './sqlite-worker.ts';
import type { SqlEngine, SqlRow, SqlStatement, SqlValue } from './types.ts';

interface Waiting {
  resolve(rows: SqlRow[]): void;
  reject(error: Error): void;
}

/** The worker's module beside this one: `.ts` when run from source, `.js` when built. */
const WORKER = new URL(`./sqlite-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);

/** SQLite in a thread of its own, so that no sync ever stops the caller's event loop. */
class ThreadedSqlite implements SqlEngine {
  readonly #worker: Worker;
  readonly #sent: Waiting[] = [];
  #outgoing: SqlRequest[] = [];
  #failure: Error | undefined;
  readonly #exited: Promise<void>;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (reply: SqliteReply) => this.#settle(reply.outcomes));
    worker.on('error', (error) => this.#fail(new SqlUnavailable('the metadata thread failed', { cause: error })));
    this.#exited = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#fail(new SqlUnavailable('the metadata store is closed'));
        resolve();
      });
    });
  }

  /** Answers come in the order of the requests. */
  #settle(outcomes: readonly SqlOutcome[]): void {
    for (const outcome of outcomes) {
      const waiting = this.#sent.shift();
      if ('failure' in outcome) waiting?.reject(errorFrom(outcome.failure));
      else waiting?.resolve(outcome.rows);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#sent.splice(0)) waiting.reject(this.#failure);
  }

  #ask(request: SqlRequest): Promise<SqlRow[]> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#sent.push({ resolve, reject });
      // Requests of one turn travel in one message.
      if (this.#outgoing.push(request) === 1) queueMicrotask(() => this.#post());
    });
  }

  #post(): void {
    const requests = this.#outgoing;
    this.#outgoing = [];
    const work: SqliteWork = { requests };
    if (requests.length > 0) this.#worker.postMessage(work);
  }

  query(sql: string, params: readonly SqlValue[] = []): Promise<SqlRow[]> {
    return this.#ask({ kind: 'query', sql, params });
  }

  async transaction(statements: readonly SqlStatement[]): Promise<void> {
    await this.#ask({ kind: 'transaction', statements });
  }

  /** Finishes what was asked before, then closes the database and ends the thread. */
  async close(): Promise<void> {
    this.#post();
    this.#failure ??= new SqlUnavailable('the metadata store is closed');
    const work: SqliteWork = { requests: [], close: true };
    this.#worker.postMessage(work);
    await this.#exited;
  }
}

/** Opens the database at `path` in a worker thread, `shared` as SqliteFile says. Rejects with SchemaRefused or SqlUnavailable. */
export function openThreadedSqlite(path: string, shared?: readonly string[]): Promise<SqlEngine> {
  const name = shared === undefined ? 'metadata' : 'sqlite';
  const worker = new Worker(WORKER, { workerData: { path, shared }, name });
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void =>
      reject(new SqlUnavailable('the metadata thread cannot start', { cause: error }));
    worker.once('error', onError);
    worker.once('message', (reply: SqliteReply) => {
      worker.off('error', onError);
      const [opened] = reply.outcomes;
      if (opened !== undefined && 'failure' in opened) reject(errorFrom(opened.failure));
      else resolve(new ThreadedSqlite(worker));
    });
  });
}
