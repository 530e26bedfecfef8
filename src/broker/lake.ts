import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Catalog } from '../lake/catalog.ts';
import type { CommitContext } from '../lake/iceberg/commit.ts';
import type { CommitMeter } from '../lake/meters.ts';
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

type LakeParts = Pick<BrokerParts, 'clock' | 'random' | 'metrics'>;

/** The Iceberg catalog and the tables' object store, as this thread has them. Nothing is loaded or opened before the first call. */
export interface Lake {
  /** Rejects with CatalogUnavailable, and can then be asked again. */
  catalog(): Promise<Catalog>;
  /** What reading and committing need. */
  open(): Promise<CommitContext>;
  close(): Promise<void>;
}

async function openCatalogAt(url: string, { clock, metrics }: LakeParts): Promise<Catalog> {
  const { meteredCatalog, NamespaceExists, openCatalog } = await import('../lake/index.ts');
  const catalog = meteredCatalog(await openCatalog(url, { metrics }), metrics, clock);
  try {
    // Clients look for it before the first topic has a table.
    await catalog.createNamespace([TOPICS_NAMESPACE]);
  } catch (error) {
    if (error instanceof NamespaceExists) return catalog;
    await catalog.close();
    throw error;
  }
  return catalog;
}

/** Makes a lake of a catalog's URL and an object store that is open. */
export function openLake(
  parts: LakeParts,
  { catalog: url, objects }: Pick<Locations, 'catalog' | 'objects'>,
  store: ObjectStore,
): Lake {
  let opened: Promise<Catalog> | undefined;
  let meter: CommitMeter | undefined;
  const catalog = (): Promise<Catalog> => {
    opened ??= openCatalogAt(url, parts).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  return {
    catalog,
    async open() {
      const { DEFAULT_RETRY, LakeMeters, warehouseAt } = await import('../lake/index.ts');
      meter ??= new LakeMeters(parts.metrics);
      const warehouse = warehouseAt(baseUriOf(objects), store);
      const { clock, random } = parts;
      return { catalog: await catalog(), warehouse, clock, random, retry: DEFAULT_RETRY, meter };
    },
    async close() {
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}
