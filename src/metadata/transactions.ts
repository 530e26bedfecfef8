import { int, str } from './rows.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

/** The durable state of one transactional id: whatever its machine needs to go on after a restart, as JSON. */
export interface TransactionRow {
  readonly transactionalId: string;
  readonly state: string;
  readonly updated: number;
}

/** An offset that a transaction commits, once it does. */
export interface TransactionOffsetRow {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly groupId: string;
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly commitTimestamp: number;
}

export async function transactionRows(sql: SqlEngine): Promise<TransactionRow[]> {
  const rows = await sql.query('SELECT transactional_id, state, updated FROM transactions ORDER BY transactional_id');
  return rows.map((row) => ({
    transactionalId: str(row, 'transactional_id'),
    state: str(row, 'state'),
    updated: int(row, 'updated'),
  }));
}

/** The state of one id as it is stored, or undefined. */
export async function transactionState(sql: SqlEngine, transactionalId: string): Promise<string | undefined> {
  const [row] = await sql.query('SELECT state FROM transactions WHERE transactional_id = ?', [transactionalId]);
  return row && str(row, 'state');
}

export async function transactionOffsetRows(sql: SqlEngine): Promise<TransactionOffsetRow[]> {
  const rows = await sql.query('SELECT * FROM transaction_offsets ORDER BY producer_id, group_id, topic, partition');
  return rows.map((row) => ({
    producerId: int(row, 'producer_id'),
    producerEpoch: int(row, 'producer_epoch'),
    groupId: str(row, 'group_id'),
    topic: str(row, 'topic'),
    topicId: str(row, 'topic_id'),
    partition: int(row, 'partition'),
    offset: int(row, 'committed_offset'),
    leaderEpoch: int(row, 'leader_epoch'),
    metadata: str(row, 'metadata'),
    commitTimestamp: int(row, 'commit_timestamp'),
  }));
}

export function saveTransaction(row: TransactionRow): SqlStatement {
  return {
    sql: `INSERT INTO transactions (transactional_id, state, updated) VALUES (?, ?, ?)
          ON CONFLICT (transactional_id) DO UPDATE SET state = excluded.state, updated = excluded.updated`,
    params: [row.transactionalId, row.state, row.updated],
  };
}

export function removeTransaction(transactionalId: string): SqlStatement {
  return { sql: 'DELETE FROM transactions WHERE transactional_id = ?', params: [transactionalId] };
}

export function saveTransactionOffset(row: TransactionOffsetRow): SqlStatement {
  return {
    sql: `INSERT INTO transaction_offsets (producer_id, producer_epoch, group_id, topic, topic_id, partition, committed_offset,
            leader_epoch, metadata, commit_timestamp)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (producer_id, group_id, topic, partition) DO UPDATE SET producer_epoch = excluded.producer_epoch,
            topic_id = excluded.topic_id, committed_offset = excluded.committed_offset,
            leader_epoch = excluded.leader_epoch, metadata = excluded.metadata,
            commit_timestamp = excluded.commit_timestamp`,
    params: [
      row.producerId,
      row.producerEpoch,
      row.groupId,
      row.topic,
      row.topicId,
      row.partition,
      row.offset,
      row.leaderEpoch,
      row.metadata,
      row.commitTimestamp,
    ],
  };
}

/** Statements that end what a producer's transaction holds of offsets: they become committed ones, or nothing. */
export function endTransactionOffsets(producerId: number, commit: boolean): SqlStatement[] {
  const moved: SqlStatement = {
    sql: `INSERT INTO group_offsets (group_id, topic, topic_id, partition, committed_offset, leader_epoch, metadata,
            commit_timestamp, expire_timestamp)
          SELECT group_id, topic, topic_id, partition, committed_offset, leader_epoch, metadata, commit_timestamp, NULL
          FROM transaction_offsets WHERE producer_id = ?
          ON CONFLICT (group_id, topic, partition) DO UPDATE SET topic_id = excluded.topic_id,
            committed_offset = excluded.committed_offset, leader_epoch = excluded.leader_epoch,
            metadata = excluded.metadata, commit_timestamp = excluded.commit_timestamp,
            expire_timestamp = excluded.expire_timestamp`,
    params: [producerId],
  };
  const removed: SqlStatement = { sql: 'DELETE FROM transaction_offsets WHERE producer_id = ?', params: [producerId] };
  return commit ? [moved, removed] : [removed];
}
