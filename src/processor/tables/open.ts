import type { Codecs } from '../../../protocol/records/index.ts';
import type { Clock } from '../../base/clock.ts';
import { errorCounter } from '../../base/error-metrics.ts';
import type { Logger } from '../../base/logger.ts';
import type { Metrics } from '../../base/metrics.ts';
import type { Random } from '../../base/random.ts';
import { type Catalog, LakeMeters, meteredCatalog, openCatalog, warehouseAt } from '../../lake/index.ts';
import type { ObjectStore } from '../../objects/types.ts';
import { LakeTables } from './lake-tables.ts';
import { flushSeconds, tableMetrics } from './metrics.ts';
import { TableSink } from './sink.ts';
import type { TableHost, TableSinkSettings } from './types.ts';

export interface OpenTableSinkParts {
  readonly store: ObjectStore;
  readonly baseUri: string;
  readonly catalogUrl: string;
  readonly host: TableHost;
  readonly codecs: Codecs;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly settings: TableSinkSettings;
}

/** Opens the catalog and the sink over it. Rejects where the catalog cannot be opened. */
export async function openTableSink(parts: OpenTableSinkParts): Promise<TableSink> {
  const { store, baseUri, catalogUrl, metrics, clock, random, host } = parts;
  const catalog = meteredCatalog(await openOwnCatalog(catalogUrl), metrics, clock);
  const tables = new LakeTables({
    catalog,
    warehouse: warehouseAt(baseUri, store),
    clock,
    random,
    host,
    meter: new LakeMeters(metrics),
  });
  const sink = new TableSink({
    ...parts,
    tables,
    seconds: flushSeconds(metrics),
    failed: errorCounter(metrics, 'flush'),
  });
  tableMetrics(metrics, () => sink.status());
  return sink;
}

/**
 * The catalog that a URL names: `sqlite:PATH` or `memory:`. Rejects with a RangeError for others: in a catalog elsewhere a commit that was
 * under way in a crash could happen after the next start has given up its files.
 */
async function openOwnCatalog(url: string): Promise<Catalog> {
  if (/^(memory|sqlite):/.test(url)) return openCatalog(url);
  throw new RangeError(`catalog '${url}' is not supported: use sqlite:PATH or memory:`);
}
