import { type Random, randomUuid, uuidToString } from '../base/random.ts';
import { str } from './rows.ts';
import type { SqlEngine, SqlStatement } from './types.ts';

/** The value stored under `key` of the table `meta`; `initial` is stored first when there is none. */
export async function metaValue(sql: SqlEngine, key: string, initial: string): Promise<string> {
  await sql.transaction([
    { sql: 'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING', params: [key, initial] },
  ]);
  const [row] = await sql.query('SELECT value FROM meta WHERE key = ?', [key]);
  return row === undefined ? initial : str(row, 'value');
}

/** Statement that stores a value under `key` of the table `meta`. */
export function setMeta(key: string, value: string): SqlStatement {
  return {
    sql: 'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    params: [key, value],
  };
}

/** The cluster's id, made at the first start and kept for ever. */
export function clusterId(sql: SqlEngine, random: Random): Promise<string> {
  return metaValue(sql, 'cluster.id', uuidToString(randomUuid(random)));
}
