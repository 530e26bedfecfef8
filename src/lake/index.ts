/** The lakehouse library: tables of the Apache Iceberg format on an object store. */
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
export type * from './data-file.ts';
export type * from './schema.ts';
export type { LogOffsets, TableChange } from './table.ts';
export { OffsetsMoved } from './table.ts';
export { type Warehouse, warehouseAt } from './warehouse.ts';
