import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/base/clock.ts';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { below, seededRandom, systemRandom } from '../../../src/base/random.ts';
import { cached } from '../../../src/objects/cached.ts';
import { faulty } from '../../../src/objects/faulty.ts';
import { openFileStore } from '../../../src/objects/file.ts';
import { memoryStore } from '../../../src/objects/memory.ts';
import { metered } from '../../../src/objects/metered.ts';
import { retrying } from '../../../src/objects/retry.ts';
import type { ObjectStore } from '../../../src/objects/types.ts';
import { objectStoreContract } from './suite.ts';

const memory = () => memoryStore(systemClock);
const CLASSES = ['COLD', 'COLDER'];

/** A decorator on a store in memory. */
function decorated(name: string, decorate: (inner: ObjectStore) => ObjectStore): void {
  objectStoreContract(name, async () => ({ store: decorate(memory()) }), CLASSES);
}

const withCache = (inner: ObjectStore, maxBytes: number, blockBytes: number) =>
  cached(inner, { disk: memoryDisk(), folder: '/cache', maxBytes, blockBytes, metrics: createMetrics() });

/** A quarter of all requests fail, before or after they were done; enough attempts to get through. */
function stormy(inner: ObjectStore): ObjectStore {
  const random = seededRandom(7);
  const broken = faulty(inner, () => (['refused', 'answer-lost'] as const)[below(random, 8)]);
  return retrying(broken, { attempts: 30, baseMs: 0.1, maxMs: 1, factor: 2 }, systemClock, seededRandom(8));
}

objectStoreContract('memory', async () => ({ store: memory() }), CLASSES);

async function fileStore() {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-file-store-'));
  return {
    store: await openFileStore(folder, { random: systemRandom, clock: systemClock }),
    clean: () => rmSync(folder, { recursive: true, force: true }),
  };
}

objectStoreContract('file', fileStore, []);
decorated('metered', (inner) => metered(inner, createMetrics(), systemClock));
objectStoreContract('metered, over files', async () => {
  const { store, clean } = await fileStore();
  return { store: metered(store, createMetrics(), systemClock), clean };
}, []);

decorated('retrying over faults', stormy);
decorated('faulty without faults', (inner) => faulty(inner, () => undefined));
decorated('cached', (inner) => withCache(inner, 64 * 1024 * 1024, 64 * 1024));
decorated('cached in tiny blocks, evicting all the time', (inner) => withCache(inner, 100, 4096));
decorated('cached in blocks of a few bytes', (inner) => withCache(inner, 20_000_000, 1_000_003));
decorated('all of them', (inner) =>
  withCache(metered(stormy(inner), createMetrics(), systemClock), 64 * 1024 * 1024, 256 * 1024),
);
