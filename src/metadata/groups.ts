import { int, optionalInt, str } from './rows.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

/** The durable state of one group: whatever its machine needs to go on after a restart, as JSON. */
export interface GroupRow {
  readonly groupId: string;
  readonly state: string;
  readonly updated: number;
}

/** One committed offset. */
export interface GroupOffsetRow {
  readonly groupId: string;
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly commitTimestamp: number;
  /** When it expires whatever the group does (OffsetCommit with a retention time); undefined: by the group's rules. */
  readonly expireTimestamp: number | undefined;
}

export async function groupRows(sql: SqlEngine): Promise<GroupRow[]> {
  const rows = await sql.query('SELECT group_id, state, updated FROM groups ORDER BY group_id');
  return rows.map((row) => ({ groupId: str(row, 'group_id'), state: str(row, 'state'), updated: int(row, 'updated') }));
}

export async function groupOffsetRows(sql: SqlEngine): Promise<GroupOffsetRow[]> {
  const rows = await sql.query('SELECT * FROM group_offsets ORDER BY group_id, topic, partition');
  return rows.map((row) => ({
    groupId: str(row, 'group_id'),
    topic: str(row, 'topic'),
    topicId: str(row, 'topic_id'),
    partition: int(row, 'partition'),
    offset: int(row, 'committed_offset'),
    leaderEpoch: int(row, 'leader_epoch'),
    metadata: str(row, 'metadata'),
    commitTimestamp: int(row, 'commit_timestamp'),
    expireTimestamp: optionalInt(row, 'expire_timestamp'),
  }));
}

export function saveGroup(row: GroupRow): SqlStatement {
  return {
    sql: `INSERT INTO groups (group_id, state, updated) VALUES (?, ?, ?)
          ON CONFLICT (group_id) DO UPDATE SET state = excluded.state, updated = excluded.updated`,
    params: [row.groupId, row.state, row.updated],
  };
}

/** Statements that remove a group with its offsets. */
export function removeGroup(groupId: string): SqlStatement[] {
  return [
    { sql: 'DELETE FROM groups WHERE group_id = ?', params: [groupId] },
    { sql: 'DELETE FROM group_offsets WHERE group_id = ?', params: [groupId] },
  ];
}

export function saveOffset(row: GroupOffsetRow): SqlStatement {
  return {
    sql: `INSERT INTO group_offsets (group_id, topic, topic_id, partition, committed_offset, leader_epoch, metadata,
            commit_timestamp, expire_timestamp)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (group_id, topic, partition) DO UPDATE SET topic_id = excluded.topic_id,
            committed_offset = excluded.committed_offset, leader_epoch = excluded.leader_epoch,
            metadata = excluded.metadata, commit_timestamp = excluded.commit_timestamp,
            expire_timestamp = excluded.expire_timestamp`,
    params: [
      row.groupId,
      row.topic,
      row.topicId,
      row.partition,
      row.offset,
      row.leaderEpoch,
      row.metadata,
      row.commitTimestamp,
      row.expireTimestamp ?? null,
    ],
  };
}

export function removeOffset(groupId: string, topic: string, partition: number): SqlStatement {
  return {
    sql: 'DELETE FROM group_offsets WHERE group_id = ? AND topic = ? AND partition = ?',
    params: [groupId, topic, partition],
  };
}
