/** The lakehouse library: tables of the Apache Iceberg format on an object store. */
export { type Clock, systemClock } from '../base/clock.ts';
export type { LogFields, Logger } from '../base/logger.ts';
export { createMetrics, type Metrics } from '../base/metrics.ts';
export { type Random, systemRandom } from '../base/random.ts';
export { openObjectStore } from '../objects/open.ts';
export type { ObjectStore } from '../objects/types.ts';
export type * from './catalog.ts';
export {
  CatalogUnavailable,
  CommitConflict,
  NamespaceExists,
  NamespaceNotEmpty,
  NoSuchNamespace,
  NoSuchTable,
  TableExists,
} from './catalog.ts';
export { CachedCatalog, type CacheInfo, DEFAULT_CACHE_TTL_SECONDS } from './catalogs/cached.ts';
export { lazyCatalog } from './catalogs/lazy.ts';
export { MemoryCatalog } from './catalogs/memory.ts';
export { meteredCatalog } from './catalogs/metered.ts';
export { type CatalogOptions, openCatalog } from './catalogs/open.ts';
export {
  DEFAULT_POOL,
  openPostgres,
  type PoolSettings,
  type PoolUse,
  type PostgresEngine,
} from './catalogs/postgres.ts';
export { CATALOG_TABLES, SqlCatalog } from './catalogs/sql.ts';
export { openSqliteCatalog } from './catalogs/sqlite.ts';
export {
  type CompactOptions,
  type CompactReport,
  compactTable,
  isWithin,
  mergeGroups,
  noMerges,
  nextMerge,
  rewriteFiles,
  type RewriteOptions,
  type Rewritten,
} from './compact.ts';
export type * from './data-file.ts';
export { type CommitContext, DEFAULT_RETRY, type RetryPolicy } from './iceberg/commit.ts';
export {
  DELETE_FIELD_ID,
  DeleteIndex,
  type DeleteFile,
  partitionScope,
  unsupportedDelete,
} from './row-deletes.ts';
export { SchemaRefusedByRules } from './iceberg/evolution.ts';
export { type OffsetsBelow, rowsBelow } from './file-bounds.ts';
export { type EraseOptions, type EraseReport, eraseRows, SnapshotNamed } from './erase-rows.ts';
export { type Expiry, expireSnapshots } from './iceberg/expire.ts';
export { parseJson, writeJson } from './iceberg/json.ts';
export { logOffsetsOf, OFFSETS_KEY } from './iceberg/log-offsets.ts';
export {
  InvalidMetadata,
  metadataFrom,
  type Snapshot,
  type SnapshotId,
  type TableMetadata,
} from './iceberg/metadata.ts';
export { namedFiles } from './iceberg/named-files.ts';
export { removeOrphans } from './iceberg/orphans.ts';
export { checkRequirements, RequirementFailed, type TableRequirement } from './iceberg/requirements.ts';
export {
  commitTables,
  createTable,
  loadTable,
  Table,
  type TableContext,
  type TableDefinition,
} from './iceberg/table.ts';
export { dayOfMicros } from './iceberg/transforms.ts';
export { applyUpdates, emptyMetadata, type TableUpdate } from './iceberg/updates.ts';
export { type CommitMeter, LakeMeters } from './meters.ts';
export type * from './schema.ts';
export type { LogOffsets, TableChange } from './table.ts';
export { OffsetsMoved } from './table.ts';
export { parseSingleValue, type SingleValue, singleValue } from './single-value.ts';
export { TOPIC_ID, TOPICS_NAMESPACE } from './topic-names.ts';
export { DELETED_BELOW_KEY, trimRows, type TrimOptions, type TrimReport } from './trim-rows.ts';
export { type Warehouse, warehouseAt } from './warehouse.ts';
export type { RowBlock } from './parquet/data-file-reader.ts';
export type { Compression } from './parquet/parquet-file.ts';
export { FrozenMemtable, Memtable, type RowHeader } from './parquet/memtable.ts';
export {
  InvalidColumns,
  isColumnName,
  MAX_COLUMNS,
  type PromotedColumn,
  type PromotedType,
  parsePromotedColumns,
} from './parquet/promoted-columns.ts';
export { FIELD_ID, FIRST_PROMOTED_ID, RECORD_ORDER, RECORD_SPEC, recordSchema } from './parquet/record-schema.ts';
export { diskSpool, memorySpool, type Spool } from './parquet/spool.ts';
export { inferColumns } from './parquet/infer.ts';
export { promote, type ReadValue, readJson } from './parquet/promote.ts';
export {
  COLUMNS_KEY,
  type ColumnPlan,
  type ColumnsTable,
  planColumns,
  type TableColumn,
  tableColumns,
} from './parquet/table-columns.ts';
export { type WriteOptions, writeDataFiles } from './parquet/write-data-files.ts';
export { UnreadableFile } from './parquet/group-reader.ts';
export { filesToVerify, verifyDataFile } from './verify.ts';
export type { ColumnBatch } from './writer/batch.ts';
export {
  type BatchConfig,
  createIcebergWriter,
  IcebergWriter,
  type WriterConfig,
} from './writer/iceberg-writer.ts';
