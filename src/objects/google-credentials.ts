import { createSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { ObjectStoreUnavailable } from './errors.ts';
import { type HttpSend, unexpected } from './http.ts';

/** Gives the Authorization header of a request; undefined for anonymous ones. */
export type Authorize = () => Promise<string | undefined>;

const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write';
const TOKEN_URL = 'https://oauth2.googleapis.com/token';
const METADATA_HOST = 'metadata.google.internal';
/** A token is asked for anew so long before it ends. */
const EARLY_MS = 60_000;
const ASSERTION_SECONDS = 3600;

interface ServiceAccount {
  readonly type: 'service_account';
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id?: string;
  readonly token_uri?: string;
}

interface AuthorizedUser {
  readonly type: 'authorized_user';
  readonly client_id: string;
  readonly client_secret: string;
  readonly refresh_token: string;
  readonly token_uri?: string;
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A signed statement of who asks (RFC 7523), which the token server takes for a token. */
function assertion(account: ServiceAccount, audience: string, now: number): string {
  const seconds = Math.floor(now / 1000);
  const header = { alg: 'RS256', typ: 'JWT', ...(account.private_key_id && { kid: account.private_key_id }) };
  const claims = {
    iss: account.client_email,
    scope: SCOPE,
    aud: audience,
    iat: seconds,
    exp: seconds + ASSERTION_SECONDS,
  };
  const signed = `${encoded(header)}.${encoded(claims)}`;
  const signature = createSign('RSA-SHA256').update(signed).sign(account.private_key, 'base64url');
  return `${signed}.${signature}`;
}

/** Asks for a token with the content of a key file. */
function tokenFromKey(key: ServiceAccount | AuthorizedUser, send: HttpSend, clock: Clock) {
  const url = key.token_uri ?? TOKEN_URL;
  return () => {
    const form = new URLSearchParams(
      key.type === 'service_account'
        ? { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: assertion(key, url, clock.now()) }
        : {
            grant_type: 'refresh_token',
            client_id: key.client_id,
            client_secret: key.client_secret,
            refresh_token: key.refresh_token,
          },
    );
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return send({ method: 'POST', url: new URL(url), headers, body: new Uint8Array(Buffer.from(String(form))) });
  };
}

/** Asks the metadata server of a machine at Google for the token of its service account. */
function tokenFromMachine(send: HttpSend, host: string) {
  const url = new URL(`http://${host}/computeMetadata/v1/instance/service-accounts/default/token`);
  return () => send({ method: 'GET', url, headers: { 'metadata-flavor': 'Google' } });
}

/** Keeps a token until it is about to end; callers that come meanwhile wait for one answer. */
function keeping(ask: ReturnType<typeof tokenFromKey>, clock: Clock): Authorize {
  let token: { readonly header: string; readonly until: number } | undefined;
  let asking: Promise<string> | undefined;
  const renew = async (): Promise<string> => {
    const answer = await ask();
    if (answer.status !== 200) throw new ObjectStoreUnavailable('no token', { cause: unexpected(answer) });
    const { access_token: text, expires_in: seconds } = JSON.parse(Buffer.from(answer.body).toString()) as {
      access_token?: unknown;
      expires_in?: unknown;
    };
    if (typeof text !== 'string' || typeof seconds !== 'number') throw new ObjectStoreUnavailable('no token');
    token = { header: `Bearer ${text}`, until: clock.monotonic() + seconds * 1000 - EARLY_MS };
    return token.header;
  };
  return async () => {
    if (token !== undefined && clock.monotonic() < token.until) return token.header;
    asking ??= renew().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

function readKey(path: string): ServiceAccount | AuthorizedUser {
  let key: ServiceAccount | AuthorizedUser | { readonly type?: unknown };
  try {
    key = JSON.parse(readFileSync(path, 'utf8')) as typeof key;
  } catch (error) {
    throw new RangeError(`${path}: credentials cannot be read`, { cause: error });
  }
  if (key.type === 'service_account' || key.type === 'authorized_user') return key as ServiceAccount | AuthorizedUser;
  throw new RangeError(`${path}: credentials of type '${String(key.type)}' are not supported`);
}

/**
 * Where Google's own programs look, in short: the key file that GOOGLE_APPLICATION_CREDENTIALS names (a service account or a user),
 * else the machine's service account. `anonymous` for emulators.
 */
export function googleCredentials(
  environment: Readonly<Record<string, string | undefined>>,
  send: HttpSend,
  clock: Clock,
  anonymous: boolean,
): Authorize {
  const path = environment['GOOGLE_APPLICATION_CREDENTIALS'];
  if (path !== undefined && path !== '') return keeping(tokenFromKey(readKey(path), send, clock), clock);
  if (anonymous) return async () => undefined;
  return keeping(tokenFromMachine(send, environment['GCE_METADATA_HOST'] ?? METADATA_HOST), clock);
}
