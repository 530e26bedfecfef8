import { constants, verify, type VerifyKeyObjectInput } from 'node:crypto';
import type { VerificationKey } from './json-web-keys.ts';

/** What a token has to say to be believed; `sasl.oauthbearer.*` settings. */
export interface TokenRules {
  /** One of these; empty: any. */
  readonly audiences: readonly string[];
  /** Empty: any. */
  readonly issuer: string;
  readonly subjectClaim: string;
  readonly scopeClaim: string;
  readonly clockSkewMs: number;
}

/** What is believed of a token. */
export interface TokenFacts {
  readonly subject: string;
  readonly scopes: readonly string[];
  /** ms since the epoch */
  readonly expires: number;
}

export type TokenOutcome = TokenFacts | { readonly refused: string; readonly unknownKey?: boolean };

interface Algorithm {
  readonly hash: string;
  readonly type: 'rsa' | 'ec';
  readonly curve?: string;
  readonly padding?: Pick<VerifyKeyObjectInput, 'padding' | 'saltLength' | 'dsaEncoding'>;
}

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
const RAW = { dsaEncoding: 'ieee-p1363' } as const;
/** By their names in RFC 7518. There is no `none`, and none with a shared secret. */
const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map([
  ['RS256', { hash: 'sha256', type: 'rsa' }],
  ['RS384', { hash: 'sha384', type: 'rsa' }],
  ['RS512', { hash: 'sha512', type: 'rsa' }],
  ['PS256', { hash: 'sha256', type: 'rsa', padding: PSS }],
  ['PS384', { hash: 'sha384', type: 'rsa', padding: PSS }],
  ['PS512', { hash: 'sha512', type: 'rsa', padding: PSS }],
  ['ES256', { hash: 'sha256', type: 'ec', curve: 'prime256v1', padding: RAW }],
  ['ES384', { hash: 'sha384', type: 'ec', curve: 'secp384r1', padding: RAW }],
  ['ES512', { hash: 'sha512', type: 'ec', curve: 'secp521r1', padding: RAW }],
]);

const MAX_TOKEN = 64 * 1024;

type Claims = Readonly<Record<string, unknown>>;

function objectIn(part: string): Claims | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(part)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : undefined;
  } catch {
    return undefined;
  }
}

function fits({ key, algorithm }: VerificationKey, name: string, { type, curve }: Algorithm): boolean {
  if (algorithm !== undefined && algorithm !== name) return false;
  return key.asymmetricKeyType === type && key.asymmetricKeyDetails?.namedCurve === curve;
}

/** Checks an access token (JWT, RFC 7519) against keys and rules at the time `now`. Reasons hold nothing of the token. */
export function checkToken(
  token: string,
  keys: readonly VerificationKey[],
  rules: TokenRules,
  now: number,
): TokenOutcome {
  const parts = token.length > MAX_TOKEN ? [] : token.split('.');
  const [head = '', body = '', signature = ''] = parts;
  const header = objectIn(head);
  const claims = objectIn(body);
  if (parts.length !== 3 || header === undefined || claims === undefined || !/^[A-Za-z0-9_-]+$/.test(signature))
    return { refused: 'not a signed JWT' };
  const name = typeof header['alg'] === 'string' ? header['alg'] : '';
  const algorithm = ALGORITHMS.get(name);
  if (algorithm === undefined) return { refused: 'an algorithm that is not accepted' };
  if (header['crit'] !== undefined) return { refused: 'a critical header that is not understood' };
  const id = header['kid'];
  const named = keys.filter((one) => id === undefined || one.id === id).filter((one) => fits(one, name, algorithm));
  if (named.length === 0) return { refused: 'no key for the token', unknownKey: true };
  const signed = Buffer.from(`${head}.${body}`);
  const bytes = Buffer.from(signature, 'base64url');
  const genuine = named.some(({ key }) => verify(algorithm.hash, signed, { key, ...algorithm.padding }, bytes));
  return genuine ? factsOf(claims, rules, now) : { refused: 'a signature that is wrong' };
}

function factsOf(claims: Claims, rules: TokenRules, now: number): TokenOutcome {
  const { exp, iat, nbf, iss, aud } = claims;
  if (typeof exp !== 'number' || typeof iat !== 'number' || exp < 0 || iat < 0)
    return { refused: 'no time of issue or of expiry' };
  const expires = exp * 1000;
  if (now - rules.clockSkewMs >= expires) return { refused: 'the token has expired' };
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf * 1000 <= now + rules.clockSkewMs))
    return { refused: 'the token is not valid yet' };
  if (rules.issuer !== '' && iss !== rules.issuer) return { refused: 'another issuer than expected' };
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (rules.audiences.length > 0 && !rules.audiences.some((one) => audiences.includes(one)))
    return { refused: 'another audience than expected' };
  const subject = claims[rules.subjectClaim];
  if (typeof subject !== 'string' || subject.trim() === '') return { refused: 'no subject' };
  const scopes = scopesOf(claims[rules.scopeClaim]);
  if (scopes === undefined) return { refused: 'scopes that are no list of different texts' };
  return { subject: subject.trim(), scopes, expires: Math.floor(expires) };
}

/** A single text is one scope, as in Kafka. */
function scopesOf(claim: unknown): string[] | undefined {
  const given: unknown[] = typeof claim === 'string' ? [claim] : Array.isArray(claim) ? claim : [];
  const scopes = given.map((scope) => (typeof scope === 'string' ? scope.trim() : ''));
  const proper = !scopes.includes('') && new Set(scopes).size === scopes.length;
  return proper ? scopes : undefined;
}
