import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A key of an issuer of tokens, and what it publishes of it. */
export interface IssuerKey {
  readonly privateKey: KeyObject;
  readonly jwk: Record<string, unknown>;
}

export function rsaKey(kid: string, modulusLength = 2048): IssuerKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' } };
}

export function ecKey(kid: string, namedCurve = 'prime256v1'): IssuerKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' } };
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A signed token, as an issuer makes it. */
export function signedToken(key: KeyObject, header: { alg: string }, claims: object): string {
  const text = `${part(header)}.${part(claims)}`;
  const hash = `sha${header.alg.slice(2)}`;
  const options = header.alg.startsWith('PS')
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { key, dsaEncoding: 'ieee-p1363' as const };
  return `${text}.${sign(hash, Buffer.from(text), options).toString('base64url')}`;
}

/** A token with a shared secret, or with none. */
export function unsafeToken(header: { alg: string }, claims: object, secret?: string): string {
  const text = `${part(header)}.${part(claims)}`;
  const signature = secret === undefined ? '' : createHmac('sha256', secret).update(text).digest('base64url');
  return `${text}.${signature}`;
}
