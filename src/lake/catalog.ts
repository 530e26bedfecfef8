/** Names a table: `['topics']` and the topic's name for the broker's tables, `[tenant, dataset]` for the library's. */
export interface TableIdentifier {
  readonly namespace: readonly string[];
  readonly name: string;
}

/** One table's move from one metadata file to the next. */
export interface PointerChange {
  readonly table: TableIdentifier;
  /** The metadata file that the commit was made from; undefined creates the table. */
  readonly from: string | undefined;
  readonly to: string;
}

/**
 * An Iceberg catalog: it knows where the current metadata file of each table is, and moves that pointer atomically. It neither reads nor
 * writes metadata files. Errors: `NoSuchNamespace`, `NamespaceExists`, `NamespaceNotEmpty`, `NoSuchTable`, `TableExists`, `CommitConflict` (the pointer is not
 * `from` any more: nothing was changed), and `CatalogUnavailable` with a cause: whether a change happened is then unknown.
 */
export interface Catalog {
  createNamespace(namespace: readonly string[], properties?: Readonly<Record<string, string>>): Promise<void>;
  dropNamespace(namespace: readonly string[]): Promise<void>;
  /** Namespaces one level below `parent`; the first level without one. */
  listNamespaces(parent?: readonly string[]): Promise<readonly (readonly string[])[]>;
  namespaceProperties(namespace: readonly string[]): Promise<Readonly<Record<string, string>>>;
  updateNamespace(
    namespace: readonly string[],
    change: { readonly set?: Readonly<Record<string, string>>; readonly remove?: readonly string[] },
  ): Promise<void>;
  listTables(namespace: readonly string[]): Promise<readonly TableIdentifier[]>;
  /** The current metadata file's URI; undefined when there is no such table. */
  metadataLocation(table: TableIdentifier): Promise<string | undefined>;
  /** Moves all pointers in one transaction, or none. */
  commit(changes: readonly PointerChange[]): Promise<void>;
  renameTable(from: TableIdentifier, to: TableIdentifier): Promise<void>;
  /** Forgets the pointer; files stay. */
  dropTable(table: TableIdentifier): Promise<void>;
  /** Closing again does nothing. */
  close(): Promise<void>;
}

class CatalogError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

export class NoSuchNamespace extends CatalogError {}
export class NamespaceExists extends CatalogError {}
export class NamespaceNotEmpty extends CatalogError {}
export class NoSuchTable extends CatalogError {}
export class TableExists extends CatalogError {}
/** Somebody else committed since. Load the table again and try anew. */
export class CommitConflict extends CatalogError {}
/** The catalog did not answer. A commit may have happened: look before trying again. */
export class CatalogUnavailable extends CatalogError {}
