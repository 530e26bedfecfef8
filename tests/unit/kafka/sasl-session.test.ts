import { describe, expect, test } from 'vitest';
import { SaslSession } from '../../../src/kafka/sasl-session.ts';
import type { Identity, SaslMechanism, SaslTerms } from '../../../src/security/sasl/exchange.ts';

const HANDSHAKE = 17;
const METADATA = 3;
const VERSIONS = 18;

/** A mechanism that believes everything: the token is the name. */
const trusting = (name: string, expires?: number): SaslMechanism => ({
  name,
  begin: () => ({
    next(token) {
      const user = Buffer.from(token).toString();
      if (user === '') return { kind: 'failed', reason: 'no name' };
      const identity: Identity = { name: user, ...(expires !== undefined && { expires }) };
      return { kind: 'done', token: new Uint8Array(0), identity };
    },
  }),
});

function session(maxReauthMs: number, expires?: number): SaslSession {
  const terms: SaslTerms = {
    mechanisms: [trusting('A', expires), trusting('B')],
    maxReauthMs: () => maxReauthMs,
    maxReceiveBytes: 100,
    failureDelayMs: 0,
  };
  return new SaslSession(terms);
}

const at = (ms: number) => ({ now: 1_000_000 + ms, monotonic: ms });

function login(one: SaslSession, ms: number, user = 'alice', mechanism = 'A') {
  expect(one.handshake(mechanism, 1, at(ms))).toBe(0);
  return one.authenticate(Buffer.from(user), at(ms));
}

describe('a SASL session', () => {
  test('lasts for ever without connections.max.reauth.ms', () => {
    const one = session(0);
    expect(login(one, 0)).toMatchObject({ kind: 'done', lifetimeMs: 0 });
    expect(one.settled).toBe(true);
    expect(one.handshake('A', 1, at(5000))).toBe(34);
    expect(one.settled).toBe(true);
  });

  test('ends after connections.max.reauth.ms unless the client authenticates again', () => {
    const one = session(10_000);
    expect(login(one, 0)).toMatchObject({ lifetimeMs: 10_000 });
    expect(one.refuses(METADATA, 12, at(9999))).toBeUndefined();
    expect(one.refuses(METADATA, 12, at(10_000))).toMatch(/expired/);
    expect(one.refuses(HANDSHAKE, 1, at(10_000))).toBeUndefined();
    expect(login(one, 9000)).toMatchObject({ kind: 'done', lifetimeMs: 10_000 });
    expect(one.refuses(METADATA, 12, at(18_999))).toBeUndefined();
  });

  test('ends with the credential when that is earlier', () => {
    expect(login(session(10_000, 1_000_700), 200)).toMatchObject({ lifetimeMs: 500 });
    expect(login(session(0, 1_000_700), 200)).toMatchObject({ lifetimeMs: 500 });
    expect(login(session(0, 1e18), 200)).toMatchObject({ lifetimeMs: Number.MAX_SAFE_INTEGER });
    const late = session(0, 1_000_700);
    expect(login(late, 900)).toMatchObject({ lifetimeMs: 0 });
    expect(late.refuses(METADATA, 12, at(900))).toMatch(/expired/);
  });

  test('serves nothing but the authentication while that goes on', () => {
    const one = session(10_000);
    login(one, 0);
    one.handshake('A', 1, at(5000));
    expect(one.refuses(METADATA, 12, at(5000))).toMatch(/during SASL authentication/);
  });

  test('does not begin again within a second', () => {
    const one = session(10_000);
    login(one, 0);
    expect(one.handshake('A', 1, at(999))).toBe(34);
    expect(one.handshake('A', 1, at(1000))).toBe(0);
  });

  test('stays with its principal', () => {
    const one = session(10_000);
    login(one, 0);
    expect(login(one, 5000, 'mallory')).toMatchObject({
      kind: 'failed',
      message: 'Cannot change principals during re-authentication from User.alice: User.mallory',
    });
    expect(one.refuses(METADATA, 12, at(5001))).toMatch(/failed/);
  });

  test('stays with its mechanism', () => {
    const one = session(10_000);
    login(one, 0);
    expect(login(one, 5000, 'alice', 'B')).toMatchObject({
      kind: 'failed',
      message: "SASL mechanism 'B' requested by client is not supported for re-authentication of mechanism 'A'",
    });
  });

  test('says nothing of the reason of a failure, but whether it was the first login', () => {
    expect(login(session(0), 0, '')).toMatchObject({
      message: 'Authentication failed during authentication due to invalid credentials with SASL mechanism A',
    });
    const one = session(10_000);
    login(one, 0);
    expect(login(one, 5000, '')).toMatchObject({ message: expect.stringContaining('during re-authentication') });
  });

  test('lets a client ask for versions once, and once more when the first question was not understood', () => {
    const one = session(0);
    expect(one.refuses(VERSIONS, 99, at(0))).toBeUndefined();
    expect(one.refuses(VERSIONS, 4, at(0))).toBeUndefined();
    expect(one.refuses(VERSIONS, 4, at(0))).toMatch(/before the SASL handshake/);
    expect(one.refuses(HANDSHAKE, 1, at(0))).toBeUndefined();
  });

  test('fails by a handshake where a token is due', () => {
    const one = session(0);
    one.handshake('A', 1, at(0));
    expect(one.handshake('A', 1, at(0))).toBe(34);
    expect(one.failed).toBe(true);
    expect(one.authenticate(Buffer.from('alice'), at(0))).toBeUndefined();
  });

  test('takes no token without a handshake', () => {
    expect(session(0).authenticate(Buffer.from('alice'), at(0))).toBeUndefined();
  });
});
