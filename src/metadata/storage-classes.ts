import { int, optionalText, str } from './rows.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

/** An object, and what lies in it. */
export interface StoredObject {
  readonly objectKey: string;
  /** Of what lies in it. */
  readonly bytes: number;
  /** The topics of which something lies in it, and when the newest of that was registered, ms since the epoch. */
  readonly topics: readonly { readonly topicId: string; readonly created: number }[];
  /** The class that it was moved to. */
  readonly storageClass: string | undefined;
}

const marks = (values: readonly unknown[]): string => values.map(() => '?').join(', ');

/** Statement: the object is gone. */
export function forgetStorageClass(objectKey: string): SqlStatement {
  return { sql: 'DELETE FROM storage_classes WHERE object_key = ?', params: [objectKey] };
}

/** Which objects were moved to another storage class, so that the store is not asked again. */
export class StorageClasses {
  readonly #sql: SqlEngine;

  constructor(sql: SqlEngine) {
    this.#sql = sql;
  }

  /** Objects that hold sections, or text segments, by key after the one given; at most `limit`. */
  async page(table: 'sections' | 'text_segments', after: string, limit: number): Promise<StoredObject[]> {
    const rows = await this.#sql.query(
      `SELECT s.object_key, s.topic_id, MAX(s.created) AS created, SUM(s.length) AS bytes, MAX(c.class) AS class
       FROM ${table} s LEFT JOIN storage_classes c ON c.object_key = s.object_key
       WHERE s.object_key IN (SELECT DISTINCT object_key FROM ${table} WHERE object_key > ? ORDER BY object_key LIMIT ?)
       GROUP BY s.object_key, s.topic_id ORDER BY s.object_key, s.topic_id`,
      [after, limit],
    );
    return [...Map.groupBy(rows, (row) => str(row, 'object_key'))].map(([objectKey, found]) => ({
      objectKey,
      bytes: found.reduce((sum, row) => sum + int(row, 'bytes'), 0),
      topics: found.map((row) => ({ topicId: str(row, 'topic_id'), created: int(row, 'created') })),
      storageClass: found[0] && optionalText(found[0], 'class'),
    }));
  }

  /** The classes that some objects were moved to. */
  async of(objectKeys: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (objectKeys.length === 0) return new Map();
    const rows = await this.#sql.query(
      `SELECT object_key, class FROM storage_classes WHERE object_key IN (${marks(objectKeys)})`,
      objectKeys,
    );
    return new Map(rows.map((row) => [str(row, 'object_key'), str(row, 'class')]));
  }

  /** An object was moved. */
  async save(objectKey: string, storageClass: string, now: number): Promise<void> {
    await this.#sql.transaction([
      {
        sql: `INSERT INTO storage_classes (object_key, class, moved) VALUES (?, ?, ?)
              ON CONFLICT (object_key) DO UPDATE SET class = excluded.class, moved = excluded.moved`,
        params: [objectKey, storageClass, now],
      },
    ]);
  }

  /** How many objects are in each class. */
  async counts(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#sql.query('SELECT class, COUNT(*) AS objects FROM storage_classes GROUP BY class');
    return new Map(rows.map((row) => [str(row, 'class'), int(row, 'objects')]));
  }
}
