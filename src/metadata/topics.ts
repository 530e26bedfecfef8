import { forgetCompactions } from './compactions.ts';
import { dropTableOf } from './dropped-tables.ts';
import { optionalText, int, str } from './rows.ts';
import { sectionRegistry, textSegmentRegistry } from './registry.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

export interface TopicRow {
  readonly topicId: string;
  readonly name: string;
  readonly partitions: number;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

/** A dynamic config. Of a topic, `resourceName` is the topic id, so that a new topic of the same name inherits nothing. */
export interface ConfigRow {
  readonly resourceType: 'topic' | 'broker' | 'group' | 'client-metrics';
  readonly resourceName: string;
  readonly name: string;
  readonly value: string | undefined;
}

export async function topicRows(sql: SqlEngine): Promise<TopicRow[]> {
  const rows = await sql.query('SELECT topic_id, name, partitions, created FROM topics ORDER BY name');
  return rows.map((row) => ({
    topicId: str(row, 'topic_id'),
    name: str(row, 'name'),
    partitions: int(row, 'partitions'),
    created: int(row, 'created'),
  }));
}

export async function configRows(sql: SqlEngine): Promise<ConfigRow[]> {
  const rows = await sql.query('SELECT resource_type, resource_name, name, value FROM configs ORDER BY name');
  return rows.map((row) => ({
    resourceType: str(row, 'resource_type') as ConfigRow['resourceType'],
    resourceName: str(row, 'resource_name'),
    name: str(row, 'name'),
    value: optionalText(row, 'value'),
  }));
}

/** Statements that create a topic; the transaction is a SqlConflict when the name is taken. */
export function createTopic(row: TopicRow, configs: readonly ConfigRow[]): SqlStatement[] {
  return [
    {
      sql: 'INSERT INTO topics (topic_id, name, partitions, created) VALUES (?, ?, ?, ?)',
      params: [row.topicId, row.name, row.partitions, row.created],
    },
    ...configs.map(setConfig),
  ];
}

/** Statement that raises the number of partitions; a SqlConflict when the topic is gone or has as many already. */
export function addPartitions(topicId: string, total: number): SqlStatement {
  return {
    sql: 'UPDATE topics SET partitions = ? WHERE topic_id = ? AND partitions < ?',
    params: [total, topicId, total],
    changes: 1,
  };
}

export function setConfig(row: ConfigRow): SqlStatement {
  return {
    sql: `INSERT INTO configs (resource_type, resource_name, name, value) VALUES (?, ?, ?, ?)
          ON CONFLICT (resource_type, resource_name, name) DO UPDATE SET value = excluded.value`,
    params: [row.resourceType, row.resourceName, row.name, row.value ?? null],
  };
}

export function removeConfig(row: Omit<ConfigRow, 'value'>): SqlStatement {
  return {
    sql: 'DELETE FROM configs WHERE resource_type = ? AND resource_name = ? AND name = ?',
    params: [row.resourceType, row.resourceName, row.name],
  };
}

/** Statements that delete a topic with everything that is known of it; its objects become garbage. A SqlConflict when it is gone. */
export function deleteTopic(sql: SqlEngine, topicId: string, now: number): SqlStatement[] {
  return [
    dropTableOf(topicId),
    { sql: 'DELETE FROM topics WHERE topic_id = ?', params: [topicId], changes: 1 },
    { sql: `DELETE FROM configs WHERE resource_type = 'topic' AND resource_name = ?`, params: [topicId] },
    { sql: 'DELETE FROM partitions WHERE topic_id = ?', params: [topicId] },
    { sql: 'DELETE FROM group_offsets WHERE topic_id = ?', params: [topicId] },
    { sql: 'DELETE FROM transaction_offsets WHERE topic_id = ?', params: [topicId] },
    forgetCompactions(topicId),
    { sql: 'DELETE FROM share_partitions WHERE topic_id = ?', params: [topicId] },
    ...sectionRegistry(sql).forgetTopic(topicId, now),
    ...textSegmentRegistry(sql).forgetTopic(topicId, now),
  ];
}
