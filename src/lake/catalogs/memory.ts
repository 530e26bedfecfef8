import {
  type Catalog,
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

/** A catalog in memory: for embedded brokers and tests. */
export class MemoryCatalog implements Catalog {
  readonly #namespaces = new Map<string, Map<string, string>>();
  /** By namespace and name: where the current metadata file is. */
  readonly #tables = new Map<string, Map<string, string>>();

  #properties(namespace: readonly string[]): Map<string, string> {
    const found = this.#namespaces.get(namespaceKey(namespace));
    if (found === undefined) throw new NoSuchNamespace(`namespace ${namespace.join('.')} does not exist`);
    return found;
  }

  #tablesOf(namespace: readonly string[]): Map<string, string> {
    this.#properties(namespace);
    const key = namespaceKey(namespace);
    let tables = this.#tables.get(key);
    if (tables === undefined) this.#tables.set(key, (tables = new Map()));
    return tables;
  }

  #find(table: TableIdentifier): string | undefined {
    return this.#tables.get(namespaceKey(table.namespace))?.get(table.name);
  }

  async createNamespace(
    namespace: readonly string[],
    properties: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const key = namespaceKey(namespace);
    if (this.#namespaces.has(key)) throw new NamespaceExists(`namespace ${key} exists`);
    this.#namespaces.set(key, new Map(Object.entries(properties)));
  }

  async dropNamespace(namespace: readonly string[]): Promise<void> {
    this.#properties(namespace);
    const key = namespaceKey(namespace);
    const below = [...this.#namespaces.keys()].some((other) => other.startsWith(`${key}.`));
    if (below || (this.#tables.get(key)?.size ?? 0) > 0) throw new NamespaceNotEmpty(`namespace ${key} is not empty`);
    this.#namespaces.delete(key);
    this.#tables.delete(key);
  }

  async listNamespaces(parent: readonly string[] = []): Promise<readonly (readonly string[])[]> {
    const children = childrenOf(this.#namespaces.keys(), parent);
    if (parent.length > 0 && children.length === 0) this.#properties(parent);
    return children;
  }

  async namespaceProperties(namespace: readonly string[]): Promise<Readonly<Record<string, string>>> {
    return Object.fromEntries(this.#properties(namespace));
  }

  async updateNamespace(
    namespace: readonly string[],
    change: { readonly set?: Readonly<Record<string, string>>; readonly remove?: readonly string[] },
  ): Promise<void> {
    const properties = this.#properties(namespace);
    for (const name of change.remove ?? []) properties.delete(name);
    for (const [name, value] of Object.entries(change.set ?? {})) properties.set(name, value);
  }

  async listTables(namespace: readonly string[]): Promise<readonly TableIdentifier[]> {
    return [...this.#tablesOf(namespace).keys()].sort().map((name) => ({ namespace, name }));
  }

  async metadataLocation(table: TableIdentifier): Promise<string | undefined> {
    return this.#find(table);
  }

  async commit(changes: readonly PointerChange[]): Promise<void> {
    for (const { table, from } of changes) {
      const current = this.#find(table);
      if (from === undefined) {
        this.#properties(table.namespace);
        if (current !== undefined) throw new TableExists(`table ${table.name} exists`);
      } else if (current === undefined) throw new NoSuchTable(`table ${table.name} does not exist`);
      else if (current !== from) throw new CommitConflict(`table ${table.name} has moved to ${current}`);
    }
    for (const { table, to } of changes) this.#tablesOf(table.namespace).set(table.name, to);
  }

  async renameTable(from: TableIdentifier, to: TableIdentifier): Promise<void> {
    const location = this.#find(from);
    if (location === undefined) throw new NoSuchTable(`table ${from.name} does not exist`);
    const target = this.#tablesOf(to.namespace);
    if (target.has(to.name)) throw new TableExists(`table ${to.name} exists`);
    target.set(to.name, location);
    this.#tablesOf(from.namespace).delete(from.name);
  }

  async dropTable(table: TableIdentifier): Promise<void> {
    if (this.#tables.get(namespaceKey(table.namespace))?.delete(table.name) !== true)
      throw new NoSuchTable(`table ${table.name} does not exist`);
  }

  async close(): Promise<void> {}
}
