import { type CommittedOffset, OFFSET_COLUMNS, OFFSET_REPLACED, offsetOf, offsetParams } from './offsets.ts';
import { int, optionalInt, str } from './rows.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

/** The durable state of one group: whatever its machine needs to go on after a restart, as JSON. */
export interface GroupRow {
  readonly groupId: string;
  /** `classic`, `consumer`, `share` or `streams`. */
  readonly kind: string;
  readonly state: string;
  readonly updated: number;
}

/** What is stored of one member, for kinds of groups that store members one by one; as JSON. */
export interface GroupMemberRow {
  readonly groupId: string;
  readonly memberId: string;
  readonly state: string;
}

/** One committed offset. */
export interface GroupOffsetRow extends CommittedOffset {
  /** When it expires whatever the group does (OffsetCommit with a retention time); undefined: by the group's rules. */
  readonly expireTimestamp: number | undefined;
}

export async function groupRows(sql: SqlEngine): Promise<GroupRow[]> {
  const rows = await sql.query('SELECT group_id, kind, state, updated FROM groups ORDER BY group_id');
  return rows.map((row) => ({
    groupId: str(row, 'group_id'),
    kind: str(row, 'kind'),
    state: str(row, 'state'),
    updated: int(row, 'updated'),
  }));
}

/** All members, in the order of their ids. */
export async function groupMemberRows(sql: SqlEngine): Promise<GroupMemberRow[]> {
  const rows = await sql.query('SELECT group_id, member_id, state FROM group_members ORDER BY group_id, member_id');
  return rows.map((row) => ({
    groupId: str(row, 'group_id'),
    memberId: str(row, 'member_id'),
    state: str(row, 'state'),
  }));
}

export async function groupOffsetRows(sql: SqlEngine): Promise<GroupOffsetRow[]> {
  const rows = await sql.query('SELECT * FROM group_offsets ORDER BY group_id, topic, partition');
  return rows.map((row) => ({ ...offsetOf(row), expireTimestamp: optionalInt(row, 'expire_timestamp') }));
}

export function saveGroup(row: GroupRow): SqlStatement {
  return {
    sql: `INSERT INTO groups (group_id, kind, state, updated) VALUES (?, ?, ?, ?)
          ON CONFLICT (group_id) DO UPDATE SET kind = excluded.kind, state = excluded.state, updated = excluded.updated`,
    params: [row.groupId, row.kind, row.state, row.updated],
  };
}

export function saveGroupMember(row: GroupMemberRow): SqlStatement {
  return {
    sql: `INSERT INTO group_members (group_id, member_id, state) VALUES (?, ?, ?)
          ON CONFLICT (group_id, member_id) DO UPDATE SET state = excluded.state`,
    params: [row.groupId, row.memberId, row.state],
  };
}

export function removeGroupMember(groupId: string, memberId: string): SqlStatement {
  return { sql: 'DELETE FROM group_members WHERE group_id = ? AND member_id = ?', params: [groupId, memberId] };
}

/** Removes all members of a group. */
export function removeGroupMembers(groupId: string): SqlStatement {
  return { sql: 'DELETE FROM group_members WHERE group_id = ?', params: [groupId] };
}

/** Statements that remove a group with its members and offsets. */
export function removeGroup(groupId: string): SqlStatement[] {
  return [
    { sql: 'DELETE FROM groups WHERE group_id = ?', params: [groupId] },
    removeGroupMembers(groupId),
    { sql: 'DELETE FROM group_offsets WHERE group_id = ?', params: [groupId] },
    { sql: 'DELETE FROM transaction_offsets WHERE group_id = ?', params: [groupId] },
    { sql: 'DELETE FROM share_partitions WHERE group_id = ?', params: [groupId] },
  ];
}

export function saveOffset(row: GroupOffsetRow): SqlStatement {
  return {
    sql: `INSERT INTO group_offsets (${OFFSET_COLUMNS}, expire_timestamp) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (group_id, topic, partition) DO UPDATE SET ${OFFSET_REPLACED},
            expire_timestamp = excluded.expire_timestamp`,
    params: [...offsetParams(row), row.expireTimestamp ?? null],
  };
}

export function removeOffset(groupId: string, topic: string, partition: number): SqlStatement {
  return {
    sql: 'DELETE FROM group_offsets WHERE group_id = ? AND topic = ? AND partition = ?',
    params: [groupId, topic, partition],
  };
}
