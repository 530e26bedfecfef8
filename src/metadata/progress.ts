import { int, str } from './rows.ts';
import type { ProgressRow, SqlEngine, SqlStatement } from './types.ts';

/** How far a sink has come, or undefined before its first commit. */
export async function readProgress(sql: SqlEngine, sink: string): Promise<ProgressRow | undefined> {
  const [row] = await sql.query('SELECT sink, segment, position FROM progress WHERE sink = ?', [sink]);
  return row && { sink: str(row, 'sink'), segment: int(row, 'segment'), position: int(row, 'position') };
}

/** Statement for the transaction that registers what the sink made: progress is never committed beside it. */
export function saveProgress(row: ProgressRow): SqlStatement {
  return {
    sql: `INSERT INTO progress (sink, segment, position) VALUES (?, ?, ?)
          ON CONFLICT (sink) DO UPDATE SET segment = excluded.segment, position = excluded.position`,
    params: [row.sink, row.segment, row.position],
  };
}
