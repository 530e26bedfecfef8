import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { type Clock, sleep } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { CounterHandle, Metrics } from '../base/metrics.ts';
import type { Requester } from '../security/authorizer.ts';
import { type PasswordCheck, TooManyChecks } from '../security/password-check.ts';
import { ANONYMOUS, userPrincipal } from '../security/principal.ts';
import type { TokenValidator } from '../security/sasl/oauthbearer.ts';
import type { TlsTerms } from '../security/tls/terms.ts';
import { HttpError } from './error.ts';

/** Who may come in over HTTP. */
export interface HttpAccess {
  /** Requests that say nothing of who they are from are refused; else they are from nobody. */
  readonly required: boolean;
  readonly passwords: PasswordCheck;
  /** One of them has to believe a token. */
  readonly tokens: readonly TokenValidator[];
  /** HTTPS instead of HTTP. */
  readonly tls: TlsTerms | undefined;
  /** Time from a failure to its answer, ms. */
  readonly failureDelayMs: number;
}

/** What pyiceberg sends where it was given no token: it says as much as no header. */
const OF_NOBODY = 'Bearer None';

interface GateParts {
  readonly access: HttpAccess;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Finds out whom a request is from: Basic (passwords), Bearer (tokens), the client's certificate, or nobody. */
export class HttpGate {
  readonly #parts: GateParts;
  readonly #counters = new Map<string, CounterHandle>();

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** Throws HttpError 401 for a request that says something wrong, or nothing where it must; 429 when too many passwords are to be checked. */
  async requesterOf(request: IncomingMessage): Promise<Requester> {
    const { access } = this.#parts;
    const host = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const { authorization } = request.headers;
    const given = authorization === OF_NOBODY ? undefined : authorization;
    if (given !== undefined) return { principal: userPrincipal(await this.#nameOf(given, host)), host };
    const principal = this.#certified(request, host);
    if (principal === ANONYMOUS && access.required) throw this.#unauthorized('missing authentication credentials');
    return { principal, host };
  }

  #certified(request: IncomingMessage, host: string): string {
    const { tls } = this.#parts.access;
    if (tls === undefined) return ANONYMOUS;
    try {
      return tls.principalOf(request.socket as TLSSocket);
    } catch (error) {
      this.#count('certificate', 'failure');
      this.#parts.logger.info({ client: host, reason: (error as Error).message }, 'an authentication failed');
      throw this.#unauthorized('unable to authenticate by the certificate');
    }
  }

  async #nameOf(header: string, host: string): Promise<string> {
    const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(header) ?? [];
    const basic = scheme.toLowerCase() === 'basic';
    const began = this.#parts.clock.monotonic();
    const found = basic ? await this.#byPassword(value) : this.#byToken(scheme, value);
    const mechanism = basic ? 'basic' : 'bearer';
    if ('name' in found) {
      this.#count(mechanism, 'success');
      return found.name;
    }
    const { clock, access, logger } = this.#parts;
    this.#count(mechanism, 'failure');
    logger.info({ client: host, mechanism, reason: found.refused }, 'an authentication failed');
    // Counted from the question on: the time of the answer does not tell how long the check took.
    await sleep(clock, access.failureDelayMs - (clock.monotonic() - began));
    throw this.#unauthorized('unable to authenticate with the credentials given');
  }

  async #byPassword(encoded: string): Promise<{ readonly name: string } | { readonly refused: string }> {
    const text = Buffer.from(encoded, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon < 1) return { refused: 'no name and password' };
    const name = text.slice(0, colon);
    try {
      const right = await this.#parts.access.passwords.verify(name, text.slice(colon + 1));
      return right ? { name } : { refused: 'unknown user or wrong password' };
    } catch (error) {
      if (!(error instanceof TooManyChecks)) throw error;
      throw new HttpError(429, 'es_rejected_execution_exception', error.message, { 'retry-after': '1' });
    }
  }

  #byToken(scheme: string, token: string): { readonly name: string } | { readonly refused: string } {
    if (scheme.toLowerCase() !== 'bearer') return { refused: 'a scheme that is neither Basic nor Bearer' };
    let refused = 'no listener takes tokens';
    for (const validate of this.#parts.access.tokens) {
      const found = validate(token);
      if ('name' in found) return found;
      refused = found.refused;
    }
    return { refused };
  }

  #unauthorized(reason: string): HttpError {
    const schemes = this.#parts.access.tokens.length > 0 ? ', Bearer realm="quarry"' : '';
    const challenge = `Basic realm="quarry", charset="UTF-8"${schemes}`;
    return new HttpError(401, 'security_exception', reason, { 'www-authenticate': challenge });
  }

  #count(mechanism: string, outcome: 'success' | 'failure'): void {
    const key = `${mechanism} ${outcome}`;
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = this.#parts.metrics.counter('quarry_http_authentications_total', 'HTTP requests with credentials.', {
        mechanism,
        outcome,
      });
      this.#counters.set(key, counter);
    }
    counter.inc();
  }
}
