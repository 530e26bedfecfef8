import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ObjectStoreUnavailable } from '../../../src/objects/errors.ts';
import { openObjectStore } from '../../../src/objects/open.ts';
import { type MotoServer, motoIsPossible, startMoto } from './moto.ts';
import { parts, remoteStoreContract } from './remote.ts';

describe.runIf(motoIsPossible())('against a real S3-speaking server', () => {
  let server: MotoServer;
  const url = (path: string): string => `s3://${path}?endpoint=${encodeURIComponent(server.endpoint)}`;

  beforeAll(async () => {
    process.env['AWS_ACCESS_KEY_ID'] = 'test';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
    server = await startMoto(['plain', 'stack']);
  }, 300_000);

  afterAll(() => server.stop());

  remoteStoreContract('s3', url, ['STANDARD_IA', 'GLACIER_IR']);

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
