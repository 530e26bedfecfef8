import { int, str } from './rows.ts';
import type { SqlEngine, SqlRow, SqlStatement } from './types.ts';

/** What became of the deletion of a key: its records are gone, or its whole topic is. */
export type KeyDeletionOutcome = 'deleted' | 'topic-deleted';

/** The deletion of all records of one key of a topic, for whoever asks later what was deleted when and by whom. */
export interface KeyDeletionRow {
  readonly deletionId: string;
  readonly topicId: string;
  readonly topic: string;
  /** SHA-256 of the key, hexadecimal. */
  readonly keyDigest: string;
  /** The key in base64; undefined once its records are gone: then nothing of ours remembers it. */
  readonly key: string | undefined;
  /** The log end offsets by partition when it was asked for: later records stay. */
  readonly ends: readonly number[];
  readonly principal: string;
  readonly host: string;
  /** Times in ms since the epoch. */
  readonly requested: number;
  readonly finished: number | undefined;
  readonly outcome: KeyDeletionOutcome | undefined;
  /** Records of the log, and rows of the table, that were deleted. */
  readonly records: number;
  readonly tableRows: number;
}

/** Deletions of keys, those that are done included: they are the audit. */
export class KeyDeletionRows {
  readonly #sql: SqlEngine;

  constructor(sql: SqlEngine) {
    this.#sql = sql;
  }

  /** Durable when resolved. */
  async add(row: KeyDeletionRow): Promise<void> {
    await this.#sql.transaction([
      {
        sql: `INSERT INTO key_deletions (deletion_id, topic_id, topic, key_digest, record_key, ends, principal, host,
                requested, finished, outcome, records, table_rows)
              VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, 0, 0)`,
        params: [
          row.deletionId,
          row.topicId,
          row.topic,
          row.keyDigest,
          row.key ?? '',
          JSON.stringify(row.ends),
          row.principal,
          row.host,
          row.requested,
        ],
      },
    ]);
  }

  async byId(deletionId: string): Promise<KeyDeletionRow | undefined> {
    return (await this.#rows('deletion_id = ?', [deletionId]))[0];
  }

  /** The newest first. */
  list(limit: number): Promise<KeyDeletionRow[]> {
    return this.#rows('1 = 1 ORDER BY requested DESC, deletion_id LIMIT ?', [limit]);
  }

  /** Those that are not done, the oldest first; of one topic when it is given. */
  unfinished(topicId?: string): Promise<KeyDeletionRow[]> {
    const order = 'finished IS NULL ORDER BY requested, deletion_id';
    return topicId === undefined ? this.#rows(order, []) : this.#rows(`topic_id = ? AND ${order}`, [topicId]);
  }

  /** Adds to what was deleted so far. A crash between a deletion and this leaves the count too low, never the deletion undone. */
  async count(deletionId: string, records: number, tableRows: number): Promise<void> {
    await this.#sql.transaction([
      {
        sql: 'UPDATE key_deletions SET records = records + ?, table_rows = table_rows + ? WHERE deletion_id = ?',
        params: [records, tableRows, deletionId],
      },
    ]);
  }

  /** Notes that they are done, and forgets their keys. */
  async finish(deletionIds: readonly string[], outcome: KeyDeletionOutcome, now: number): Promise<void> {
    const statement = (deletionId: string): SqlStatement => ({
      sql: 'UPDATE key_deletions SET finished = ?, outcome = ?, record_key = NULL WHERE deletion_id = ?',
      params: [now, outcome, deletionId],
    });
    if (deletionIds.length > 0) await this.#sql.transaction(deletionIds.map(statement));
  }

  async #rows(where: string, params: readonly (string | number)[]): Promise<KeyDeletionRow[]> {
    const rows = await this.#sql.query(`SELECT * FROM key_deletions WHERE ${where}`, params);
    return rows.map(parse);
  }
}

function parse(row: SqlRow): KeyDeletionRow {
  return {
    deletionId: str(row, 'deletion_id'),
    topicId: str(row, 'topic_id'),
    topic: str(row, 'topic'),
    keyDigest: str(row, 'key_digest'),
    key: row['record_key'] === null ? undefined : str(row, 'record_key'),
    ends: JSON.parse(str(row, 'ends')) as number[],
    principal: str(row, 'principal'),
    host: str(row, 'host'),
    requested: int(row, 'requested'),
    finished: row['finished'] === null ? undefined : int(row, 'finished'),
    outcome: row['outcome'] === null ? undefined : (str(row, 'outcome') as KeyDeletionOutcome),
    records: int(row, 'records'),
    tableRows: int(row, 'table_rows'),
  };
}
