import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { ObjectNotFound } from '../../../src/objects/errors.ts';
import { GoogleStore } from '../../../src/objects/google.ts';
import type { HttpAnswer, HttpRequest } from '../../../src/objects/http.ts';

/** A store that is asked of an object in the class STANDARD; the rewrite of a large one takes three requests. */
function storeWith(rewrites: (request: HttpRequest) => object) {
  const asked: string[] = [];
  const answer = (status: number, body: object): HttpAnswer => ({
    status,
    headers: new Headers(),
    body: Buffer.from(JSON.stringify(body)),
  });
  const store = new GoogleStore({
    authorize: async () => undefined,
    random: seededRandom(1),
    endpoint: 'https://example',
    bucket: 'box',
    prefix: 'some/prefix/',
    async send(request) {
      const { method, url, body } = request;
      asked.push(
        `${method} ${url.pathname}${url.search} ${body instanceof Uint8Array ? Buffer.from(body).toString() : ''}`.trim(),
      );
      if (method === 'POST') return answer(200, rewrites(request));
      if (url.pathname.endsWith('none')) return answer(404, {});
      return answer(200, { name: 'some/prefix/a/b', size: '5', generation: '17', storageClass: 'STANDARD' });
    },
  });
  return { store, asked };
}

test('an object is rewritten onto itself until the service says that it is done', async () => {
  let left = 3;
  const { store, asked } = storeWith(() => (--left > 0 ? { done: false, rewriteToken: `t${left}` } : { done: true }));
  await store.setStorageClass('a/b', 'COLDLINE');
  expect(asked).toHaveLength(4);
  const path = 'POST /storage/v1/b/box/o/some%2Fprefix%2Fa%2Fb/rewriteTo/b/box/o/some%2Fprefix%2Fa%2Fb?';
  for (const request of asked.slice(1)) {
    expect(request).toContain(path);
    expect(request).toContain('ifSourceGenerationMatch=17&ifGenerationMatch=17');
    expect(request).toContain('{"storageClass":"COLDLINE","contentType":"application/octet-stream"}');
  }
  expect(asked.slice(1).map((request) => /rewriteToken=(\w+)/.exec(request)?.[1])).toEqual([undefined, 't2', 't1']);
});

test('an object that has the class is left alone, and one that is not there is not found', async () => {
  const { store, asked } = storeWith(() => ({ done: true }));
  await store.setStorageClass('a/b', 'STANDARD');
  await expect(store.setStorageClass('none', 'COLDLINE')).rejects.toBeInstanceOf(ObjectNotFound);
  expect(asked.filter((request) => request.startsWith('POST'))).toEqual([]);
});
