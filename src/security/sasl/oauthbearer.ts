import type { Identity, SaslExchange, SaslMechanism, SaslStep } from './exchange.ts';

export const OAUTHBEARER = 'OAUTHBEARER';

/** Says whom an access token names; undefined for a token that is not valid, whose reason it logs or counts itself. */
export type TokenValidator = (token: string) => Identity | { readonly refused: string };

/** The first message of a client (RFC 7628), taken apart. */
export interface BearerMessage {
  readonly authorizationId: string;
  readonly token: string;
}

const SEPARATOR = '\u0001';
const NAME = '(?:[\\x02-\\x2b\\x2d-\\x3c\\x3e-\\x7f]|=2C|=3D)+';
const HEADER = new RegExp(`^n,(?:a=(${NAME}))?,$`);
const PAIR = /^([A-Za-z]+)=([\x21-\x7e \t\r\n]+)$/;
const AUTH = /^(\w+) +([-_~+/.a-zA-Z0-9]+=*)$/;

/** Takes a client's first message apart; undefined for what is none. */
export function parseBearer(message: Uint8Array): BearerMessage | undefined {
  const parts = Buffer.from(message).toString('utf8').split(SEPARATOR);
  const header = HEADER.exec(parts[0] ?? '');
  // The last pair has a separator of its own, and another one follows.
  if (header === null || parts.length < 4 || parts.at(-1) !== '' || parts.at(-2) !== '') return undefined;
  let auth: string | undefined;
  for (const part of parts.slice(1, -2)) {
    const pair = PAIR.exec(part);
    if (pair === null || (pair[1] === 'auth' && auth !== undefined)) return undefined;
    if (pair[1] === 'auth') auth = pair[2];
  }
  const bearer = AUTH.exec(auth ?? '');
  if (bearer === null || bearer[1]?.toLowerCase() !== 'bearer') return undefined;
  return { authorizationId: header[1] ?? '', token: bearer[2] ?? '' };
}

/** OAUTHBEARER (RFC 7628, KIP-255): the client sends a token of somebody whom the broker trusts. */
export function oauthBearerMechanism(validate: TokenValidator): SaslMechanism {
  return { name: OAUTHBEARER, begin: () => new BearerExchange(validate) };
}

/** What the client is told of a token that is not valid, as a challenge that it has to answer (RFC 7628, section 3.2.3). */
const INVALID = '{"status":"invalid_token"}';

class BearerExchange implements SaslExchange {
  readonly #validate: TokenValidator;
  #refused: string | undefined;

  constructor(validate: TokenValidator) {
    this.#validate = validate;
  }

  next(token: Uint8Array): SaslStep {
    if (this.#refused !== undefined) return { kind: 'failed', message: INVALID, reason: this.#refused };
    const message = parseBearer(token);
    if (message === undefined) return { kind: 'failed', reason: 'invalid OAUTHBEARER client message' };
    const found = this.#validate(message.token);
    if ('refused' in found) {
      this.#refused = found.refused;
      return { kind: 'challenge', token: Buffer.from(INVALID) };
    }
    if (message.authorizationId !== '' && message.authorizationId !== found.name)
      return { kind: 'failed', reason: 'an authorization id that is not the principal of the token' };
    return { kind: 'done', token: new Uint8Array(0), identity: found };
  }
}
