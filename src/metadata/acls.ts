import { str } from './rows.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

/** One ACL; every part belongs to the key. */
export interface AclRow {
  readonly resourceType: string;
  readonly resourceName: string;
  readonly patternType: string;
  readonly principal: string;
  readonly host: string;
  readonly operation: string;
  readonly permission: string;
}

const COLUMNS = 'resource_type, resource_name, pattern_type, principal, host, operation, permission';

function valuesOf(row: AclRow): string[] {
  return [row.resourceType, row.resourceName, row.patternType, row.principal, row.host, row.operation, row.permission];
}

export async function aclRows(sql: SqlEngine): Promise<AclRow[]> {
  const rows = await sql.query(`SELECT ${COLUMNS} FROM acls ORDER BY ${COLUMNS}`);
  return rows.map((row) => ({
    resourceType: str(row, 'resource_type'),
    resourceName: str(row, 'resource_name'),
    patternType: str(row, 'pattern_type'),
    principal: str(row, 'principal'),
    host: str(row, 'host'),
    operation: str(row, 'operation'),
    permission: str(row, 'permission'),
  }));
}

/** Inserts an ACL; one that is there stays. */
export function saveAcl(row: AclRow): SqlStatement {
  return {
    sql: `INSERT INTO acls (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    params: valuesOf(row),
  };
}

export function removeAcl(row: AclRow): SqlStatement {
  return {
    sql: `DELETE FROM acls WHERE resource_type = ? AND resource_name = ? AND pattern_type = ? AND principal = ?
          AND host = ? AND operation = ? AND permission = ?`,
    params: valuesOf(row),
  };
}
