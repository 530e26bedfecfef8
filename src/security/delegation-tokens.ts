import { createHmac } from 'node:crypto';
import type { ErrorName } from '../../protocol/errors.ts';
import { present } from '../base/assert.ts';
import { type Clock, every, type Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { type Random, randomUuid, uuidToString } from '../base/random.ts';
import { Turns } from '../base/turns.ts';
import {
  type DelegationTokenRow,
  delegationTokenRows,
  removeDelegationToken,
  saveDelegationToken,
} from '../metadata/delegation-tokens.ts';
import type { SqlEngine } from '../metadata/types.ts';
import { nameOf, typeOf } from './principal.ts';
import type { KnownClient } from './sasl/scram.ts';
import {
  credentialOf,
  MIN_ITERATIONS,
  saltPasswordSync,
  type ScramCredential,
  type ScramHash,
} from './sasl/scram-keys.ts';
import { randomLetters } from './scram-users.ts';

/** The `delegation.token.*` settings. */
export interface TokenSettings {
  /** Empty: there are no delegation tokens. */
  readonly secretKey: string;
  readonly maxLifetimeMs: number;
  /** Time until a token has to be renewed. */
  readonly expiryMs: number;
  readonly checkIntervalMs: number;
}

export interface TokenParts {
  readonly settings: TokenSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Who wants a token, and for whom; principals in Kafka's text form. */
export interface TokenWish {
  readonly owner: string;
  readonly requester: string;
  readonly renewers: readonly string[];
  /** Zero or less: as long as the settings allow. */
  readonly maxLifetimeMs: number;
}

/** A token with the secret that its bearer logs in with. */
export interface IssuedToken {
  readonly token: DelegationTokenRow;
  readonly hmac: Uint8Array;
}

type Refused = { readonly error: ErrorName };

interface Held {
  readonly token: DelegationTokenRow;
  readonly hmac: string;
  /** Made at the first login with a mechanism. */
  readonly credentials: Map<string, ScramCredential>;
}

const saturated = (time: number): number => Math.min(Number.MAX_SAFE_INTEGER, time);

/**
 * Delegation tokens (KIP-48): rows in SQL, in memory for logins. The secret of a token is the HMAC of its id under `delegation.token.secret.key`, so that
 * only the key is secret. Empty until `load`.
 */
export class DelegationTokens {
  readonly #parts: TokenParts;
  readonly #byId = new Map<string, Held>();
  readonly #idByHmac = new Map<string, string>();
  #sql: SqlEngine | undefined;
  #sweep: Timer | undefined;
  /** One change of tokens after another: what is ended must not come back by a renewal that began before. */
  readonly #turns = new Turns();

  constructor(parts: TokenParts) {
    this.#parts = parts;
  }

  get enabled(): boolean {
    return this.#parts.settings.secretKey !== '';
  }

  /** Reads all tokens, and from then on removes those that expire. */
  async load(sql: SqlEngine): Promise<void> {
    this.#sql = sql;
    if (!this.enabled) return;
    for (const row of await delegationTokenRows(sql)) this.#hold(row);
    this.#sweep = every(this.#parts.clock, this.#parts.settings.checkIntervalMs, () => this.#removeExpired());
  }

  close(): void {
    this.#sweep?.cancel();
  }

  /** Whom a token lets in; undefined for one that is unknown or expired. */
  clientOf(scram: ScramHash, tokenId: string): KnownClient | undefined {
    const held = this.#byId.get(tokenId);
    if (held === undefined || this.#expired(held.token)) return undefined;
    let credential = held.credentials.get(scram.mechanism);
    if (credential === undefined) {
      const salt = Buffer.from(randomLetters(this.#parts.random));
      const salted = saltPasswordSync(scram, held.hmac, salt, MIN_ITERATIONS);
      credential = credentialOf(scram, salted, salt, MIN_ITERATIONS);
      held.credentials.set(scram.mechanism, credential);
    }
    const { owner, expires } = held.token;
    return { credential, identity: { name: nameOf(owner), byToken: true, expires } };
  }

  /** Makes a token. */
  async create(wish: TokenWish): Promise<IssuedToken | Refused> {
    if (!this.enabled) return { error: 'DELEGATION_TOKEN_AUTH_DISABLED' };
    if (wish.renewers.some((renewer) => typeOf(renewer) !== 'User')) return { error: 'INVALID_PRINCIPAL_TYPE' };
    const { settings, clock, random } = this.#parts;
    const issued = clock.now();
    const lifetime =
      wish.maxLifetimeMs > 0 ? Math.min(wish.maxLifetimeMs, settings.maxLifetimeMs) : settings.maxLifetimeMs;
    const maxExpires = saturated(issued + lifetime);
    const expires = Math.min(maxExpires, saturated(issued + settings.expiryMs));
    const { owner, requester, renewers } = wish;
    const tokenId = uuidToString(randomUuid(random));
    const token = { tokenId, owner, requester, renewers, issued, expires, maxExpires };
    await this.#save(token);
    return { token, hmac: this.hmacOf(tokenId) };
  }

  /** Puts off the time at which the token expires; gives the new one. */
  renew(principal: string, hmac: Uint8Array, periodMs: number): Promise<{ readonly expires: number } | Refused> {
    return this.#turns.run(async () => {
      const token = this.#find(hmac);
      if ('error' in token) return token;
      if (this.#expired(token)) return { error: 'DELEGATION_TOKEN_EXPIRED' };
      if (!belongsTo(token, principal)) return { error: 'DELEGATION_TOKEN_OWNER_MISMATCH' };
      const { settings, clock } = this.#parts;
      const period = periodMs > 0 ? Math.min(periodMs, settings.expiryMs) : settings.expiryMs;
      const expires = Math.min(token.maxExpires, saturated(clock.now() + period));
      await this.#save({ ...token, expires });
      return { expires };
    });
  }

  /** Sets the time at which the token expires, or ends it at once where `periodMs` is negative; gives that time. */
  expire(principal: string, hmac: Uint8Array, periodMs: number): Promise<{ readonly expires: number } | Refused> {
    return this.#turns.run(async () => {
      const token = this.#find(hmac);
      if ('error' in token) return token;
      if (!belongsTo(token, principal)) return { error: 'DELEGATION_TOKEN_OWNER_MISMATCH' };
      const now = this.#parts.clock.now();
      if (periodMs < 0) {
        await this.#remove([token]);
        return { expires: now };
      }
      if (this.#expired(token)) return { error: 'DELEGATION_TOKEN_EXPIRED' };
      const expires = Math.min(token.maxExpires, saturated(now + periodMs));
      await this.#save({ ...token, expires });
      return { expires };
    });
  }

  /** Every token that is held, those that have expired but are not removed yet included. */
  all(): IssuedToken[] {
    return [...this.#byId.values()].map(({ token }) => ({ token, hmac: this.hmacOf(token.tokenId) }));
  }

  /** The secret of a token. */
  hmacOf(tokenId: string): Uint8Array {
    return createHmac('sha512', this.#parts.settings.secretKey).update(tokenId, 'utf8').digest();
  }

  #find(hmac: Uint8Array): DelegationTokenRow | Refused {
    if (!this.enabled) return { error: 'DELEGATION_TOKEN_AUTH_DISABLED' };
    const held = this.#byId.get(this.#idByHmac.get(Buffer.from(hmac).toString('base64')) ?? '');
    return held === undefined ? { error: 'DELEGATION_TOKEN_NOT_FOUND' } : held.token;
  }

  #expired({ expires, maxExpires }: DelegationTokenRow): boolean {
    const now = this.#parts.clock.now();
    return expires < now || maxExpires < now;
  }

  async #save(token: DelegationTokenRow): Promise<void> {
    await present(this.#sql, 'loaded delegation tokens').transaction([saveDelegationToken(token)]);
    this.#hold(token);
  }

  #hold(token: DelegationTokenRow): void {
    const hmac = Buffer.from(this.hmacOf(token.tokenId)).toString('base64');
    const credentials = this.#byId.get(token.tokenId)?.credentials ?? new Map<string, ScramCredential>();
    this.#byId.set(token.tokenId, { token, hmac, credentials });
    this.#idByHmac.set(hmac, token.tokenId);
  }

  async #removeExpired(): Promise<void> {
    try {
      await this.#turns.run(async () => {
        const tokens = [...this.#byId.values()].map(({ token }) => token);
        const expired = tokens.filter((token) => this.#expired(token));
        if (expired.length > 0) await this.#remove(expired);
      });
    } catch (err) {
      this.#parts.logger.error({ err }, 'expired delegation tokens could not be removed; they are tried again');
    }
  }

  async #remove(tokens: readonly DelegationTokenRow[]): Promise<void> {
    const statements = tokens.map(({ tokenId }) => removeDelegationToken(tokenId));
    await present(this.#sql, 'loaded delegation tokens').transaction(statements);
    for (const { tokenId } of tokens) {
      this.#idByHmac.delete(this.#byId.get(tokenId)?.hmac ?? '');
      this.#byId.delete(tokenId);
    }
  }
}

/** Whether the principal owns the token or may renew it. */
export function belongsTo({ owner, renewers }: DelegationTokenRow, principal: string): boolean {
  return owner === principal || renewers.includes(principal);
}
