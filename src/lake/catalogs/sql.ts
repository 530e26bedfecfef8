import { SqlConflict, SqlInvalid, SqlUnavailable } from '../../metadata/errors.ts';
import type { SqlEngine, SqlStatement, SqlValue } from '../../metadata/types.ts';
import {
  type Catalog,
  CatalogUnavailable,
  CommitConflict,
  NamespaceExists,
  NamespaceNotEmpty,
  NoSuchNamespace,
  NoSuchTable,
  type PointerChange,
  TableExists,
  type TableIdentifier,
} from '../catalog.ts';
import { childrenOf, namespaceKey } from './namespaces.ts';

/** The tables that Java's JdbcCatalog (schema V1) and pyiceberg's SqlCatalog share, so that all can work on one database. */
export const CATALOG_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS iceberg_tables (
    catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL,
    metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000), iceberg_type VARCHAR(5),
    PRIMARY KEY (catalog_name, table_namespace, table_name))`,
  `CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (
    catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL, property_key VARCHAR(255) NOT NULL,
    property_value VARCHAR(1000),
    PRIMARY KEY (catalog_name, namespace, property_key))`,
];

/** The row that says that a namespace exists; other engines write the same. */
const EXISTS = 'exists';
/** Views share the table; rows of catalogs that know none have no type. */
const IS_TABLE = "(iceberg_type = 'TABLE' OR iceberg_type IS NULL)";
const TABLE_COLUMNS = 'catalog_name, table_namespace, table_name, metadata_location, previous_metadata_location';
const ADD_PROPERTY = 'INSERT INTO iceberg_namespace_properties VALUES (?, ?, ?, ?)';

/** An Iceberg catalog in a SQL database that has CATALOG_TABLES. */
export class SqlCatalog implements Catalog {
  readonly #engine: SqlEngine;
  readonly #name: string;
  #types: Promise<boolean> | undefined;

  constructor(engine: SqlEngine, name = 'quarry') {
    this.#engine = engine;
    this.#name = name;
  }

  async #query(sql: string, ...params: SqlValue[]): Promise<readonly Readonly<Record<string, SqlValue>>[]> {
    return this.#engine.query(sql, params).catch((error: unknown) => Promise.reject(translated(error)));
  }

  async #transaction(statements: readonly SqlStatement[]): Promise<void> {
    await this.#engine.transaction(statements).catch((error: unknown) => Promise.reject(translated(error)));
  }

  #row(table: TableIdentifier): string[] {
    return [this.#name, namespaceKey(table.namespace), table.name];
  }

  /** Whether rows say what they are of: where pyiceberg made the tables of the database, or Java in its first schema, that column is missing. */
  #hasTypes(): Promise<boolean> {
    this.#types ??= this.#engine.query('SELECT iceberg_type FROM iceberg_tables WHERE 1 = 0').then(
      () => true,
      (error: unknown) => {
        if (error instanceof SqlInvalid && error.message.includes('iceberg_type')) return false;
        this.#types = undefined;
        throw translated(error);
      },
    );
    return this.#types;
  }

  async #isTable(): Promise<string> {
    return (await this.#hasTypes()) ? IS_TABLE : 'TRUE';
  }

  async #isThisTable(): Promise<string> {
    return `catalog_name = ? AND table_namespace = ? AND table_name = ? AND ${await this.#isTable()}`;
  }

  /** Every namespace that has a property or a table. */
  async #namespaces(): Promise<Set<string>> {
    const rows = await this.#query(
      'SELECT namespace AS n FROM iceberg_namespace_properties WHERE catalog_name = ? UNION SELECT table_namespace AS n FROM iceberg_tables WHERE catalog_name = ?',
      this.#name,
      this.#name,
    );
    return new Set(rows.map((row) => String(row['n'])));
  }

  async #mustExist(namespace: readonly string[]): Promise<string> {
    const key = namespaceKey(namespace);
    if (!(await this.#namespaces()).has(key)) throw new NoSuchNamespace(`namespace ${key} does not exist`);
    return key;
  }

  async createNamespace(
    namespace: readonly string[],
    properties: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const key = namespaceKey(namespace);
    const exists = new NamespaceExists(`namespace ${key} exists`);
    if ((await this.#namespaces()).has(key)) throw exists;
    const rows = Object.entries({ ...properties, [EXISTS]: 'true' });
    await this.#transaction(
      rows.map(([name, value]) => ({ sql: ADD_PROPERTY, params: [this.#name, key, name, value] })),
    ).catch((error: unknown) => Promise.reject(error instanceof SqlConflict ? exists : error));
  }

  async dropNamespace(namespace: readonly string[]): Promise<void> {
    const key = await this.#mustExist(namespace);
    const below = [...(await this.#namespaces())].some((other) => other.startsWith(`${key}.`));
    const notEmpty = new NamespaceNotEmpty(`namespace ${key} is not empty`);
    if (below || (await this.listTables(namespace)).length > 0) throw notEmpty;
    await this.#transaction([
      // Asked again inside the transaction: a table may have been created since.
      {
        sql: 'DELETE FROM iceberg_namespace_properties WHERE catalog_name = ? AND namespace = ? AND NOT EXISTS (SELECT 1 FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ?)',
        params: [this.#name, key, this.#name, key],
      },
    ]);
    if ((await this.#namespaces()).has(key)) throw notEmpty;
  }

  async listNamespaces(parent: readonly string[] = []): Promise<readonly (readonly string[])[]> {
    const children = childrenOf(await this.#namespaces(), parent);
    if (parent.length > 0 && children.length === 0) await this.#mustExist(parent);
    return children;
  }

  async namespaceProperties(namespace: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const key = await this.#mustExist(namespace);
    const rows = await this.#query(
      'SELECT property_key AS k, property_value AS v FROM iceberg_namespace_properties WHERE catalog_name = ? AND namespace = ? AND property_key <> ?',
      this.#name,
      key,
      EXISTS,
    );
    return Object.fromEntries(rows.map((row) => [String(row['k']), String(row['v'] ?? '')]));
  }

  async updateNamespace(
    namespace: readonly string[],
    change: { readonly set?: Readonly<Record<string, string>>; readonly remove?: readonly string[] },
  ): Promise<void> {
    const key = await this.#mustExist(namespace);
    const set = Object.entries(change.set ?? {});
    const gone = [...(change.remove ?? []), ...set.map(([name]) => name)].filter((name) => name !== EXISTS);
    await this.#transaction([
      ...gone.map((name) => ({
        sql: 'DELETE FROM iceberg_namespace_properties WHERE catalog_name = ? AND namespace = ? AND property_key = ?',
        params: [this.#name, key, name],
      })),
      ...set
        .filter(([name]) => name !== EXISTS)
        .map(([name, value]) => ({ sql: ADD_PROPERTY, params: [this.#name, key, name, value] })),
    ]);
  }

  async listTables(namespace: readonly string[]): Promise<readonly TableIdentifier[]> {
    const key = await this.#mustExist(namespace);
    const rows = await this.#query(
      `SELECT table_name AS t FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ? AND ${await this.#isTable()} ORDER BY table_name`,
      this.#name,
      key,
    );
    return rows.map((row) => ({ namespace, name: String(row['t']) }));
  }

  async metadataLocation(table: TableIdentifier): Promise<string | undefined> {
    const sql = `SELECT metadata_location AS l FROM iceberg_tables WHERE ${await this.#isThisTable()}`;
    const [row] = await this.#query(sql, ...this.#row(table));
    return row === undefined ? undefined : String(row['l']);
  }

  async commit(changes: readonly PointerChange[]): Promise<void> {
    for (const { table, from } of changes) if (from === undefined) await this.#mustExist(table.namespace);
    const [column, type] = (await this.#hasTypes()) ? [', iceberg_type', ", 'TABLE'"] : ['', ''];
    const isThisTable = await this.#isThisTable();
    const statements = changes.map(({ table, from, to }) =>
      from === undefined
        ? {
            sql: `INSERT INTO iceberg_tables (${TABLE_COLUMNS}${column}) VALUES (?, ?, ?, ?, NULL${type})`,
            params: [...this.#row(table), to],
          }
        : {
            sql: `UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ? WHERE ${isThisTable} AND metadata_location = ?`,
            params: [to, from, ...this.#row(table), from],
            changes: 1,
          },
    );
    try {
      await this.#transaction(statements);
    } catch (error) {
      throw error instanceof SqlConflict ? await this.#conflict(changes, error) : error;
    }
  }

  /** Says which of the changes did not apply, by what the database says now. */
  async #conflict(changes: readonly PointerChange[], cause: SqlConflict): Promise<Error> {
    for (const { table, from } of changes) {
      const current = await this.metadataLocation(table);
      if (from === undefined && current !== undefined) return new TableExists(`table ${table.name} exists`);
      if (from !== undefined && current === undefined) return new NoSuchTable(`table ${table.name} does not exist`);
    }
    return new CommitConflict('a table has been committed to since it was loaded', { cause });
  }

  async renameTable(from: TableIdentifier, to: TableIdentifier): Promise<void> {
    const target = await this.#mustExist(to.namespace);
    if ((await this.metadataLocation(from)) === undefined) throw new NoSuchTable(`table ${from.name} does not exist`);
    const sql = `UPDATE iceberg_tables SET table_namespace = ?, table_name = ? WHERE ${await this.#isThisTable()}`;
    try {
      await this.#transaction([{ sql, params: [target, to.name, ...this.#row(from)], changes: 1 }]);
    } catch (error) {
      if (!(error instanceof SqlConflict)) throw error;
      const gone = (await this.metadataLocation(from)) === undefined;
      throw gone ? new NoSuchTable(`table ${from.name} does not exist`) : new TableExists(`table ${to.name} exists`);
    }
  }

  async dropTable(table: TableIdentifier): Promise<void> {
    const sql = `DELETE FROM iceberg_tables WHERE ${await this.#isThisTable()}`;
    try {
      await this.#transaction([{ sql, params: this.#row(table), changes: 1 }]);
    } catch (error) {
      throw error instanceof SqlConflict ? new NoSuchTable(`table ${table.name} does not exist`) : error;
    }
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

function translated(error: unknown): unknown {
  return error instanceof SqlUnavailable
    ? new CatalogUnavailable(`the catalog's database did not answer: ${error.message}`, { cause: error })
    : error;
}
