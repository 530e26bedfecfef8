import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Catalog, NamespaceExists } from '../lake/catalog.ts';
import type { PoolSettings } from '../lake/catalogs/postgres.ts';
import type { CommitContext } from '../lake/iceberg/commit.ts';
import type { CommitMeter } from '../lake/meters.ts';
import type { RegistrySettings } from '../lake/values/schema-registry.ts';
import type { ObjectStore } from '../objects/types.ts';
import { TOPICS_NAMESPACE } from '../lake/topic-names.ts';
import type { BrokerParts } from './parts.ts';
import type { Locations } from './storage.ts';

/** What goes before a key of the object store, so that other engines find the object: `file:///…`, `s3://bucket/prefix`. */
export function baseUriOf(objectsUrl: string): string {
  if (objectsUrl.startsWith('file:')) {
    const path = objectsUrl.slice('file:'.length);
    if (path.startsWith('///')) return objectsUrl.replace(/\/+$/, '');
    return pathToFileURL(resolve(path)).href.replace(/\/+$/, '');
  }
  if (objectsUrl === 'memory:') return 'memory://quarry';
  return objectsUrl.replace(/\?.*$/, '').replace(/\/+$/, '');
}

type LakeParts = Pick<BrokerParts, 'clock' | 'random' | 'metrics' | 'settings'>;

/** The Iceberg catalog and the tables' object store, as this thread has them. Nothing is loaded or opened before the first call. */
export interface Lake {
  /** Its calls open it; those that cannot reject with CatalogUnavailable. */
  catalog(): Promise<Catalog>;
  /** What reading and committing need. */
  open(): Promise<CommitContext>;
  close(): Promise<void>;
}

/** How connections of a catalog in PostgreSQL are kept. */
export function catalogPool({ settings }: Pick<BrokerParts, 'settings'>): PoolSettings {
  return {
    minConnections: settings['catalog.pool.min.connections'],
    maxConnections: settings['catalog.pool.max.connections'],
    connectionTimeoutMs: settings['catalog.pool.connection.timeout.ms'],
    idleTimeoutSeconds: settings['catalog.pool.idle.timeout.ms'] / 1000,
    maxLifetimeSeconds: settings['catalog.pool.max.lifetime.ms'] / 1000,
    answerTimeoutMs: settings['catalog.answer.timeout.ms'],
  };
}

/** Clients look for the topics' namespace before the first topic has a table. */
async function withTopics(catalog: Catalog): Promise<Catalog> {
  try {
    await catalog.createNamespace([TOPICS_NAMESPACE]);
  } catch (error) {
    if (error instanceof NamespaceExists) return catalog;
    await catalog.close();
    throw error;
  }
  return catalog;
}

async function catalogAt(url: string, parts: LakeParts): Promise<Catalog> {
  const { lazyCatalog, meteredCatalog, openCatalog } = await import('../lake/index.ts');
  const { metrics, clock } = parts;
  const open = async (): Promise<Catalog> => withTopics(await openCatalog(url, { metrics, pool: catalogPool(parts) }));
  return meteredCatalog(lazyCatalog(open), metrics, clock);
}

/** Throws a RangeError for the URL of a kind of catalog that there is not. */
export function checkCatalogUrl(url: string): void {
  // Without what may be a password.
  if (!/^(memory:$|sqlite:.|postgres(ql)?:\/\/)/.test(url))
    throw new RangeError(
      `catalog '${url.split(':', 1)[0]}:' is not supported: use sqlite:PATH, postgres://… or memory:`,
    );
}

/** Makes a lake of a catalog's URL and an object store that is open. */
export function openLake(
  parts: LakeParts,
  { catalog: url, objects }: Pick<Locations, 'catalog' | 'objects'>,
  store: ObjectStore,
): Lake {
  let made: Promise<Catalog> | undefined;
  let meter: CommitMeter | undefined;
  const catalog = (): Promise<Catalog> => (made ??= catalogAt(url, parts));
  return {
    catalog,
    async open() {
      const { DEFAULT_RETRY, LakeMeters, warehouseAt } = await import('../lake/index.ts');
      meter ??= new LakeMeters(parts.metrics);
      const warehouse = warehouseAt(baseUriOf(objects), store);
      const { clock, random } = parts;
      return { catalog: await catalog(), warehouse, clock, random, retry: DEFAULT_RETRY, meter };
    },
    close: async () => (await made)?.close(),
  };
}

/** Where schemas of framed values are asked for; undefined: nowhere. */
export function registrySettings(settings: BrokerParts['settings']): RegistrySettings | undefined {
  if (settings['schema.registry.url'] === '') return undefined;
  return {
    url: settings['schema.registry.url'],
    userInfo: settings['schema.registry.basic.auth.user.info'],
    timeoutMs: settings['schema.registry.timeout.ms'],
  };
}
