import { timingSafeEqual } from 'node:crypto';
import type { Identity, SaslExchange, SaslMechanism, SaslStep } from './exchange.ts';
import { digest, hmac, type ScramCredential, type ScramHash, xor } from './scram-keys.ts';
import {
  type ClientFirst,
  parseClientFinal,
  parseClientFirst,
  ScramSyntaxError,
  serverFinal,
  serverFirst,
} from './scram-messages.ts';

/** Whom a credential belongs to. */
export interface KnownClient {
  readonly credential: ScramCredential;
  readonly identity: Identity;
}

/** Where SCRAM looks for users and delegation tokens. */
export interface ScramDirectory {
  user(scram: ScramHash, name: string): KnownClient | undefined;
  token(scram: ScramHash, id: string): KnownClient | undefined;
  /** A credential that looks like others, always the same for a name, for which nobody has the password. */
  decoy(scram: ScramHash, name: string): ScramCredential;
  /** Printable text that nobody can foretell. */
  nonce(): string;
}

/** The extension by which a client says that its name is the id of a delegation token (KIP-48). */
const TOKEN_EXTENSION = 'tokenauth';
/** `n,,` in Base64, which most clients send even where they sent another header. */
const NO_BINDING = 'biws';

/** SCRAM (RFC 5802, RFC 7677): the client shows that it knows the password without sending it. */
export function scramMechanism(scram: ScramHash, directory: ScramDirectory): SaslMechanism {
  return { name: scram.mechanism, begin: () => new ScramExchange(scram, directory) };
}

interface Challenged {
  readonly client: ClientFirst;
  readonly serverFirst: string;
  readonly nonce: string;
  /** Undefined: there is no such user, which is said only when the proof is there. */
  readonly identity: Identity | undefined;
  readonly credential: ScramCredential;
}

class ScramExchange implements SaslExchange {
  readonly #scram: ScramHash;
  readonly #directory: ScramDirectory;
  #challenged: Challenged | undefined;

  constructor(scram: ScramHash, directory: ScramDirectory) {
    this.#scram = scram;
    this.#directory = directory;
  }

  next(token: Uint8Array): SaslStep {
    try {
      return this.#challenged === undefined ? this.#challenge(token) : this.#verify(token, this.#challenged);
    } catch (error) {
      if (error instanceof ScramSyntaxError) return { kind: 'failed', reason: error.message };
      throw error;
    }
  }

  #challenge(token: Uint8Array): SaslStep {
    const client = parseClientFirst(token);
    const byToken = client.extensions.get(TOKEN_EXTENSION)?.toLowerCase() === 'true';
    const decoy = this.#directory.decoy(this.#scram, client.username);
    const known = byToken
      ? this.#directory.token(this.#scram, client.username)
      : this.#directory.user(this.#scram, client.username);
    const credential = known?.credential ?? decoy;
    const nonce = client.nonce + this.#directory.nonce();
    const message = serverFirst(nonce, credential.salt, credential.iterations);
    this.#challenged = { client, serverFirst: message, nonce, identity: known?.identity, credential };
    return { kind: 'challenge', token: Buffer.from(message) };
  }

  #verify(token: Uint8Array, challenged: Challenged): SaslStep {
    const { client, credential, identity } = challenged;
    const final = parseClientFinal(token);
    const header = Buffer.from(client.header).toString('base64');
    const bound = final.channelBinding === NO_BINDING || final.channelBinding === header;
    if (!bound || final.nonce !== challenged.nonce)
      return { kind: 'failed', reason: 'the final message does not belong to the first one' };
    const signed = `${client.bare},${challenged.serverFirst},${final.withoutProof}`;
    if (final.proof.length !== credential.storedKey.length)
      return { kind: 'failed', reason: 'the proof has the wrong length' };
    const clientKey = xor(final.proof, hmac(this.#scram, credential.storedKey, signed));
    const proven = timingSafeEqual(digest(this.#scram, clientKey), credential.storedKey);
    if (!proven || identity === undefined) return { kind: 'failed', reason: 'unknown user or wrong password' };
    if (client.authorizationId !== '' && client.authorizationId !== client.username) {
      const message = 'Authentication failed: Client requested an authorization id that is different from username';
      return { kind: 'failed', message, reason: 'an authorization id that is not the user' };
    }
    const signature = hmac(this.#scram, credential.serverKey, signed);
    return { kind: 'done', token: Buffer.from(serverFinal(signature)), identity };
  }
}
