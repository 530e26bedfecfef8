import type { Metrics } from '../../base/metrics.ts';
import type { Catalog } from '../catalog.ts';
import { CatalogUnavailable } from '../catalog.ts';
import { SqlUnavailable } from '../../metadata/errors.ts';
import { MemoryCatalog } from './memory.ts';
import { poolMetrics } from './pool-metrics.ts';
import { DEFAULT_POOL, openPostgres, type PoolSettings } from './postgres.ts';
import { CATALOG_TABLES, SqlCatalog } from './sql.ts';
import { openSqliteCatalog } from './sqlite.ts';

/** What a catalog is opened with, besides its URL. */
export interface CatalogOptions {
  /** Its name in a database that several catalogs share. */
  readonly name?: string;
  readonly pool?: PoolSettings;
  /** Where the pool shows what it does. */
  readonly metrics?: Metrics;
}

/**
 * Opens the catalog that a URL names: `memory:`, `sqlite:PATH` (the folder must exist) or `postgres://user:password@host:port/database`.
 * Rejects with CatalogUnavailable, or a RangeError for any other scheme.
 */
export async function openCatalog(
  url: string,
  { name = 'quarry', pool = DEFAULT_POOL, metrics }: CatalogOptions = {},
): Promise<Catalog> {
  if (url === 'memory:') return new MemoryCatalog();
  try {
    if (url.startsWith('sqlite:') && url.length > 'sqlite:'.length)
      return await openSqliteCatalog(url.slice('sqlite:'.length), name);
    if (/^postgres(ql)?:\/\//.test(url)) {
      const engine = await openPostgres(url, CATALOG_TABLES, pool);
      if (metrics !== undefined) poolMetrics(metrics, () => engine.use);
      return new SqlCatalog(engine, name);
    }
  } catch (error) {
    if (!(error instanceof SqlUnavailable)) throw error;
    throw new CatalogUnavailable(`the catalog cannot be opened: ${error.message}`, { cause: error });
  }
  // Without what may be a password.
  throw new RangeError(`catalog '${url.split(':', 1)[0]}:' is not supported: use memory:, sqlite:PATH or postgres://…`);
}
