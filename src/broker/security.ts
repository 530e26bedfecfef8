import { readFileSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { ListenerSettings, ownerOf } from '../config/listener-settings.ts';
import { SettingsError } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import type { ListenerOptions } from '../kafka/listener.ts';
import { ClientDirectory } from '../security/client-directory.ts';
import { type LoginModule, parseJaas } from '../security/jaas.ts';
import { jwtValidator } from '../security/oauth/validator.ts';
import type { SecurityProtocol } from '../security/principal.ts';
import type { SaslMechanism, SaslTerms } from '../security/sasl/exchange.ts';
import { OAUTHBEARER, oauthBearerMechanism, type TokenValidator } from '../security/sasl/oauthbearer.ts';
import { PLAIN, plainMechanism, PlainUsers } from '../security/sasl/plain.ts';
import { SCRAM_HASHES } from '../security/sasl/scram-keys.ts';
import { scramMechanism } from '../security/sasl/scram.ts';
import { TlsTerms } from '../security/tls/terms.ts';
import type { BrokerParts } from './parts.ts';
import type { KeySources } from './key-sources.ts';
import { kafkaListeners } from './listeners.ts';

/** Gives the reason of an error the name of the listener whose settings are wrong. */
export function ofListener<T>(name: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new SettingsError(`listener ${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** `ssl.*` as one listener has them. Throws an Error that says what is wrong. */
export function tlsTerms(settings: ListenerSettings, protocol: SecurityProtocol | 'HTTPS'): TlsTerms {
  const keystore = settings.get('ssl.keystore.location');
  const clientAuth =
    protocol === 'SASL_SSL' ? (settings.own('ssl.client.auth') ?? 'none') : settings.get('ssl.client.auth');
  return new TlsTerms(
    {
      keystoreType: settings.get('ssl.keystore.type'),
      key: { location: keystore, text: settings.get('ssl.keystore.key') },
      certificates: { location: keystore, text: settings.get('ssl.keystore.certificate.chain') },
      keystorePassword: settings.get('ssl.keystore.password'),
      keyPassword: settings.get('ssl.key.password'),
      trusted: {
        location: settings.get('ssl.truststore.location'),
        text: settings.get('ssl.truststore.certificates'),
      },
      clientAuth,
      protocols: settings.get('ssl.enabled.protocols'),
      cipherSuites: settings.get('ssl.cipher.suites'),
      mappingRules: settings.get('ssl.principal.mapping.rules'),
    },
    readFileSync,
  );
}

/** Who is known by what SQL holds; still empty. */
export function clientDirectory({ settings, clock, random, logger }: BrokerParts): ClientDirectory {
  return new ClientDirectory({
    clock,
    random,
    logger: logger.child('tokens'),
    settings: {
      secretKey: settings['delegation.token.secret.key'],
      maxLifetimeMs: settings['delegation.token.max.lifetime.ms'],
      expiryMs: settings['delegation.token.expiry.time.ms'],
      checkIntervalMs: settings['delegation.token.expiry.check.interval.ms'],
    },
  });
}

/** What the mechanisms of all listeners are made of. */
export interface MechanismParts {
  readonly directory: ClientDirectory;
  readonly keys: KeySources;
  readonly clock: Clock;
}

function jaasModules(settings: ListenerSettings, mechanism: string): LoginModule[] {
  const jaas = settings.get('sasl.jaas.config', mechanism);
  return jaas === '' ? [] : parseJaas(jaas);
}

/** The users of PLAIN of one listener. */
export function plainUsers(settings: ListenerSettings): PlainUsers {
  return new PlainUsers(jaasModules(settings, PLAIN));
}

/** What one listener believes of access tokens. */
export function tokenValidator(settings: ListenerSettings, { keys, clock }: MechanismParts): TokenValidator {
  const get = <Name extends Parameters<ListenerSettings['get']>[0]>(name: Name): Settings[Name] =>
    settings.get(name, OAUTHBEARER);
  const source = keys.of({
    url: get('sasl.oauthbearer.jwks.endpoint.url'),
    refreshMs: get('sasl.oauthbearer.jwks.endpoint.refresh.ms'),
    retryMs: get('sasl.oauthbearer.jwks.endpoint.retry.backoff.ms'),
    maxRetryMs: get('sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms'),
  });
  return jwtValidator(source, clock, {
    audiences: get('sasl.oauthbearer.expected.audience'),
    issuer: get('sasl.oauthbearer.expected.issuer'),
    subjectClaim: get('sasl.oauthbearer.sub.claim.name'),
    scopeClaim: get('sasl.oauthbearer.scope.claim.name'),
    clockSkewMs: get('sasl.oauthbearer.clock.skew.seconds') * 1000,
  });
}

function mechanism(name: string, settings: ListenerSettings, parts: MechanismParts): SaslMechanism {
  const modules = jaasModules(settings, name);
  if (name === PLAIN) return plainMechanism(new PlainUsers(modules));
  if (name === OAUTHBEARER) return oauthBearerMechanism(tokenValidator(settings, parts));
  const scram = SCRAM_HASHES.find((hash) => hash.mechanism === name);
  if (scram !== undefined) return scramMechanism(scram, parts.directory);
  throw new Error(`sasl.enabled.mechanisms: '${name}' is not served`);
}

function saslTerms(settings: ListenerSettings, parts: MechanismParts): SaslTerms {
  const names = settings.get('sasl.enabled.mechanisms');
  if (names.length === 0) throw new Error('a SASL listener needs sasl.enabled.mechanisms');
  return {
    mechanisms: names.map((name) => mechanism(name, settings, parts)),
    maxReauthMs: (name) => settings.get('connections.max.reauth.ms', name),
    maxReceiveBytes: settings.get('sasl.server.max.receive.size'),
    failureDelayMs: settings.get('connection.failed.authentication.delay.ms'),
  };
}

/** Mechanisms that clients may be offered, as names of settings have them. */
const MECHANISMS = [PLAIN, OAUTHBEARER, ...SCRAM_HASHES.map(({ mechanism }) => mechanism)].map((name) =>
  name.toLowerCase(),
);

/** Throws a SettingsError for a setting of a listener or mechanism that is not there: what it was to close would stay open. */
function checkOwners(settings: Settings, listeners: readonly string[]): void {
  const owners = new Set(listeners.flatMap((name) => [name, ...MECHANISMS.map((mechanism) => `${name}.${mechanism}`)]));
  for (const name of Object.keys(settings)) {
    const owner = ownerOf(name);
    if (owner !== undefined && !owners.has(owner))
      throw new SettingsError(
        `setting '${name}': there is no listener or mechanism '${owner}'; the listeners are ${listeners.join(', ')}`,
      );
  }
}

/** Every Kafka listener with its security. Throws a SettingsError that says which listener cannot be, and why. */
export function securedListeners(settings: Settings, parts: MechanismParts): ListenerOptions[] {
  const addresses = kafkaListeners(settings);
  checkOwners(settings, ['http', ...addresses.map(({ bind }) => bind.name.toLowerCase())]);
  return addresses.map(({ bind, advertised, protocol }) =>
    ofListener(bind.name, () => {
      const own = new ListenerSettings(settings, bind.name);
      return {
        host: bind.host,
        port: bind.port,
        advertised,
        protocol,
        tls: protocol === 'SSL' || protocol === 'SASL_SSL' ? tlsTerms(own, protocol) : undefined,
        sasl: protocol.startsWith('SASL') ? saslTerms(own, parts) : undefined,
      };
    }),
  );
}

/** Whether whoever reaches the listener may use it without saying who they are. */
export function isOpen({ protocol, tls }: ListenerOptions): boolean {
  if (protocol === 'PLAINTEXT') return true;
  return protocol === 'SSL' && tls?.identifies === false;
}
