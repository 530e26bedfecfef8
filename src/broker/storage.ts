import { resolve } from 'node:path';
import { SettingsError } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { openMetadata } from '../metadata/open.ts';
import type { SqlEngine } from '../metadata/types.ts';
import { openStoreStack } from '../objects/open.ts';
import type { RetryPolicy } from '../objects/retry.ts';
import type { ObjectStore } from '../objects/types.ts';
import { type DirectoryLock, lockDirectory } from '../wal/lock.ts';
import { checkCatalogUrl, type Lake, openLake } from './lake.ts';
import type { BrokerParts } from './parts.ts';

/** The value of `data.dir` that keeps all in memory. */
export const IN_MEMORY = 'memory:';

/** Where things lie. */
export interface Locations {
  readonly data: string;
  readonly wal: string;
  readonly temporary: string;
  readonly cache: string;
  readonly objects: string;
  readonly metadata: string;
  readonly catalog: string;
}

/** Folders and URLs by the settings; paths are absolute. */
export function locate(settings: Settings): Locations {
  const inMemory = settings['data.dir'] === IN_MEMORY;
  const data = inMemory ? '/memory' : resolve(settings['data.dir']);
  const url = (set: string, inFolder: string): string => (set !== '' ? set : inMemory ? IN_MEMORY : inFolder);
  return {
    data,
    wal: `${data}/wal`,
    temporary: `${data}/tmp`,
    cache: `${data}/cache`,
    objects: url(settings.objects, `file:${data}/objects`),
    metadata: url(settings.metadata, `sqlite:${data}/metadata.db`),
    catalog: url(settings.catalog, `sqlite:${data}/catalog.db`),
  };
}

/** How uploads are tried again. */
export function retryPolicy(settings: Settings): RetryPolicy {
  return {
    attempts: settings['processor.retry.attempts'],
    baseMs: settings['processor.retry.base.ms'],
    maxMs: settings['processor.retry.max.ms'],
    factor: settings['processor.retry.factor'],
  };
}

export interface Storage {
  readonly locations: Locations;
  readonly sql: SqlEngine;
  readonly store: ObjectStore;
  readonly lake: Lake;
  close(): Promise<void>;
}

/** Takes the data directory. Throws DirectoryInUse when another process, or another broker of this one, has it. */
export function lockData({ disk, processes }: BrokerParts, { wal }: Locations): DirectoryLock {
  disk.makeDirectory(wal);
  return lockDirectory(disk, wal, processes);
}

/** Opens the SQL store and the object store. Rejects with the reason, a SettingsError for a URL that cannot be; nothing is left open then. */
export async function openStorage(parts: BrokerParts, locations: Locations): Promise<Storage> {
  try {
    return await openStores(parts, locations);
  } catch (error) {
    if (error instanceof RangeError) throw new SettingsError(error.message, { cause: error });
    throw error;
  }
}

async function openStores(parts: BrokerParts, locations: Locations): Promise<Storage> {
  const { settings, disk, clock, random, metrics } = parts;
  checkCatalogUrl(locations.catalog);
  const sql = await openMetadata(locations.metadata);
  try {
    // The text thread has a folder of its own beside it: each cache owns all that is in its folder.
    const cache = { folder: `${locations.cache}/packs`, maxBytes: settings['objects.cache.bytes'] };
    const store = await openStoreStack(locations.objects, {
      clock,
      random,
      disk,
      metrics,
      retry: retryPolicy(settings),
      cleanUp: true,
      cache,
    });
    const lake = openLake(parts, locations, store);
    const close = async (): Promise<void> => {
      await lake.close();
      await store.close();
      await sql.close();
    };
    return { locations, sql, store, lake, close };
  } catch (error) {
    await sql.close();
    throw error;
  }
}
