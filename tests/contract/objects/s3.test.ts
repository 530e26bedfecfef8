import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { ObjectStoreUnavailable } from '../../../src/objects/errors.ts';
import { openObjectStore, openStoreStack } from '../../../src/objects/open.ts';
import { type MotoServer, motoIsPossible, startMoto } from './moto.ts';
import { objectStoreContract } from './suite.ts';

const parts = { clock: systemClock, random: systemRandom };
const retry = { attempts: 3, baseMs: 10, maxMs: 100, factor: 2 };

describe.runIf(motoIsPossible())('against a real S3-speaking server', () => {
  let server: MotoServer;
  const url = (path: string): string => `s3://${path}?endpoint=${encodeURIComponent(server.endpoint)}`;

  beforeAll(async () => {
    process.env['AWS_ACCESS_KEY_ID'] = 'test';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
    server = await startMoto(['plain', 'stack']);
  }, 300_000);

  afterAll(() => server.stop());

  objectStoreContract('s3', async () => ({ store: await openObjectStore(url('plain/some/prefix'), parts) }));
  objectStoreContract('s3 without a prefix, with the whole stack', async () => ({
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
    await expect(store.put('a', new Uint8Array(1))).rejects.toBeInstanceOf(ObjectStoreUnavailable);
    await store.close();
  });
});

test('a server that nobody listens on is unavailable', async () => {
  const store = await openObjectStore('s3://bucket?endpoint=http%3A%2F%2F127.0.0.1%3A1', parts);
  await expect(store.get('a')).rejects.toBeInstanceOf(ObjectStoreUnavailable);
  await store.close();
});
