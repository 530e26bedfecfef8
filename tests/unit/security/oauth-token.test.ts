import { createPublicKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseKeySet } from '../../../src/security/oauth/json-web-keys.ts';
import { checkToken, type TokenRules } from '../../../src/security/oauth/token.ts';
import { ecKey, rsaKey, signedToken, unsafeToken } from './jwt.ts';

const rsa = rsaKey('r');
const ec = ecKey('e');
const keys = parseKeySet(JSON.stringify({ keys: [rsa.jwk, ec.jwk] }));
const NOW = 1_700_000_000_000;
const claims = { sub: 'alice', iat: NOW / 1000, exp: NOW / 1000 + 60, scope: ['a', 'b'] };
const rules: TokenRules = { audiences: [], issuer: '', subjectClaim: 'sub', scopeClaim: 'scope', clockSkewMs: 0 };

const check = (token: string, changes: Partial<TokenRules> = {}, now = NOW) =>
  checkToken(token, keys, { ...rules, ...changes }, now);
const rs256 = (changes: object = {}): string =>
  signedToken(rsa.privateKey, { alg: 'RS256', kid: 'r' } as never, { ...claims, ...changes });

describe('an access token', () => {
  test.each(['RS256', 'RS512', 'PS256', 'PS384'])('signed by %s is believed', (alg) => {
    expect(check(signedToken(rsa.privateKey, { alg, kid: 'r' } as never, claims))).toEqual({
      subject: 'alice',
      scopes: ['a', 'b'],
      expires: NOW + 60_000,
    });
  });

  test('signed by ES256 is believed, also without the name of its key', () => {
    expect(check(signedToken(ec.privateKey, { alg: 'ES256' }, claims))).toMatchObject({ subject: 'alice' });
  });

  test('without a signature, or signed with the public key as a secret, is refused', () => {
    const publicText = createPublicKey(rsa.privateKey).export({ type: 'spki', format: 'pem' }).toString();
    expect(check(unsafeToken({ alg: 'none' }, claims))).toEqual({ refused: 'not a signed JWT' });
    expect(check(`${unsafeToken({ alg: 'none' }, claims)}AAAA`)).toEqual({
      refused: 'an algorithm that is not accepted',
    });
    expect(check(unsafeToken({ alg: 'HS256', kid: 'r' } as never, claims, publicText))).toEqual({
      refused: 'an algorithm that is not accepted',
    });
  });

  test('signed by somebody else, changed, or with a key that is not known is refused', () => {
    const other = rsaKey('r');
    expect(check(signedToken(other.privateKey, { alg: 'RS256', kid: 'r' } as never, claims))).toEqual({
      refused: 'a signature that is wrong',
    });
    const [head, , signature] = rs256().split('.');
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'root' })).toString('base64url');
    expect(check(`${head}.${forged}.${signature}`)).toEqual({ refused: 'a signature that is wrong' });
    expect(check(signedToken(other.privateKey, { alg: 'RS256', kid: 'x' } as never, claims))).toEqual({
      refused: 'no key for the token',
      unknownKey: true,
    });
  });

  test('whose algorithm is not that of the key is refused', () => {
    expect(check(signedToken(rsa.privateKey, { alg: 'RS256', kid: 'e' } as never, claims))).toMatchObject({
      refused: 'no key for the token',
    });
  });

  test.each([
    [{ exp: undefined }, 'no time of issue or of expiry'],
    [{ iat: undefined }, 'no time of issue or of expiry'],
    [{ exp: `${claims.exp}` }, 'no time of issue or of expiry'],
    [{ exp: NOW / 1000 }, 'the token has expired'],
    [{ nbf: NOW / 1000 + 1 }, 'the token is not valid yet'],
    [{ sub: ' ' }, 'no subject'],
    [{ sub: 7 }, 'no subject'],
    [{ scope: ['a', 'a'] }, 'scopes that are no list of different texts'],
    [{ scope: [''] }, 'scopes that are no list of different texts'],
  ])('with %o is refused', (changes, refused) => {
    expect(check(rs256(changes))).toEqual({ refused });
  });

  test('may be off by the clock skew', () => {
    expect(check(rs256(), { clockSkewMs: 5000 }, NOW + 64_999)).toMatchObject({ subject: 'alice' });
    expect(check(rs256(), { clockSkewMs: 5000 }, NOW + 65_000)).toEqual({ refused: 'the token has expired' });
    expect(check(rs256({ nbf: NOW / 1000 + 5 }), { clockSkewMs: 5000 })).toMatchObject({ subject: 'alice' });
  });

  test('is for the audience and from the issuer that are expected', () => {
    const token = rs256({ aud: ['kafka', 'web'], iss: 'https://issuer' });
    expect(check(token, { audiences: ['kafka'], issuer: 'https://issuer' })).toMatchObject({ subject: 'alice' });
    expect(check(token, { audiences: ['other'] })).toEqual({ refused: 'another audience than expected' });
    expect(check(rs256(), { audiences: ['kafka'] })).toEqual({ refused: 'another audience than expected' });
    expect(check(token, { issuer: 'https://other' })).toEqual({ refused: 'another issuer than expected' });
  });

  test('has its name in the claim that is set', () => {
    expect(check(rs256({ client: 'svc' }), { subjectClaim: 'client' })).toMatchObject({ subject: 'svc' });
  });

  test.each(['', 'a.b', 'a.b.c', '....', `${'x'.repeat(70_000)}.y.z`, 'e30.e30.e30'])('is not %j', (token) => {
    expect(check(token)).toHaveProperty('refused');
  });

  test('with a critical header is refused', () => {
    const token = signedToken(rsa.privateKey, { alg: 'RS256', kid: 'r', crit: ['b64'] } as never, claims);
    expect(check(token)).toEqual({ refused: 'a critical header that is not understood' });
  });
});

describe('a key set', () => {
  test('gives the keys that are for signatures, large enough and not shared', () => {
    const listed = [
      rsa.jwk,
      { ...rsa.jwk, kid: 'enc', use: 'enc' },
      { ...rsaKey('small', 1024).jwk },
      { kty: 'oct', k: 'c2VjcmV0', kid: 'shared' },
      { kty: 'EC', crv: 'P-999', kid: 'curve' },
      null,
    ];
    expect(parseKeySet(JSON.stringify({ keys: listed })).map(({ id }) => id)).toEqual(['r']);
  });

  test.each(['', '[]', '{}', 'null', '{"keys":1}'])('is not %j', (text) => {
    expect(() => parseKeySet(text)).toThrow();
  });
});
