import { int, str } from './rows.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

/** The first offset that a partition still has, when it is not 0. */
export interface LogStartRow {
  readonly topicId: string;
  readonly partition: number;
  readonly logStart: number;
}

/** Log starts of all partitions that have ever raised it. */
export async function logStarts(sql: SqlEngine): Promise<LogStartRow[]> {
  const rows = await sql.query('SELECT topic_id, partition, log_start FROM partitions');
  return rows.map((row) => ({
    topicId: str(row, 'topic_id'),
    partition: int(row, 'partition'),
    logStart: int(row, 'log_start'),
  }));
}

/** Statement that raises a log start; a lower value changes nothing, because a log start never goes back. */
export function raiseLogStart(topicId: string, partition: number, offset: number): SqlStatement {
  return {
    sql: `INSERT INTO partitions (topic_id, partition, log_start) VALUES (?, ?, ?)
          ON CONFLICT (topic_id, partition) DO UPDATE SET log_start = excluded.log_start
          WHERE excluded.log_start > partitions.log_start`,
    params: [topicId, partition, offset],
  };
}
