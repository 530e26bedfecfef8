import { str } from './rows.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

/** A topic that was deleted and whose table, if it had one, may still be there. */
export interface DroppedTable {
  readonly topicId: string;
  readonly name: string;
}

/** Statement for the transaction that deletes a topic, before its row goes. */
export function dropTableOf(topicId: string): SqlStatement {
  return {
    sql: 'INSERT INTO dropped_tables (topic_id, name) SELECT topic_id, name FROM topics WHERE topic_id = ?',
    params: [topicId],
  };
}

/** Tables that have to go with their topics: the catalog of tables is another database, so that one transaction cannot do both. */
export class DroppedTables {
  readonly #sql: SqlEngine;

  constructor(sql: SqlEngine) {
    this.#sql = sql;
  }

  async list(): Promise<DroppedTable[]> {
    const rows = await this.#sql.query('SELECT topic_id, name FROM dropped_tables ORDER BY topic_id');
    return rows.map((row) => ({ topicId: str(row, 'topic_id'), name: str(row, 'name') }));
  }

  /** The table is gone, or never was. */
  async forget(topicId: string): Promise<void> {
    await this.#sql.transaction([{ sql: 'DELETE FROM dropped_tables WHERE topic_id = ?', params: [topicId] }]);
  }
}
