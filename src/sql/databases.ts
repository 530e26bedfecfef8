import type { DuckDBInstance } from '@duckdb/node-api';
import { type DatabaseLimits, instanceWith, QueryDatabase } from './database.ts';

/**
 * Databases for queries. Opening one takes longer than most queries over a few files, so the next one is opened while the query before it runs; each
 * query still has one for itself that nobody had before.
 */
export class QueryDatabases {
  #next: { readonly limits: DatabaseLimits; readonly instance: Promise<DuckDBInstance | undefined> } | undefined;

  /** `paths` are the files that can be read. */
  async take(limits: DatabaseLimits, paths: readonly string[]): Promise<QueryDatabase> {
    const next = this.#next;
    this.#next = undefined;
    const ready = await next?.instance;
    const isFitting = next?.limits.memoryBytes === limits.memoryBytes && next.limits.threads === limits.threads;
    if (!isFitting) ready?.closeSync();
    const instance = (isFitting ? ready : undefined) ?? (await instanceWith(limits));
    // Where it cannot be opened, the query that needs it is told.
    this.#next ??= { limits, instance: instanceWith(limits).catch(() => undefined) };
    return QueryDatabase.closed(instance, paths);
  }

  /** Closes the one that was opened ahead. */
  async close(): Promise<void> {
    const next = this.#next;
    this.#next = undefined;
    (await next?.instance)?.closeSync();
  }
}
