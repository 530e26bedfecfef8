import { int, str } from './rows.ts';
import { forgetStorageClass } from './storage-classes.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

/** An object that nothing refers to, or that is being uploaded. */
export interface GarbageRow {
  readonly objectKey: string;
  readonly since: number;
  readonly reason: string;
}

/**
 * Objects to delete. A key is written down before its upload starts and taken back in the transaction that registers the object,
 * so that a crash between the two leaves a row and never an unknown object.
 */
export class Garbage {
  readonly #sql: SqlEngine;

  constructor(sql: SqlEngine) {
    this.#sql = sql;
  }

  /** Durable when resolved: only then may the upload start. */
  async announceUpload(objectKey: string, now: number): Promise<void> {
    await this.#sql.transaction([
      {
        sql: `INSERT INTO garbage (object_key, since, deleting, reason) VALUES (?, ?, 0, 'upload')`,
        params: [objectKey, now],
      },
    ]);
  }

  /** Statement for the registering transaction; a conflict when the sweep has already taken the object. */
  takeBack(objectKey: string): SqlStatement {
    return { sql: 'DELETE FROM garbage WHERE object_key = ? AND deleting = 0', params: [objectKey], changes: 1 };
  }

  /** Statement: the object is used after all, as something outside of this store says. Doing it twice changes nothing. */
  keep(objectKey: string): SqlStatement {
    return { sql: `DELETE FROM garbage WHERE object_key = ? AND deleting = 0`, params: [objectKey] };
  }

  /** Statement: nothing refers to the object any more. Doing it twice changes nothing. */
  discard(objectKey: string, now: number): SqlStatement {
    return {
      sql: `INSERT INTO garbage (object_key, since, deleting, reason) VALUES (?, ?, 0, 'unused')
            ON CONFLICT (object_key) DO NOTHING`,
      params: [objectKey, now],
    };
  }

  /** Keys below a prefix that were announced for an upload and neither registered nor condemned. */
  async uploads(prefix: string): Promise<string[]> {
    const rows = await this.#sql.query(
      `SELECT object_key FROM garbage WHERE reason = 'upload' AND deleting = 0 AND substr(object_key, 1, ?) = ?`,
      [prefix.length, prefix],
    );
    return rows.map((row) => str(row, 'object_key'));
  }

  /** Statement after the inserts of a registering transaction: makes the object garbage when none of them inserted anything. */
  addUnused(table: 'sections' | 'text_segments', objectKey: string, now: number): SqlStatement {
    return {
      sql: `INSERT INTO garbage (object_key, since, deleting, reason)
            SELECT CAST(? AS TEXT), CAST(? AS BIGINT), 0, 'unused'
            WHERE NOT EXISTS (SELECT 1 FROM ${table} WHERE object_key = ?)`,
      params: [objectKey, now, objectKey],
    };
  }

  /**
   * Marks what has been garbage since before `olderThan` as being deleted and returns it; from then on nobody can take it back.
   * `except` are uploads that this process is working on.
   */
  async condemn(olderThan: number, except: Pick<ReadonlySet<string>, 'has'>): Promise<GarbageRow[]> {
    const rows = await this.#sql.query(
      'SELECT object_key, since, reason FROM garbage WHERE since <= ? OR deleting = 1 ORDER BY since, object_key',
      [olderThan],
    );
    const found = rows
      .map((row) => ({ objectKey: str(row, 'object_key'), since: int(row, 'since'), reason: str(row, 'reason') }))
      .filter((row) => !except.has(row.objectKey));
    const condemned: GarbageRow[] = [];
    for (const row of found) {
      const marked = await this.#sql.query(
        'UPDATE garbage SET deleting = 1 WHERE object_key = ? RETURNING object_key',
        [row.objectKey],
      );
      if (marked.length === 1) condemned.push(row);
    }
    return condemned;
  }

  /** After the objects are gone from the store. */
  async forget(objectKeys: readonly string[]): Promise<void> {
    await this.#sql.transaction(
      objectKeys.flatMap((key) => [
        { sql: 'DELETE FROM garbage WHERE object_key = ?', params: [key] },
        forgetStorageClass(key),
      ]),
    );
  }

  /** Whether an object is being uploaded, or nothing refers to it. */
  async holds(objectKey: string): Promise<boolean> {
    return (await this.#sql.query('SELECT object_key FROM garbage WHERE object_key = ?', [objectKey])).length > 0;
  }

  /** All keys: of uploads under way, and of what waits for its deletion. */
  async keys(): Promise<Set<string>> {
    return new Set((await this.#sql.query('SELECT object_key FROM garbage')).map((row) => str(row, 'object_key')));
  }
}
