import { request as requestOverTls } from 'node:https';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import type { Authorizer } from '../../../src/security/authorizer.ts';
import type { HttpAccess } from '../../../src/http/access.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import { PasswordCheck } from '../../../src/security/password-check.ts';
import { PlainUsers } from '../../../src/security/sasl/plain.ts';
import { saltPasswordSync, SCRAM_HASHES, SCRAM_SHA_512 } from '../../../src/security/sasl/scram-keys.ts';
import { ScramUsers } from '../../../src/security/scram-users.ts';
import { TlsTerms } from '../../../src/security/tls/terms.ts';
import { Authority } from '../../certificates.ts';
import { createWorld, type Served, serve } from '../http-search/world.ts';

const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});

let served: Served;
let scram: ScramUsers;
let asked: string[];

beforeEach(async () => {
  scram = new ScramUsers();
  await scram.load(openInlineSqlite(':memory:'), seededRandom(1));
  const salt = Buffer.from('salt');
  const saltedPassword = saltPasswordSync(SCRAM_SHA_512, 'bobs:secret', salt, 4096);
  await scram.alter([], [{ user: 'bob', scram: SCRAM_SHA_512, iterations: 4096, salt, saltedPassword }]);
});
afterEach(() => served.front.close(0));

async function start(changes: Partial<HttpAccess> = {}): Promise<void> {
  const world = createWorld();
  world.topic('logs', [{ message: 'an error' }]);
  asked = [];
  const authorizer: Authorizer = {
    authorize: ({ principal }) => asked.push(principal) > 0,
    authorizeAny: () => true,
  };
  const plain = [new PlainUsers([{ name: 'PlainLoginModule', options: new Map([['user_alice', 'secret']]) }])];
  const access: HttpAccess = {
    required: true,
    passwords: new PasswordCheck({ plain, scram, hashes: SCRAM_HASHES, random: seededRandom(2) }),
    tokens: [(token) => (token === 'good' ? { name: 'carol' } : { refused: 'bad token' })],
    tls: undefined,
    failureDelayMs: 5,
    ...changes,
  };
  served = await serve({ ...world, deps: { ...world.deps, authorizer, access } });
}

const status = async (headers: Record<string, string> = {}, path = '/logs/_search'): Promise<number> =>
  (await served.get(path, { headers })).status;

describe('an HTTP port that wants to know who asks', () => {
  test('takes what pyiceberg sends without a token for what it is: nothing', async () => {
    await start();
    expect(await status({ authorization: 'Bearer None' })).toBe(401);
    expect(asked).toEqual([]);
    await served.front.close(0);
    await start({ required: false });
    expect(await status({ authorization: 'Bearer None' })).toBe(200);
    expect(new Set(asked)).toEqual(new Set(['User:ANONYMOUS']));
    expect(await status({ authorization: 'Bearer none' })).toBe(401);
  });

  test('lets in users of PLAIN and SCRAM by Basic, and tokens by Bearer', async () => {
    await start();
    expect(await status(basic('alice', 'secret'))).toBe(200);
    expect(await status(basic('bob', 'bobs:secret'))).toBe(200);
    expect(await status({ authorization: 'Bearer good' })).toBe(200);
    expect(new Set(asked)).toEqual(new Set(['User:alice', 'User:bob', 'User:carol']));
  });

  test.each([
    {},
    basic('alice', 'wrong'),
    basic('bob', 'secret'),
    basic('nobody', 'secret'),
    { authorization: 'Basic ???' },
    { authorization: 'Bearer bad' },
    { authorization: 'Digest x' },
    { authorization: 'nonsense' },
  ])('refuses %o, and says how one gets in', async (headers) => {
    await start();
    const response = await served.get('/logs/_search', { headers });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(
      'Basic realm="quarry", charset="UTF-8", Bearer realm="quarry"',
    );
    expect(await response.json()).toMatchObject({ error: { type: 'security_exception' }, status: 401 });
  });

  test('answers to everybody whether it lives and is ready, and nothing else', async () => {
    await start();
    for (const path of ['/health/live', '/health/ready']) expect(await status({}, path)).toBe(200);
    for (const path of ['/', '/health', '/metrics', '/_cat/indices', '/admin/topics', '/openapi.json'])
      expect(await status({}, path)).toBe(401);
    expect((await fetch(`${served.metricsBase}/metrics`)).status).toBe(401);
  });

  test('knows a changed password at once', async () => {
    await start();
    expect(await status(basic('bob', 'bobs:secret'))).toBe(200);
    const salt = Buffer.from('other');
    const saltedPassword = saltPasswordSync(SCRAM_SHA_512, 'new', salt, 4096);
    await scram.alter([], [{ user: 'bob', scram: SCRAM_SHA_512, iterations: 4096, salt, saltedPassword }]);
    expect(await status(basic('bob', 'bobs:secret'))).toBe(401);
    expect(await status(basic('bob', 'new'))).toBe(200);
    await scram.alter([{ user: 'bob', scram: SCRAM_SHA_512 }], []);
    expect(await status(basic('bob', 'new'))).toBe(401);
  });

  test('counts', async () => {
    await start();
    await status(basic('alice', 'secret'));
    await status(basic('alice', 'wrong'));
    const text = await (await served.get('/metrics', { headers: basic('alice', 'secret') })).text();
    expect(text).toContain('quarry_http_authentications_total{mechanism="basic",outcome="success"} 2');
    expect(text).toContain('quarry_http_authentications_total{mechanism="basic",outcome="failure"} 1');
  });
});

test('an HTTP port that does not want to know serves everybody, but nobody with wrong credentials', async () => {
  await start({ required: false });
  expect(await status()).toBe(200);
  expect(await status(basic('alice', 'wrong'))).toBe(401);
});

test('HTTPS takes the certificate of a client for its name', async () => {
  const authority = new Authority();
  const settings = authority.listenerSettings(authority.issue('/CN=broker'), { clientAuth: 'requested' });
  const tls = new TlsTerms(settings, readFileSync);
  await start({ tls });
  const { key, certificate: cert } = authority.issue('/CN=dave');
  const ca = readFileSync(authority.trusted);
  const ask = (options: object): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const sent = requestOverTls({ port: served.port, host: '127.0.0.1', path: '/logs/_search', ca, ...options });
      sent.on('response', (response) => resolve(response.resume().statusCode));
      sent.on('error', reject).end();
    });
  expect(await ask({})).toBe(401);
  expect(await ask({ key, cert })).toBe(200);
  expect(asked).toContain('User:CN=dave');
  expect(await ask({ headers: basic('alice', 'secret') })).toBe(200);
  const stranger = new Authority();
  const other = stranger.issue('/CN=dave');
  expect(await ask({ key: other.key, cert: other.certificate })).toBe(401);
  await expect(fetch(`http://127.0.0.1:${served.port}/`)).rejects.toThrow();
  for (const made of [authority, stranger]) made.remove();
});
