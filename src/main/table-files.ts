import { systemClock } from '../base/clock.ts';
import { systemDisk } from '../base/disk-system.ts';
import { systemRandom } from '../base/random.ts';
import { baseUriOf, catalogPool } from '../broker/lake.ts';
import type { ObjectStore } from '../objects/types.ts';
import type { TablesReport } from '../processor/tables/verify-tables.ts';
import { TABLES_PREFIX } from '../processor/tables/types.ts';
import type { DataArguments } from './data-directory.ts';

const NONE: TablesReport = { files: 0, rows: 0, bytes: 0, faults: [] };

/** Checks the files of the tables that a data directory's catalog knows. What keeps the catalog from being asked is a fault. */
export async function verifyTableFiles(
  { locations, settings }: Pick<DataArguments, 'locations' | 'settings'>,
  store: ObjectStore,
): Promise<TablesReport> {
  const { catalog: url, objects } = locations;
  const file = url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : undefined;
  // Opening would make it.
  if (file !== undefined && !systemDisk.exists(file)) {
    for await (const _object of store.list(TABLES_PREFIX)) return withoutCatalog(`there is none at ${file}`);
    return NONE;
  }
  const { CatalogUnavailable, DEFAULT_RETRY, openCatalog, warehouseAt } = await import('../lake/index.ts');
  const { verifyTables } = await import('../processor/tables/verify-tables.ts');
  try {
    const catalog = await openCatalog(url, { pool: catalogPool({ settings }) });
    const warehouse = warehouseAt(baseUriOf(objects), store);
    const context = { catalog, warehouse, clock: systemClock, random: systemRandom, retry: DEFAULT_RETRY };
    return await verifyTables(context).finally(() => catalog.close());
  } catch (error) {
    if (error instanceof CatalogUnavailable) return withoutCatalog(error.message);
    throw error;
  }
}

/** What the tables are made of is not known. */
function withoutCatalog(problem: string): TablesReport {
  return { ...NONE, faults: [{ where: 'the catalog of the tables', problem }] };
}
