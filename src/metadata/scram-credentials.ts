import { int, str } from './rows.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

/** What is kept of the password of one user for one mechanism; bytes are Base64. */
export interface ScramCredentialRow {
  readonly user: string;
  readonly mechanism: string;
  readonly salt: string;
  readonly iterations: number;
  readonly storedKey: string;
  readonly serverKey: string;
}

export async function scramCredentialRows(sql: SqlEngine): Promise<ScramCredentialRow[]> {
  const rows = await sql.query('SELECT * FROM scram_credentials ORDER BY user_name, mechanism');
  return rows.map((row) => ({
    user: str(row, 'user_name'),
    mechanism: str(row, 'mechanism'),
    salt: str(row, 'salt'),
    iterations: int(row, 'iterations'),
    storedKey: str(row, 'stored_key'),
    serverKey: str(row, 'server_key'),
  }));
}

/** Inserts a credential, or replaces that of the same user and mechanism. */
export function saveScramCredential(row: ScramCredentialRow): SqlStatement {
  return {
    sql: `INSERT INTO scram_credentials (user_name, mechanism, salt, iterations, stored_key, server_key)
          VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT (user_name, mechanism) DO UPDATE SET salt = excluded.salt, iterations = excluded.iterations,
            stored_key = excluded.stored_key, server_key = excluded.server_key`,
    params: [row.user, row.mechanism, row.salt, row.iterations, row.storedKey, row.serverKey],
  };
}

export function removeScramCredential(user: string, mechanism: string): SqlStatement {
  return { sql: 'DELETE FROM scram_credentials WHERE user_name = ? AND mechanism = ?', params: [user, mechanism] };
}
