import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ObjectStoreUnavailable } from '../../../src/objects/errors.ts';
import { openObjectStore } from '../../../src/objects/open.ts';
import { type CloudServer, goIsThere, startFakeGcs } from './cloud-servers.ts';
import { parts, remoteStoreContract } from './remote.ts';

describe.runIf(goIsThere())('against a server that speaks the API of Google Cloud Storage', () => {
  let server: CloudServer;
  const url = (path: string): string => `gs://${path}?endpoint=${encodeURIComponent(server.endpoint)}`;

  beforeAll(async () => {
    server = await startFakeGcs(['plain', 'stack']);
  }, 300_000);

  afterAll(() => server.stop());

  // The emulator takes the request, and leaves the class out of what it says.
  remoteStoreContract('gs', url, ['NEARLINE', 'ARCHIVE'], false);

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
