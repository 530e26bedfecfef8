import { int, str } from './rows.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

/** How far a partition was compacted. */
export interface CompactionRow {
  readonly topicId: string;
  readonly partition: number;
  /** Of two records with the same key below this offset only the later one is left. */
  readonly cleanedUpTo: number;
  /** When, ms since the epoch. */
  readonly cleaned: number;
}

export async function compactionRows(sql: SqlEngine): Promise<CompactionRow[]> {
  const rows = await sql.query(
    'SELECT topic_id, partition, cleaned_up_to, cleaned FROM compactions ORDER BY topic_id, partition',
  );
  return rows.map((row) => ({
    topicId: str(row, 'topic_id'),
    partition: int(row, 'partition'),
    cleanedUpTo: int(row, 'cleaned_up_to'),
    cleaned: int(row, 'cleaned'),
  }));
}

/** Up to where a partition was compacted; 0 when it never was. */
export async function cleanedUpTo(sql: SqlEngine, topicId: string, partition: number): Promise<number> {
  const [row] = await sql.query('SELECT cleaned_up_to FROM compactions WHERE topic_id = ? AND partition = ?', [
    topicId,
    partition,
  ]);
  return row === undefined ? 0 : int(row, 'cleaned_up_to');
}

/** Statement that notes how far a partition was compacted, unless its topic is gone. The casts tell PostgreSQL the types. */
export function saveCompaction({ topicId, partition, cleanedUpTo, cleaned }: CompactionRow): SqlStatement {
  return {
    sql: `INSERT INTO compactions (topic_id, partition, cleaned_up_to, cleaned)
          SELECT CAST(? AS TEXT), CAST(? AS INTEGER), CAST(? AS BIGINT), CAST(? AS BIGINT)
          WHERE EXISTS (SELECT 1 FROM topics WHERE topic_id = ?)
          ON CONFLICT (topic_id, partition) DO UPDATE
            SET cleaned_up_to = excluded.cleaned_up_to, cleaned = excluded.cleaned`,
    params: [topicId, partition, cleanedUpTo, cleaned, topicId],
  };
}

export function forgetCompactions(topicId: string): SqlStatement {
  return { sql: 'DELETE FROM compactions WHERE topic_id = ?', params: [topicId] };
}
