import type { Clock } from '../src/base/clock.ts';
import type { Disk } from '../src/base/disk.ts';
import { silentLogger } from '../src/base/logger.ts';
import type { Metrics } from '../src/base/metrics.ts';
import type { Random } from '../src/base/random.ts';
import { type Catalog, LakeMeters, warehouseAt } from '../src/lake/index.ts';
import { JSON_VALUES } from '../src/lake/values/value-reader.ts';
import type { CommittedRead } from '../src/log/committed-read.ts';
import type { SqlEngine } from '../src/metadata/types.ts';
import type { ObjectStore } from '../src/objects/types.ts';
import { LakeTables } from '../src/processor/tables/lake-tables.ts';
import { OwnFiles } from '../src/processor/tables/own-files.ts';
import { TableRegistration } from '../src/processor/tables/registration.ts';
import { TableSink } from '../src/processor/tables/sink.ts';
import { type TableErasure, type TableHost, TABLES_PREFIX } from '../src/processor/tables/types.ts';
import { NO_CODECS } from '../src/wal/no-codecs.ts';
import { BASE_URI, PARTITIONS, TOPIC, TOPIC_ID } from './erasure-topic.ts';

export interface ErasureTableParts {
  readonly sql: SqlEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly store: ObjectStore;
  readonly catalog: Catalog;
  readonly disk: Disk;
  readonly uploads: Set<string>;
  readonly readLog: (partition: number, offset: number) => Promise<CommittedRead>;
  /** What a planted bug makes of the host. */
  readonly host: (host: TableHost) => TableHost;
}

/** The table sink of a topic, which reads by itself and flushes when told to. */
export interface ErasureTables {
  readonly files: LakeTables;
  readonly erase: (task: TableErasure) => Promise<readonly number[]>;
  /** The log got on: what is stable is read into memory. */
  advanced(ends: readonly number[]): void;
  flush(): Promise<void>;
}

export async function openErasureTables(parts: ErasureTableParts): Promise<ErasureTables> {
  const { sql, clock, random, metrics, store, catalog, uploads } = parts;
  const registration = new TableRegistration({ sql, clock, uploads });
  await registration.protect(TABLES_PREFIX, () => true);
  const host = parts.host({
    readLog: (_topicId, partition, offset) => parts.readLog(partition, offset),
    announce: (objectKey) => registration.announce(objectKey),
    settle: (files) => registration.settle(files),
    unsettled: (prefix) => registration.unsettled(prefix),
    discard: (objectKeys) => registration.discard(objectKeys),
    mergeProgress: () => Promise.resolve(),
  });
  const own = new OwnFiles(host);
  const sizes = { compression: 'uncompressed', maxRows: 1000, maxBytes: 1e6 } as const;
  const files = new LakeTables({
    catalog,
    warehouse: warehouseAt(BASE_URI, store),
    clock,
    random,
    host: own,
    files: sizes,
    values: JSON_VALUES,
    meter: new LakeMeters(metrics),
    onCommit() {},
  });
  const sink = new TableSink({
    host: { ...host, unsettled: (prefix) => own.unsettledByOthers(prefix) },
    tables: files,
    codecs: NO_CODECS,
    clock,
    random,
    logger: silentLogger,
    seconds: { observe() {} },
    failed: { inc() {} },
    settings: {
      memtableBytes: 1e9,
      // Rows wait in memory until they are flushed by name.
      flushIntervalMs: 1e12,
      memoryBytes: 1e9,
      maxReads: 2,
      maxFlushes: 1,
      batchRecords: 1000,
      retryBaseMs: 20,
      retryMaxMs: 200,
      files: sizes,
      registry: undefined,
      decompressedLimitBytes: 1e6,
    },
  });
  sink.addTopic({ topicId: TOPIC_ID, name: TOPIC, partitions: PARTITIONS, columns: { columns: '', infer: false } });
  sink.start();
  return {
    files,
    erase: (task) => sink.erase(task),
    advanced: (ends) => sink.advanced(ends.map((end, partition) => ({ topicId: TOPIC_ID, partition, end }))),
    flush: () => sink.flushNow(),
  };
}
