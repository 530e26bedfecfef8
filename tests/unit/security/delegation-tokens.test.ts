import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../simulation/groups-clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import type { SqlEngine } from '../../../src/metadata/types.ts';
import { DelegationTokens, type IssuedToken, type TokenSettings } from '../../../src/security/delegation-tokens.ts';
import { credentialOf, saltPasswordSync, SCRAM_SHA_256 } from '../../../src/security/sasl/scram-keys.ts';

const settings: TokenSettings = { secretKey: 'key', maxLifetimeMs: 10_000, expiryMs: 4000, checkIntervalMs: 1000 };
const wish = { owner: 'User:alice', requester: 'User:alice', renewers: ['User:bob'], maxLifetimeMs: -1 };

let clock: ManualClock;
let sql: SqlEngine;
let tokens: DelegationTokens;

async function open(changes: Partial<TokenSettings> = {}): Promise<DelegationTokens> {
  const parts = { clock, random: seededRandom(1), logger: silentLogger, settings: { ...settings, ...changes } };
  const opened = new DelegationTokens(parts);
  await opened.load(sql);
  return opened;
}

beforeEach(async () => {
  clock = new ManualClock();
  sql = openInlineSqlite(':memory:');
  tokens = await open();
});

function pass(milliseconds: number): void {
  const until = clock.now() + milliseconds;
  while (clock.runNext(until));
}

async function made(changes: object = {}): Promise<IssuedToken> {
  const token = await tokens.create({ ...wish, ...changes });
  if ('error' in token) throw new Error(token.error);
  return token;
}

describe('a delegation token', () => {
  test('lives as long as settings and wish allow', async () => {
    const start = clock.now();
    expect((await made()).token).toMatchObject({ issued: start, expires: start + 4000, maxExpires: start + 10_000 });
    expect((await made({ maxLifetimeMs: 50_000 })).token.maxExpires).toBe(start + 10_000);
    expect((await made({ maxLifetimeMs: 1000 })).token).toMatchObject({
      expires: start + 1000,
      maxExpires: start + 1000,
    });
  });

  test('has the Base64 of its HMAC for a password', async () => {
    const { token, hmac } = await made();
    const client = tokens.clientOf(SCRAM_SHA_256, token.tokenId);
    const { salt, iterations } = client!.credential;
    const salted = saltPasswordSync(SCRAM_SHA_256, Buffer.from(hmac).toString('base64'), salt, iterations);
    expect(client?.credential).toEqual(credentialOf(SCRAM_SHA_256, salted, salt, iterations));
    expect(client?.identity).toEqual({ name: 'alice', byToken: true, expires: token.expires });
  });

  test('is there after a restart with the same key, and without a key there is none', async () => {
    const { token, hmac } = await made();
    expect((await open()).all()).toEqual([{ token, hmac }]);
    const off = await open({ secretKey: '' });
    expect(off.clientOf(SCRAM_SHA_256, token.tokenId)).toBeUndefined();
    expect(await off.create(wish)).toEqual({ error: 'DELEGATION_TOKEN_AUTH_DISABLED' });
    expect(await off.renew('User:alice', hmac, -1)).toEqual({ error: 'DELEGATION_TOKEN_AUTH_DISABLED' });
  });

  test('is renewed by owner and renewers, not beyond its longest life', async () => {
    const { token, hmac } = await made();
    pass(3000);
    expect(await tokens.renew('User:bob', hmac, -1)).toEqual({ expires: token.issued + 7000 });
    expect(await tokens.renew('User:alice', hmac, 100)).toEqual({ expires: token.issued + 3100 });
    expect(await tokens.renew('User:alice', hmac, -1)).toEqual({ expires: token.issued + 7000 });
    pass(3900);
    expect(await tokens.renew('User:alice', hmac, -1)).toEqual({ expires: token.maxExpires });
    expect(await tokens.renew('User:carol', hmac, -1)).toEqual({ error: 'DELEGATION_TOKEN_OWNER_MISMATCH' });
    expect(await tokens.renew('User:alice', Buffer.from('other'), -1)).toEqual({ error: 'DELEGATION_TOKEN_NOT_FOUND' });
  });

  test('lets nobody in when it has expired, and is removed then', async () => {
    const { token, hmac } = await made();
    pass(4001);
    expect(tokens.clientOf(SCRAM_SHA_256, token.tokenId)).toBeUndefined();
    const left = (): IssuedToken[] => {
      pass(1000);
      return tokens.all();
    };
    await expect.poll(left).toEqual([]);
    expect(await tokens.renew('User:alice', hmac, -1)).toEqual({ error: 'DELEGATION_TOKEN_NOT_FOUND' });
    expect(await sql.query('SELECT * FROM delegation_tokens')).toEqual([]);
  });

  test('ends earlier when owner or renewer say so, at once with a negative period', async () => {
    const { token, hmac } = await made();
    expect(await tokens.expire('User:bob', hmac, 500)).toEqual({ expires: token.issued + 500 });
    expect(await tokens.expire('User:carol', hmac, -1)).toEqual({ error: 'DELEGATION_TOKEN_OWNER_MISMATCH' });
    expect(await tokens.expire('User:alice', hmac, -1)).toEqual({ expires: clock.now() });
    expect(tokens.clientOf(SCRAM_SHA_256, token.tokenId)).toBeUndefined();
    expect(await tokens.expire('User:alice', hmac, -1)).toEqual({ error: 'DELEGATION_TOKEN_NOT_FOUND' });
  });

  test('that is ended does not come back by a renewal at the same time', async () => {
    const { token, hmac } = await made();
    const [ended, renewed] = await Promise.all([
      tokens.expire('User:alice', hmac, -1),
      tokens.renew('User:bob', hmac, -1),
    ]);
    expect(ended).toEqual({ expires: clock.now() });
    expect(renewed).toEqual({ error: 'DELEGATION_TOKEN_NOT_FOUND' });
    expect(tokens.clientOf(SCRAM_SHA_256, token.tokenId)).toBeUndefined();
    expect(await sql.query('SELECT * FROM delegation_tokens')).toEqual([]);
  });

  test('has users for renewers only', async () => {
    expect(await tokens.create({ ...wish, renewers: ['Group:staff'] })).toEqual({ error: 'INVALID_PRINCIPAL_TYPE' });
  });
});
