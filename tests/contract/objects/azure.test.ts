import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { azureSign } from '../../../src/objects/azure-credentials.ts';
import { ObjectStoreUnavailable } from '../../../src/objects/errors.ts';
import { httpSend } from '../../../src/objects/http.ts';
import { openObjectStore } from '../../../src/objects/open.ts';
import { ACCOUNT, type CloudServer, KEY, startAzurite } from './cloud-servers.ts';
import { parts, remoteStoreContract } from './remote.ts';

describe('against a server that speaks the API of Azure Blob Storage', () => {
  let server: CloudServer;
  const url = (path: string): string =>
    `az://${path}?account=${ACCOUNT}&endpoint=${encodeURIComponent(server.endpoint)}`;

  beforeAll(async () => {
    vi.stubEnv('AZURE_STORAGE_KEY', KEY);
    server = await startAzurite();
    const send = httpSend(systemClock);
    const sign = azureSign({ account: ACCOUNT, key: KEY, endpoint: server.endpoint }, systemClock);
    for (const name of ['plain', 'stack']) {
      const answer = await send(
        sign({ method: 'PUT', url: new URL(`${server.endpoint}/${name}?restype=container`), body: new Uint8Array(0) }),
      );
      if (answer.status !== 201) throw new Error(`cannot create the container ${name}: ${answer.status}`);
    }
  }, 300_000);

  afterAll(async () => {
    vi.unstubAllEnvs();
    await server.stop();
  });

  remoteStoreContract('az', url, ['Cool', 'Cold']);

  test('a container that does not exist is not an object that does not exist', async () => {
    const store = await openObjectStore(url('absent'), parts);
    await expect(store.get('a')).rejects.toBeInstanceOf(ObjectStoreUnavailable);
    await expect(store.head('a')).rejects.toBeInstanceOf(ObjectStoreUnavailable);
    await expect(store.put('a', new Uint8Array(1))).rejects.toBeInstanceOf(ObjectStoreUnavailable);
    await store.close();
  });

  test('keys with all that a key may have are signed, stored and listed', async () => {
    const store = await openObjectStore(url('plain/a prefix+%25'), parts);
    const keys = ["a b/c'(d)!*~", 'a&b=<c>;"d"', 'ä/😀', 'x%2Fy+z?#', 'z:@$,'].sort();
    for (const key of keys) await store.put(key, new Uint8Array(Buffer.from(key)));
    for (const key of keys) expect(Buffer.from(await store.get(key)).toString()).toBe(key);
    const listed: string[] = [];
    for await (const { key } of store.list('')) listed.push(key);
    expect(listed.sort()).toEqual(keys);
    await store.delete(keys);
    await store.close();
  });

  test('a wrong key is refused', async () => {
    vi.stubEnv('AZURE_STORAGE_KEY', Buffer.from('wrong').toString('base64'));
    const store = await openObjectStore(url('plain'), parts);
    vi.stubEnv('AZURE_STORAGE_KEY', KEY);
    await expect(store.get('a')).rejects.toThrow('status 403');
    await store.close();
  });
});

test('a server that nobody listens on is unavailable', async () => {
  vi.stubEnv('AZURE_STORAGE_KEY', KEY);
  const store = await openObjectStore('az://box?account=a&endpoint=http%3A%2F%2F127.0.0.1%3A1', parts);
  await expect(store.get('a')).rejects.toBeInstanceOf(ObjectStoreUnavailable);
  await store.close();
  vi.unstubAllEnvs();
});
