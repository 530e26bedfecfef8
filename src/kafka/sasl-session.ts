import { errorCode } from '../../protocol/errors.ts';
import { apiVersionsApi, saslAuthenticateApi, saslHandshakeApi } from '../../protocol/messages/index.ts';
import type { Identity, SaslExchange, SaslStep, SaslTerms } from '../security/sasl/exchange.ts';

/** First version of SaslHandshake behind which tokens come as SaslAuthenticate requests; before, they come bare (KIP-152). */
const REQUESTS_SINCE = 1;
/** Kafka takes a handshake that begins sooner after the last one for an ordinary request. */
const REAUTHENTICATION_PAUSE_MS = 1000;

type Phase = 'handshake' | 'tokens' | 'bare-tokens' | 'complete' | 'failed';

/** Time as the session needs it, in ms. */
export interface SessionTime {
  readonly now: number;
  readonly monotonic: number;
}

/** What came of a token. */
export type TokenOutcome =
  | { readonly kind: 'challenge'; readonly token: Uint8Array }
  | {
      readonly kind: 'done';
      readonly token: Uint8Array;
      readonly identity: Identity;
      /** Time until the client has to authenticate again, ms; 0 is never (KIP-368). */
      readonly lifetimeMs: number;
    }
  | { readonly kind: 'failed'; readonly message: string; readonly reason: string };

/**
 * How far one connection is with SASL, as a machine without clock or socket: which requests it may make, which mechanism it has chosen, who
 * it is, and until when that holds. Messages and order are those of Kafka's SaslServerAuthenticator.
 */
export class SaslSession {
  readonly #terms: SaslTerms;
  #phase: Phase = 'handshake';
  #askedForVersions = false;
  #mechanism: string | undefined;
  #exchange: SaslExchange | undefined;
  /** Whom an authentication that goes on must not change. */
  #identity: Identity | undefined;
  #expires = Infinity;
  #lastBegun = -Infinity;

  constructor(terms: SaslTerms) {
    this.#terms = terms;
  }

  get mechanism(): string | undefined {
    return this.#mechanism;
  }

  get mechanisms(): readonly string[] {
    return this.#terms.mechanisms.map(({ name }) => name);
  }

  /** True when what comes next is a token without a request around it. */
  get bareTokens(): boolean {
    return this.#phase === 'bare-tokens';
  }

  /** True when the client is known for as long as the connection lasts: nothing is to be asked before its requests. */
  get settled(): boolean {
    return this.#phase === 'complete' && this.#expires === Infinity;
  }

  /** True when nothing can be made of the connection any more. */
  get failed(): boolean {
    return this.#phase === 'failed';
  }

  /** Why a request may not be made now; undefined when it may. The connection is to be closed then. */
  refuses(apiKey: number, apiVersion: number, time: SessionTime): string | undefined {
    switch (this.#phase) {
      case 'complete':
        if (time.monotonic < this.#expires || apiKey === saslHandshakeApi.key) return undefined;
        return 'the session has expired and the client did not authenticate again';
      case 'handshake':
        if (apiKey === saslHandshakeApi.key || (apiKey === apiVersionsApi.key && this.#mayAskForVersions(apiVersion)))
          return undefined;
        return `request ${apiKey} came before the SASL handshake`;
      case 'tokens':
        // A handshake is answered that it is out of place.
        if (apiKey === saslAuthenticateApi.key || apiKey === saslHandshakeApi.key) return undefined;
        return `request ${apiKey} came during SASL authentication`;
      default:
        return 'the authentication has failed';
    }
  }

  /** Once, or once more when the first version was too new to be understood (KIP-511). */
  #mayAskForVersions(apiVersion: number): boolean {
    if (this.#askedForVersions) return false;
    this.#askedForVersions = apiVersion <= apiVersionsApi.versions[1];
    return true;
  }

  /** True where a handshake is an ordinary request, out of place, and changes nothing. */
  #outOfPlace({ monotonic }: SessionTime): boolean {
    if (this.#phase === 'handshake') return false;
    const again = this.#phase === 'complete' && this.#expires !== Infinity;
    return !again || monotonic - this.#lastBegun < REAUTHENTICATION_PAUSE_MS;
  }

  /** Chooses a mechanism; gives the error code to answer. After UNSUPPORTED_SASL_MECHANISM the connection ends. */
  handshake(mechanism: string, version: number, time: SessionTime): number {
    if (this.#phase === 'tokens') this.#phase = 'failed';
    if (this.#outOfPlace(time)) return errorCode.ILLEGAL_SASL_STATE;
    const known = this.#terms.mechanisms.find(({ name }) => name === mechanism);
    if (known === undefined) {
      this.#phase = 'failed';
      return errorCode.UNSUPPORTED_SASL_MECHANISM;
    }
    this.#lastBegun = time.monotonic;
    this.#phase = version < REQUESTS_SINCE ? 'bare-tokens' : 'tokens';
    this.#exchange =
      this.#mechanism === undefined || this.#mechanism === mechanism
        ? known.begin()
        : otherMechanism(mechanism, this.#mechanism);
    this.#mechanism ??= mechanism;
    return errorCode.NONE;
  }

  /** Takes a token of the client; undefined when none is due. */
  authenticate(token: Uint8Array, time: SessionTime): TokenOutcome | undefined {
    if (this.#phase !== 'tokens' && this.#phase !== 'bare-tokens') return undefined;
    const step = this.#exchange!.next(token);
    if (step.kind === 'challenge') return step;
    this.#exchange = undefined;
    if (step.kind === 'failed') return this.#fail(step);
    return this.#complete(step.token, step.identity, time);
  }

  #fail({ message, reason }: Extract<SaslStep, { kind: 'failed' }>): TokenOutcome {
    this.#phase = 'failed';
    const what = this.#identity === undefined ? 'authentication' : 're-authentication';
    const unspoken = `Authentication failed during ${what} due to invalid credentials with SASL mechanism ${this.#mechanism ?? ''}`;
    return { kind: 'failed', message: message ?? unspoken, reason };
  }

  #complete(token: Uint8Array, identity: Identity, time: SessionTime): TokenOutcome {
    const before = this.#identity;
    if (before !== undefined && before.name !== identity.name) {
      const message = `Cannot change principals during re-authentication from User.${before.name}: User.${identity.name}`;
      return this.#fail({ kind: 'failed', message, reason: 'another principal than before' });
    }
    this.#phase = 'complete';
    this.#identity = identity;
    const limits = [this.#terms.maxReauthMs(this.#mechanism ?? '') || Infinity];
    if (identity.expires !== undefined) limits.push(identity.expires - time.now);
    const lifetimeMs = Math.max(0, Math.min(...limits));
    this.#expires = time.monotonic + lifetimeMs;
    // An issuer that counts in milliseconds names a time that is beyond what an answer can carry.
    const told = lifetimeMs === Infinity ? 0 : Math.min(lifetimeMs, Number.MAX_SAFE_INTEGER);
    return { kind: 'done', token, identity, lifetimeMs: told };
  }
}

/** Kafka lets the handshake pass and refuses the first token, so that the failure is counted as one of an authentication. */
function otherMechanism(wanted: string, before: string): SaslExchange {
  const message = `SASL mechanism '${wanted}' requested by client is not supported for re-authentication of mechanism '${before}'`;
  return { next: () => ({ kind: 'failed', message, reason: 'another mechanism than before' }) };
}
