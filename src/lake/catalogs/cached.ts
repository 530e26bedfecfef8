import type { Clock } from '../../base/clock.ts';
import type { Catalog, PointerChange, TableIdentifier } from '../catalog.ts';

/** Entries kept; the oldest goes when there are more. */
const MAX_ENTRIES = 10_000;
export const DEFAULT_CACHE_TTL_SECONDS = 300;

/** What a cache holds. */
export interface CacheInfo {
  readonly entries: number;
  /** Of the oldest entry. */
  readonly ageSeconds: number;
  /** Whether the oldest entry is past its time. */
  readonly expired: boolean;
}

/**
 * A catalog that remembers where tables are. For readers that may see a table as it was up to `ttlSeconds` ago: what this process changes is
 * seen at once, and a commit that did not apply forgets its tables, so that its next try sees what others did.
 */
export class CachedCatalog implements Catalog {
  readonly #catalog: Catalog;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  /** In the order of their making. */
  readonly #locations = new Map<string, { readonly location: string; readonly since: number }>();
  /** Raised by every change: what was asked before it is not remembered. */
  #changes = 0;

  constructor(catalog: Catalog, clock: Clock, ttlSeconds = DEFAULT_CACHE_TTL_SECONDS) {
    this.#catalog = catalog;
    this.#clock = clock;
    this.#ttlMs = ttlSeconds * 1000;
  }

  /** Undefined when nothing is remembered. */
  get cacheInfo(): CacheInfo | undefined {
    const [oldest] = this.#locations.values();
    if (oldest === undefined) return undefined;
    const age = this.#clock.monotonic() - oldest.since;
    return { entries: this.#locations.size, ageSeconds: age / 1000, expired: age >= this.#ttlMs };
  }

  clearCache(): void {
    this.#changes++;
    this.#locations.clear();
  }

  async metadataLocation(table: TableIdentifier): Promise<string | undefined> {
    const key = JSON.stringify([table.namespace, table.name]);
    const known = this.#locations.get(key);
    const now = this.#clock.monotonic();
    if (known !== undefined && now - known.since < this.#ttlMs) return known.location;
    this.#locations.delete(key);
    const asked = this.#changes;
    const location = await this.#catalog.metadataLocation(table);
    if (location === undefined || asked !== this.#changes) return location;
    this.#locations.set(key, { location, since: now });
    for (const oldest of this.#locations.keys()) {
      if (this.#locations.size <= MAX_ENTRIES) break;
      this.#locations.delete(oldest);
    }
    return location;
  }

  /** Forgets tables before and after a change, whether or not it went well. */
  async #changing(tables: readonly TableIdentifier[], change: () => Promise<void>): Promise<void> {
    const forget = (): void => {
      this.#changes++;
      for (const { namespace, name } of tables) this.#locations.delete(JSON.stringify([namespace, name]));
    };
    forget();
    await change().finally(forget);
  }

  commit(changes: readonly PointerChange[]): Promise<void> {
    return this.#changing(
      changes.map(({ table }) => table),
      () => this.#catalog.commit(changes),
    );
  }

  renameTable(from: TableIdentifier, to: TableIdentifier): Promise<void> {
    return this.#changing([from, to], () => this.#catalog.renameTable(from, to));
  }

  dropTable(table: TableIdentifier): Promise<void> {
    return this.#changing([table], () => this.#catalog.dropTable(table));
  }

  createNamespace(namespace: readonly string[], properties?: Readonly<Record<string, string>>): Promise<void> {
    return this.#catalog.createNamespace(namespace, properties);
  }

  dropNamespace(namespace: readonly string[]): Promise<void> {
    return this.#catalog.dropNamespace(namespace);
  }

  listNamespaces(parent?: readonly string[]): Promise<readonly (readonly string[])[]> {
    return this.#catalog.listNamespaces(parent);
  }

  namespaceProperties(namespace: readonly string[]): Promise<Readonly<Record<string, string>>> {
    return this.#catalog.namespaceProperties(namespace);
  }

  updateNamespace(namespace: readonly string[], change: Parameters<Catalog['updateNamespace']>[1]): Promise<void> {
    return this.#catalog.updateNamespace(namespace, change);
  }

  listTables(namespace: readonly string[]): Promise<readonly TableIdentifier[]> {
    return this.#catalog.listTables(namespace);
  }

  close(): Promise<void> {
    this.clearCache();
    return this.#catalog.close();
  }
}
