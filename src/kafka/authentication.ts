import { errorCode } from '../../protocol/errors.ts';
import type { saslAuthenticateApi, saslHandshakeApi } from '../../protocol/messages/index.ts';
import type { ResponseOf } from '../../protocol/schema/index.ts';
import { type Clock, sleep } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Identity, SaslTerms } from '../security/sasl/exchange.ts';
import type { AuthenticationMetrics } from './authentication-metrics.ts';
import type { ResponseFrame } from './dispatch.ts';
import { SaslSession, type SessionTime, type TokenOutcome } from './sasl-session.ts';

/** What an authentication does to its connection. */
export interface AuthenticationEffects {
  /** The client is known now, or again. */
  authenticated(identity: Identity): void;
  /** Nothing more is taken from the client; the connection ends when what was asked is answered. */
  refused(): void;
}

/** What all authentications of a listener share. */
export interface AuthenticationServices {
  readonly terms: SaslTerms;
  readonly listener: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: AuthenticationMetrics;
}

const LENGTH_BYTES = 4;

/** The authentication of one connection: SaslSession with a clock, with failures that are slow, counted and logged. */
export class ConnectionAuthentication {
  readonly #services: AuthenticationServices;
  readonly #session: SaslSession;
  readonly #client: string;
  readonly #effects: AuthenticationEffects;

  constructor(services: AuthenticationServices, client: string, effects: AuthenticationEffects) {
    this.#services = services;
    this.#session = new SaslSession(services.terms);
    this.#client = client;
    this.#effects = effects;
  }

  /** True when the next frame is a token, not a request. */
  get bareTokens(): boolean {
    return this.#session.bareTokens;
  }

  /** True when no request has to be asked for any more. */
  get settled(): boolean {
    return this.#session.settled;
  }

  /** Why a request may not be made now; undefined when it may. */
  refuses(apiKey: number, apiVersion: number): string | undefined {
    return this.#session.refuses(apiKey, apiVersion, this.#time());
  }

  /** Answers SaslHandshake. */
  async handshake(mechanism: string, version: number): Promise<ResponseOf<typeof saslHandshakeApi>> {
    const time = this.#time();
    const code = this.#session.handshake(mechanism, version, time);
    if (code === errorCode.ILLEGAL_SASL_STATE) {
      if (this.#session.failed) await this.#refuse(this.#session.mechanism ?? '', 'a second handshake', time);
      return { errorCode: code, mechanisms: [] };
    }
    if (code !== errorCode.NONE) await this.#refuse('unknown', 'a mechanism that is not enabled', time);
    return { errorCode: code, mechanisms: [...this.#session.mechanisms] };
  }

  /** Answers SaslAuthenticate. */
  async authenticate(token: Uint8Array): Promise<ResponseOf<typeof saslAuthenticateApi>> {
    const time = this.#time();
    const outcome = this.#session.authenticate(token, time);
    if (outcome === undefined) return outOfPlace;
    await this.#follow(outcome, time);
    if (outcome.kind === 'failed') {
      const { message } = outcome;
      return { errorCode: errorCode.SASL_AUTHENTICATION_FAILED, errorMessage: message, authBytes: new Uint8Array(0) };
    }
    const sessionLifetimeMs = outcome.kind === 'done' ? outcome.lifetimeMs : 0;
    return { errorCode: errorCode.NONE, errorMessage: '', authBytes: outcome.token, sessionLifetimeMs };
  }

  /** Answers a token that came without a request around it; a failure has no answer (KIP-152 came later). */
  async bareToken(token: Uint8Array): Promise<ResponseFrame> {
    const time = this.#time();
    const outcome = this.#session.authenticate(token, time);
    if (outcome === undefined) return undefined;
    await this.#follow(outcome, time);
    if (outcome.kind === 'failed') return undefined;
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeInt32BE(outcome.token.length);
    return [length, outcome.token];
  }

  async #follow(outcome: TokenOutcome, began: SessionTime): Promise<void> {
    if (outcome.kind === 'challenge') return;
    const { metrics, listener } = this.#services;
    const mechanism = this.#session.mechanism ?? '';
    if (outcome.kind === 'failed') return this.#refuse(mechanism, outcome.reason, began);
    metrics.authenticated(listener, mechanism, 'success');
    this.#effects.authenticated(outcome.identity);
  }

  /** The wait makes guessing slow. It is counted from the question on, so that the time of the answer does not tell how long it took to find what was wrong. */
  async #refuse(mechanism: string, reason: string, began: SessionTime): Promise<void> {
    const { metrics, listener, logger, clock, terms } = this.#services;
    metrics.authenticated(listener, mechanism, 'failure');
    logger.info({ client: this.#client, listener, mechanism, reason }, 'an authentication failed');
    await sleep(clock, terms.failureDelayMs - (clock.monotonic() - began.monotonic));
    this.#effects.refused();
  }

  #time(): SessionTime {
    const { clock } = this.#services;
    return { now: clock.now(), monotonic: clock.monotonic() };
  }
}

/** What SaslAuthenticate is answered where none is due. */
export const outOfPlace = {
  errorCode: errorCode.ILLEGAL_SASL_STATE,
  errorMessage: 'SaslAuthenticate request received after successful authentication',
  authBytes: new Uint8Array(0),
};
