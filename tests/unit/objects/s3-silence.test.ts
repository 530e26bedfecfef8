import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { ObjectStoreUnavailable } from '../../../src/objects/errors.ts';
import { openObjectStore } from '../../../src/objects/open.ts';

let server: Server;
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  server = createServer((request, response) => {
    request.resume();
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function open() {
  const endpoint = encodeURIComponent(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return openObjectStore(`s3://bucket?endpoint=${endpoint}`, {
    clock: systemClock,
    random: systemRandom,
    silenceMs: 200,
  });
}

test('a request that an S3 server never answers is given up', async () => {
  answer = () => {};
  const store = await open();
  await expect(store.get('a')).rejects.toBeInstanceOf(ObjectStoreUnavailable);
  await expect(store.put('a', new Uint8Array(10))).rejects.toBeInstanceOf(ObjectStoreUnavailable);
  await store.close();
});

test('an answer of an S3 server that stops in the middle is given up', async () => {
  answer = (response) => {
    response.writeHead(200, { 'content-length': '100', etag: '"e"' });
    response.write('only so much');
  };
  const store = await open();
  await expect(store.get('a')).rejects.toBeInstanceOf(ObjectStoreUnavailable);
  await store.close();
});
