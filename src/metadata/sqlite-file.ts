import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { errorFrom, failureOf, isIoError, SchemaRefused, type SqlFailure, SqlConflict } from './errors.ts';
import { APPLICATION_ID, MIGRATIONS, PARTITION_SUMS } from './schema.ts';
import type { SqlRow, SqlStatement, SqlValue } from './types.ts';

/** What callers ask: a query, or a transaction. */
export type SqlRequest =
  | { readonly kind: 'query'; readonly sql: string; readonly params: readonly SqlValue[] }
  | { readonly kind: 'transaction'; readonly statements: readonly SqlStatement[] };

/** The answer to one request; `rows` is empty for a transaction. */
export type SqlOutcome = { readonly rows: SqlRow[] } | { readonly failure: SqlFailure };

/** Prepared statements kept; the program has fewer distinct ones, so that only generated SQL could pass it. */
const MAX_PREPARED = 512;

const reads = (request: SqlRequest): boolean =>
  request.kind === 'query' && /^\s*(select|with|explain)\b/i.test(request.sql);

/** A SQLite database, opened and brought to the current schema. Synchronous; used inline and in the worker thread. */
export class SqliteFile {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();
  #broken: SqlFailure | undefined;

  /**
   * `path` may be ':memory:'. With `shared`, the file is not the metadata store but one that other programs write too: these statements
   * (idempotent) make its tables, and it gets no marks of ours. Throws SchemaRefused or SqlUnavailable.
   */
  constructor(path: string, shared?: readonly string[]) {
    try {
      this.#database = new DatabaseSync(path, { timeout: 5000 });
    } catch (error) {
      throw errorFrom({ kind: 'SqlUnavailable', message: `cannot open ${path}: ${failureOf(error).message}` });
    }
    try {
      // WAL with FULL syncs the journal at every commit; NORMAL would lose the last commits with the power.
      this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
      if (shared === undefined) this.#migrate(path);
      else for (const sql of shared) this.#database.exec(sql);
    } catch (error) {
      this.#database.close();
      throw errorFrom(failureOf(error));
    }
  }

  #pragma(name: string): number {
    return Number(Object.values(this.#database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  }

  #migrate(path: string): void {
    const version = this.#pragma('user_version');
    const application = this.#pragma('application_id');
    const tables = Number(this.#database.prepare('SELECT COUNT(*) AS n FROM sqlite_master').get()?.['n']);
    if (application !== APPLICATION_ID && (tables > 0 || application !== 0))
      throw new SchemaRefused(`${path} is not a metadata store of Quarry`);
    if (version > MIGRATIONS.length)
      throw new SchemaRefused(
        `${path} has schema version ${version}, this program knows up to ${MIGRATIONS.length}: use a newer Quarry`,
      );
    const steps = MIGRATIONS.slice(version);
    if (version > 0 && !this.#hasPartitionSums()) steps.unshift(PARTITION_SUMS);
    if (steps.length === 0) return;
    this.#database.exec('BEGIN EXCLUSIVE');
    for (const step of steps) for (const sql of step) this.#database.exec(sql);
    this.#database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}`);
    this.#database.exec('COMMIT');
  }

  #hasPartitionSums(): boolean {
    const columns = this.#database.prepare('PRAGMA table_info(partitions)').all();
    return columns.some((column) => column['name'] === 'packed_bytes');
  }

  /**
   * Runs all requests in order, with one commit (and one sync) for those that write. Each is atomic by itself: one that fails
   * is rolled back alone. When the commit fails, all of them fail.
   */
  run(requests: readonly SqlRequest[]): SqlOutcome[] {
    if (requests.every(reads)) return requests.map((request) => this.#attempt(request));
    if (this.#broken !== undefined) return this.#runBroken(requests, this.#broken);
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      const outcomes = requests.map((request) => (reads(request) ? this.#attempt(request) : this.#savepoint(request)));
      this.#database.exec('COMMIT');
      return outcomes;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      const failure = failureOf(error);
      if (isIoError(error)) this.#broken = failure;
      return requests.map(() => ({ failure }));
    }
  }

  /** After an I/O error nobody knows which pages reached the disk: reads go on, writes are refused until a restart. */
  #runBroken(requests: readonly SqlRequest[], cause: SqlFailure): SqlOutcome[] {
    const failure: SqlFailure = { kind: 'SqlUnavailable', message: `stopped after an I/O error: ${cause.message}` };
    return requests.map((request) => (reads(request) ? this.#attempt(request) : { failure }));
  }

  #attempt(request: SqlRequest): SqlOutcome {
    try {
      return { rows: this.#execute(request) };
    } catch (error) {
      return { failure: failureOf(error) };
    }
  }

  #savepoint(request: SqlRequest): SqlOutcome {
    this.#database.exec('SAVEPOINT request');
    try {
      const rows = this.#execute(request);
      this.#database.exec('RELEASE request');
      return { rows };
    } catch (error) {
      // A full disk or an I/O error ends the whole transaction in SQLite: then there is no savepoint to go back to.
      if (!this.#database.isTransaction) throw error;
      this.#database.exec('ROLLBACK TO request; RELEASE request');
      return { failure: failureOf(error) };
    }
  }

  #execute(request: SqlRequest): SqlRow[] {
    if (request.kind === 'query') return this.#prepare(request.sql).all(...request.params) as SqlRow[];
    for (const { sql, params = [], changes } of request.statements) {
      const result = this.#prepare(sql).run(...params);
      if (changes !== undefined && Number(result.changes) !== changes)
        throw new SqlConflict(`changed ${result.changes} rows where ${changes} were expected: ${sql}`);
    }
    return [];
  }

  #prepare(sql: string): StatementSync {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    if (this.#prepared.size >= MAX_PREPARED) this.#prepared.clear();
    this.#prepared.set(sql, statement);
    return statement;
  }

  close(): void {
    this.#prepared.clear();
    this.#database.close();
  }
}
