import { openInlineSqlite } from '../../metadata/sqlite-inline.ts';
import { openThreadedSqlite } from '../../metadata/sqlite-thread.ts';
import { CATALOG_TABLES, SqlCatalog } from './sql.ts';

/**
 * An Iceberg catalog in a SQLite file (in a thread of its own, so that no sync stops the caller) or in ':memory:'. Rejects with
 * SqlUnavailable where the file cannot be opened.
 */
export async function openSqliteCatalog(path: string, name = 'quarry'): Promise<SqlCatalog> {
  const engine =
    path === ':memory:' ? openInlineSqlite(path, CATALOG_TABLES) : await openThreadedSqlite(path, CATALOG_TABLES);
  return new SqlCatalog(engine, name);
}
