import type { Clock } from '../../base/clock.ts';
import { Garbage } from '../../metadata/garbage.ts';
import type { SqlEngine } from '../../metadata/types.ts';
import type { SettledFiles } from './types.ts';

export interface TableRegistrationParts {
  readonly sql: SqlEngine;
  readonly clock: Clock;
  /** Keys that the garbage sweep leaves alone. */
  readonly uploads: Set<string>;
}

/**
 * The life of a table's files before and after they are part of it. Which files a table has is said by its metadata and by nothing else; here are
 * the keys of which that is not settled.
 */
export class TableRegistration {
  readonly #parts: TableRegistrationParts;
  readonly #garbage: Garbage;

  constructor(parts: TableRegistrationParts) {
    this.#parts = parts;
    this.#garbage = new Garbage(parts.sql);
  }

  /**
   * Keeps what an earlier run left unsettled, as far as `live` knows its table: it may have been committed. Before the garbage sweep starts.
   */
  async protect(prefix: string, live: (objectKey: string) => boolean): Promise<void> {
    for (const key of await this.unsettled(prefix)) if (live(key)) this.#parts.uploads.add(key);
  }

  /** Durable when resolved: from here on a crash leaves no unknown object. */
  async announce(objectKey: string): Promise<void> {
    this.#parts.uploads.add(objectKey);
    await this.#garbage.announceUpload(objectKey, this.#parts.clock.now());
  }

  async settle({ committed, abandoned }: SettledFiles): Promise<void> {
    const { sql, uploads } = this.#parts;
    if (committed.length > 0) await sql.transaction(committed.map((key) => this.#garbage.keep(key)));
    for (const key of [...committed, ...abandoned]) uploads.delete(key);
  }

  /** Announced under this prefix and not settled. */
  unsettled(prefix: string): Promise<readonly string[]> {
    return this.#garbage.uploads(prefix);
  }

  /** Nothing refers to these objects any more. */
  async discard(objectKeys: readonly string[]): Promise<void> {
    const { sql, clock, uploads } = this.#parts;
    const now = clock.now();
    if (objectKeys.length > 0) await sql.transaction(objectKeys.map((key) => this.#garbage.discard(key, now)));
    for (const key of objectKeys) uploads.delete(key);
  }
}
