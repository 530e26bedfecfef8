import { str } from './rows.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

/** Statement for the transaction that takes something which was deleted out of an object: what else lies in the object has to move. */
export function noteErased(objectKey: string): SqlStatement {
  return {
    sql: 'INSERT INTO erased_objects (object_key) VALUES (?) ON CONFLICT (object_key) DO NOTHING',
    params: [objectKey],
  };
}

/** Objects that still have bytes of what was deleted, because something else lies in them. */
export class ErasedObjects {
  readonly #sql: SqlEngine;

  constructor(sql: SqlEngine) {
    this.#sql = sql;
  }

  async list(): Promise<string[]> {
    return (await this.#sql.query('SELECT object_key FROM erased_objects ORDER BY object_key')).map((row) =>
      str(row, 'object_key'),
    );
  }

  /** Nothing that counts lies in the object any more: it goes as garbage does. */
  async forget(objectKey: string): Promise<void> {
    await this.#sql.transaction([{ sql: 'DELETE FROM erased_objects WHERE object_key = ?', params: [objectKey] }]);
  }
}
