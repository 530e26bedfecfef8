import { real, str } from './rows.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

/** One limit of one entity; `entity` is a text that only its writer reads. */
export interface ClientQuotaRow {
  readonly entity: string;
  readonly quota: string;
  readonly value: number;
}

export async function clientQuotaRows(sql: SqlEngine): Promise<ClientQuotaRow[]> {
  const rows = await sql.query('SELECT entity, quota, value FROM client_quotas ORDER BY entity, quota');
  return rows.map((row) => ({ entity: str(row, 'entity'), quota: str(row, 'quota'), value: real(row, 'value') }));
}

export function saveClientQuota({ entity, quota, value }: ClientQuotaRow): SqlStatement {
  return {
    sql: `INSERT INTO client_quotas (entity, quota, value) VALUES (?, ?, ?)
          ON CONFLICT (entity, quota) DO UPDATE SET value = excluded.value`,
    params: [entity, quota, value],
  };
}

export function removeClientQuota(entity: string, quota: string): SqlStatement {
  return { sql: 'DELETE FROM client_quotas WHERE entity = ? AND quota = ?', params: [entity, quota] };
}
