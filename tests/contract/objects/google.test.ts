import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { ObjectStoreUnavailable } from '../../../src/objects/errors.ts';
import { openObjectStore, openStoreStack } from '../../../src/objects/open.ts';
import { type CloudServer, goIsThere, startFakeGcs } from './cloud-servers.ts';
import { objectStoreContract } from './suite.ts';

const parts = { clock: systemClock, random: systemRandom };
const retry = { attempts: 3, baseMs: 10, maxMs: 100, factor: 2 };

describe.runIf(goIsThere())('against a server that speaks the API of Google Cloud Storage', () => {
  let server: CloudServer;
  const url = (path: string): string => `gs://${path}?endpoint=${encodeURIComponent(server.endpoint)}`;

  beforeAll(async () => {
    server = await startFakeGcs(['plain', 'stack']);
  }, 300_000);

  afterAll(() => server.stop());

  objectStoreContract('gs', async () => ({ store: await openObjectStore(url('plain/some/prefix'), parts) }));
  objectStoreContract('gs without a prefix, with the whole stack', async () => ({
    store: await openStoreStack(url('stack'), {
      ...parts,
      retry,
      disk: memoryDisk(),
      metrics: createMetrics(),
      cache: { folder: '/cache', maxBytes: 64 * 1024 * 1024 },
    }),
  }));

  test('a bucket that does not exist is not an object that does not exist', async () => {
    const store = await openObjectStore(url('absent'), parts);
    await expect(store.get('a')).rejects.toBeInstanceOf(ObjectStoreUnavailable);
    await expect(store.head('a')).rejects.toBeInstanceOf(ObjectStoreUnavailable);
    await expect(store.put('a', new Uint8Array(1))).rejects.toBeInstanceOf(ObjectStoreUnavailable);
    await store.close();
  });

  test('a file that is not as long as announced is not stored', async () => {
    const store = await openObjectStore(url('plain'), parts);
    const put = store.put('short', { file: import.meta.filename, size: 1 });
    await expect(put).rejects.toBeInstanceOf(ObjectStoreUnavailable);
    expect(await store.head('short')).toBeUndefined();
    await store.close();
  });
});

test('a server that nobody listens on is unavailable', async () => {
  const store = await openObjectStore('gs://bucket?endpoint=http%3A%2F%2F127.0.0.1%3A1', parts);
  await expect(store.get('a')).rejects.toBeInstanceOf(ObjectStoreUnavailable);
  await store.close();
});
