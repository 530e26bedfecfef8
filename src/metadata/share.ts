import { int, str } from './rows.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

/** What a share group knows of one partition (KIP-932). */
export interface SharePartitionRow {
  readonly groupId: string;
  readonly topicId: string;
  readonly partition: number;
  readonly startOffset: number;
  /** Whatever the machine needs to go on after a restart, as JSON. */
  readonly state: string;
}

/** The row of one partition, or undefined. */
export async function sharePartitionRow(
  sql: SqlEngine,
  groupId: string,
  topicId: string,
  partition: number,
): Promise<SharePartitionRow | undefined> {
  const where = 'WHERE group_id = ? AND topic_id = ? AND partition = ?';
  const [row] = await sql.query(`SELECT * FROM share_partitions ${where}`, [groupId, topicId, partition]);
  return row === undefined
    ? undefined
    : { groupId, topicId, partition, startOffset: int(row, 'start_offset'), state: str(row, 'state') };
}

export function saveSharePartition(row: SharePartitionRow): SqlStatement {
  return {
    sql: `INSERT INTO share_partitions (group_id, topic_id, partition, start_offset, state) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (group_id, topic_id, partition) DO UPDATE SET start_offset = excluded.start_offset,
            state = excluded.state`,
    params: [row.groupId, row.topicId, row.partition, row.startOffset, row.state],
  };
}

/** Forgets all partitions of a topic in one group. */
export function removeShareTopic(groupId: string, topicId: string): SqlStatement {
  return { sql: 'DELETE FROM share_partitions WHERE group_id = ? AND topic_id = ?', params: [groupId, topicId] };
}

/** Topics of which any group knows a partition. */
export async function shareTopicIds(sql: SqlEngine): Promise<string[]> {
  const rows = await sql.query('SELECT DISTINCT topic_id FROM share_partitions');
  return rows.map((row) => str(row, 'topic_id'));
}

/** Forgets all partitions of a topic in every group. */
export function removeShareTopicRows(topicId: string): SqlStatement {
  return { sql: 'DELETE FROM share_partitions WHERE topic_id = ?', params: [topicId] };
}
