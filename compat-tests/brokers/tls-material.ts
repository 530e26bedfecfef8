import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Authority } from '../../tests/certificates.ts';
import { rsaKey, signedToken } from '../../tests/unit/security/jwt.ts';

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'kafka';

/** Files of the profiles with TLS; their folder goes with the process. Clients find it in the variable TLS_FOLDER. */
export interface TlsMaterial {
  /** Key and certificate of the broker, and the certificate of the authority. */
  readonly broker: string;
  readonly trusted: string;
  /** The keys of an issuer of tokens, as a URL. */
  readonly keys: string;
}

let made: TlsMaterial | undefined;

/**
 * Makes, once, an authority with certificates of the broker, of `alice.pem` and, from another authority, of `stranger.pem`; and an issuer with `good.jwt`
 * of alice, `expired.jwt` and `other-audience.jwt`.
 */
export function tlsMaterial(): TlsMaterial {
  made ??= make();
  return made;
}

function make(): TlsMaterial {
  const authority = new Authority();
  const stranger = new Authority();
  const { folder, trusted } = authority;
  process.on('exit', () => {
    authority.remove();
    stranger.remove();
  });
  const broker = authority.issue('/O=Compat/CN=broker', 'rsa').file;
  copyFileSync(authority.issue('/C=DE/O=Compat/CN=alice').file, join(folder, 'alice.pem'));
  copyFileSync(stranger.issue('/C=DE/O=Compat/CN=alice').file, join(folder, 'stranger.pem'));
  const key = rsaKey('compat');
  const keys = join(folder, 'keys.json');
  writeFileSync(keys, JSON.stringify({ keys: [key.jwk] }));
  const now = Math.floor(Date.now() / 1000);
  const token = (name: string, changes: object): void => {
    const claims = { sub: 'alice', iss: ISSUER, aud: AUDIENCE, iat: now - 100, exp: now + 3600, ...changes };
    writeFileSync(join(folder, name), signedToken(key.privateKey, { alg: 'RS256', kid: 'compat' } as never, claims));
  };
  token('good.jwt', {});
  token('expired.jwt', { exp: now - 50 });
  token('other-audience.jwt', { aud: 'web' });
  process.env['TLS_FOLDER'] = folder;
  return { broker, trusted, keys: `file://${keys}` };
}
