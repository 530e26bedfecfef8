import { createVerify, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { ObjectStoreUnavailable } from '../../../src/objects/errors.ts';
import { GoogleStore } from '../../../src/objects/google.ts';
import { googleCredentials } from '../../../src/objects/google-credentials.ts';
import type { HttpRequest, HttpSend } from '../../../src/objects/http.ts';
import { seededRandom } from '../../../src/base/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'quarry-google-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

function keyFile(content: object): { GOOGLE_APPLICATION_CREDENTIALS: string } {
  const path = join(folder, 'key.json');
  writeFileSync(path, JSON.stringify(content));
  return { GOOGLE_APPLICATION_CREDENTIALS: path };
}

const account = {
  type: 'service_account',
  client_email: 'robot@example.iam.gserviceaccount.com',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  private_key_id: 'key-1',
  token_uri: 'https://tokens.example/token',
};

/** A server of tokens that last an hour, each with another number, and a clock in hand. */
function world(status = 200) {
  const requests: HttpRequest[] = [];
  const time = { now: 1_700_000_000_000 };
  const clock: Clock = { now: () => time.now, monotonic: () => time.now, after: () => ({ cancel() {} }) };
  const send: HttpSend = async (request) => {
    requests.push(request);
    const body = JSON.stringify({ access_token: `token-${requests.length}`, expires_in: 3600, token_type: 'Bearer' });
    return { status, headers: new Headers(), body: new Uint8Array(Buffer.from(body)) };
  };
  return { requests, time, clock, send };
}

const formOf = (request: HttpRequest | undefined): URLSearchParams =>
  new URLSearchParams(Buffer.from(request?.body as Uint8Array).toString());

test('a service account asks for a token with a statement that it signs', async () => {
  const { requests, clock, send } = world();
  const authorize = googleCredentials(keyFile(account), send, clock, false);
  expect(await authorize()).toBe('Bearer token-1');
  expect(String(requests[0]?.url)).toBe('https://tokens.example/token');
  const form = formOf(requests[0]);
  expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
  const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
  const decoded = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
  expect(decoded(header)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-1' });
  expect(decoded(claims)).toEqual({
    iss: account.client_email,
    scope: 'https://www.googleapis.com/auth/devstorage.read_write',
    aud: account.token_uri,
    iat: 1_700_000_000,
    exp: 1_700_003_600,
  });
  expect(createVerify('RSA-SHA256').update(`${header}.${claims}`).verify(publicKey, signature, 'base64url')).toBe(true);
});

test('a token is kept until shortly before its end, and asked for once by all who wait', async () => {
  const { requests, time, clock, send } = world();
  const authorize = googleCredentials(keyFile(account), send, clock, false);
  await Promise.all([authorize(), authorize(), authorize()]);
  time.now += 3_539_000;
  expect(await authorize()).toBe('Bearer token-1');
  time.now += 2000;
  expect(await authorize()).toBe('Bearer token-2');
  expect(requests).toHaveLength(2);
});

test('a user of gcloud gives the refresh token, a machine asks its metadata server', async () => {
  const user = { type: 'authorized_user', client_id: 'id', client_secret: 'secret', refresh_token: 'refresh' };
  const one = world();
  expect(await googleCredentials(keyFile(user), one.send, one.clock, false)()).toBe('Bearer token-1');
  expect(Object.fromEntries(formOf(one.requests[0]))).toEqual({
    grant_type: 'refresh_token',
    client_id: 'id',
    client_secret: 'secret',
    refresh_token: 'refresh',
  });
  const two = world();
  await googleCredentials({ GCE_METADATA_HOST: '127.0.0.1:1' }, two.send, two.clock, false)();
  expect(two.requests[0]).toMatchObject({ method: 'GET', headers: { 'metadata-flavor': 'Google' } });
  expect(two.requests[0]?.url.host).toBe('127.0.0.1:1');
});

test('an emulator is asked without a token; other kinds of keys and refusals are errors', async () => {
  const { requests, clock, send } = world(400);
  expect(await googleCredentials({}, send, clock, true)()).toBeUndefined();
  expect(requests).toEqual([]);
  expect(() => googleCredentials(keyFile({ type: 'external_account' }), send, clock, false)).toThrow(RangeError);
  const absent = { GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'absent.json') };
  expect(() => googleCredentials(absent, send, clock, false)).toThrow(RangeError);
  const refused = googleCredentials(keyFile(account), send, clock, false);
  await expect(refused()).rejects.toBeInstanceOf(ObjectStoreUnavailable);
});

test('a list follows the pages, and leaves out the key to go on after', async () => {
  const urls: URL[] = [];
  const pages = [
    { items: [{ name: 'p/a', size: '1', generation: '7' }], nextPageToken: 'next page' },
    { items: [{ name: 'p/b', size: '2', generation: '8', updated: '2024-01-02T03:04:05.678Z' }] },
  ];
  const send: HttpSend = async ({ url }) => {
    urls.push(url);
    const body = new Uint8Array(Buffer.from(JSON.stringify(pages[urls.length - 1])));
    return { status: 200, headers: new Headers(), body };
  };
  const authorize = async (): Promise<undefined> => undefined;
  const place = { endpoint: 'https://storage.example', bucket: 'bucket', prefix: 'p/' };
  const store = new GoogleStore({ send, authorize, random: seededRandom(1), ...place });
  const found: unknown[] = [];
  for await (const info of store.list('', 'a')) found.push(info);
  expect(found).toEqual([{ key: 'b', size: 2, etag: '8', modified: Date.UTC(2024, 0, 2, 3, 4, 5, 678) }]);
  expect(urls.map((url) => url.searchParams.get('pageToken'))).toEqual([null, 'next page']);
  expect(urls[0]?.searchParams.get('startOffset')).toBe('p/a');
});
