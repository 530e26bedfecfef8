import { int, str } from './rows.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

/** A delegation token. Its secret is not stored: it follows from the id and the broker's secret key. */
export interface DelegationTokenRow {
  readonly tokenId: string;
  /** Principals in Kafka's text form. */
  readonly owner: string;
  readonly requester: string;
  readonly renewers: readonly string[];
  /** Times in ms since the epoch. */
  readonly issued: number;
  readonly expires: number;
  readonly maxExpires: number;
}

export async function delegationTokenRows(sql: SqlEngine): Promise<DelegationTokenRow[]> {
  const rows = await sql.query('SELECT * FROM delegation_tokens ORDER BY token_id');
  return rows.map((row) => ({
    tokenId: str(row, 'token_id'),
    owner: str(row, 'owner'),
    requester: str(row, 'requester'),
    renewers: JSON.parse(str(row, 'renewers')) as string[],
    issued: int(row, 'issued'),
    expires: int(row, 'expires'),
    maxExpires: int(row, 'max_expires'),
  }));
}

/** Inserts a token, or replaces the one with the same id. */
export function saveDelegationToken(row: DelegationTokenRow): SqlStatement {
  return {
    sql: `INSERT INTO delegation_tokens (token_id, owner, requester, renewers, issued, expires, max_expires)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (token_id) DO UPDATE SET expires = excluded.expires`,
    params: [
      row.tokenId,
      row.owner,
      row.requester,
      JSON.stringify(row.renewers),
      row.issued,
      row.expires,
      row.maxExpires,
    ],
  };
}

export function removeDelegationToken(tokenId: string): SqlStatement {
  return { sql: 'DELETE FROM delegation_tokens WHERE token_id = ?', params: [tokenId] };
}
