import type { Codecs } from '../../../protocol/records/index.ts';
import type { Clock } from '../../base/clock.ts';
import { errorCounter } from '../../base/error-metrics.ts';
import type { Disk } from '../../base/disk.ts';
import type { Logger } from '../../base/logger.ts';
import type { Metrics } from '../../base/metrics.ts';
import type { Random } from '../../base/random.ts';
import { type Catalog, LakeMeters, warehouseAt } from '../../lake/index.ts';
import type { ObjectStore } from '../../objects/types.ts';
import { mergeMetersOf } from '../merging/metrics.ts';
import { type RegistrySettings, SchemaRegistry } from '../../lake/values/schema-registry.ts';
import { FramedValues, JSON_VALUES, type ValueReader } from '../../lake/values/value-reader.ts';
import { LakeTables } from './lake-tables.ts';
import { TableMerges } from './merges.ts';
import { flushSeconds, tableMetrics } from './metrics.ts';
import { OwnFiles } from './own-files.ts';
import { TableSink } from './sink.ts';
import type { TableHost, TableSinkSettings } from './types.ts';

export interface OpenTableSinkParts {
  readonly store: ObjectStore;
  readonly baseUri: string;
  /** Closed with the sink. */
  readonly catalog: Catalog;
  readonly host: TableHost;
  readonly codecs: Codecs;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly settings: TableSinkSettings;
  readonly disk: Disk;
  /** Where merged files are collected. */
  readonly temporaryFolder: string;
  /** The disk is the machine's, so that the store can read files itself. */
  readonly uploadFiles: boolean;
}

/** What works on tables in one thread. */
export interface OpenTables {
  readonly sink: TableSink;
  readonly merges: TableMerges;
}

function framedValues(registry: RegistrySettings, { clock, logger }: OpenTableSinkParts): ValueReader {
  return new FramedValues(new SchemaRegistry(registry, clock), clock, (err, schema) =>
    logger.warn({ err, schema }, 'a schema cannot be used; columns of its values are null'),
  );
}

/** Makes the sink over a catalog and a store, and what keeps the tables in order. */
export function openTableSink(parts: OpenTableSinkParts): OpenTables {
  const { store, baseUri, catalog, metrics, clock, random, host } = parts;
  const { files, registry } = parts.settings;
  const values = registry === undefined ? JSON_VALUES : framedValues(registry, parts);
  const own = new OwnFiles(host);
  const tables = new LakeTables({
    catalog,
    warehouse: warehouseAt(baseUri, store),
    clock,
    random,
    host: own,
    values,
    // A file grows in memory beside its rows: where little memory is given, files are smaller.
    files: { ...files, maxBytes: Math.min(files.maxBytes, Math.floor(parts.settings.memoryBytes / 4)) },
    meter: new LakeMeters(metrics),
    onCommit: (topicId) => merges.committed(topicId),
  });
  const meters = mergeMetersOf(metrics);
  const merges: TableMerges = new TableMerges({ ...parts, host: own, tables, meters });
  const sink = new TableSink({
    ...parts,
    tables,
    host: { ...host, unsettled: (prefix) => own.unsettledByOthers(prefix) },
    seconds: flushSeconds(metrics),
    failed: errorCounter(metrics, 'flush'),
  });
  tableMetrics(metrics, () => sink.status());
  meters.show('table', () => sink.status().bytesWritten);
  return { sink, merges };
}
