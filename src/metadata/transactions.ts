import { type CommittedOffset, OFFSET_COLUMNS, OFFSET_REPLACED, offsetOf, offsetParams } from './offsets.ts';
import { int, str } from './rows.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

/** The durable state of one transactional id: whatever its machine needs to go on after a restart, as JSON. */
export interface TransactionRow {
  readonly transactionalId: string;
  readonly state: string;
  readonly updated: number;
}

/** An offset that a transaction commits, once it does. */
export interface TransactionOffsetRow extends CommittedOffset {
  readonly producerId: number;
  readonly producerEpoch: number;
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
    ...offsetOf(row),
    producerId: int(row, 'producer_id'),
    producerEpoch: int(row, 'producer_epoch'),
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
    sql: `INSERT INTO transaction_offsets (${OFFSET_COLUMNS}, producer_id, producer_epoch)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (producer_id, group_id, topic, partition) DO UPDATE SET ${OFFSET_REPLACED},
            producer_epoch = excluded.producer_epoch`,
    params: [...offsetParams(row), row.producerId, row.producerEpoch],
  };
}

/** Statements that end what a producer's transaction holds of offsets: they become committed ones, or nothing. */
export function endTransactionOffsets(producerId: number, commit: boolean): SqlStatement[] {
  const moved: SqlStatement = {
    sql: `INSERT INTO group_offsets (${OFFSET_COLUMNS}, expire_timestamp)
          SELECT ${OFFSET_COLUMNS}, NULL FROM transaction_offsets WHERE producer_id = ?
          ON CONFLICT (group_id, topic, partition) DO UPDATE SET ${OFFSET_REPLACED},
            expire_timestamp = excluded.expire_timestamp`,
    params: [producerId],
  };
  const removed: SqlStatement = { sql: 'DELETE FROM transaction_offsets WHERE producer_id = ?', params: [producerId] };
  return commit ? [moved, removed] : [removed];
}
