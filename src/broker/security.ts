import { readFileSync } from 'node:fs';
import { every } from '../base/clock.ts';
import { ListenerSettings } from '../config/listener-settings.ts';
import { SettingsError } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import type { ListenerOptions } from '../kafka/listener.ts';
import { ClientDirectory } from '../security/client-directory.ts';
import { parseJaas } from '../security/jaas.ts';
import type { SecurityProtocol } from '../security/principal.ts';
import type { SaslMechanism, SaslTerms } from '../security/sasl/exchange.ts';
import { PLAIN, plainMechanism, PlainUsers } from '../security/sasl/plain.ts';
import { SCRAM_HASHES } from '../security/sasl/scram-keys.ts';
import { scramMechanism } from '../security/sasl/scram.ts';
import { TlsTerms } from '../security/tls/terms.ts';
import type { BrokerParts } from './parts.ts';
import type { Opened } from './engines.ts';
import { kafkaListeners } from './listeners.ts';

/** Gives the reason of an error the name of the listener whose settings are wrong. */
function ofListener<T>(name: string, act: () => T): T {
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

function mechanism(name: string, settings: ListenerSettings, directory: ClientDirectory): SaslMechanism {
  const jaas = settings.get('sasl.jaas.config', name);
  const modules = jaas === '' ? [] : parseJaas(jaas);
  if (name === PLAIN) return plainMechanism(new PlainUsers(modules));
  const scram = SCRAM_HASHES.find((hash) => hash.mechanism === name);
  if (scram !== undefined) return scramMechanism(scram, directory);
  throw new Error(`sasl.enabled.mechanisms: '${name}' is not served`);
}

function saslTerms(settings: ListenerSettings, directory: ClientDirectory): SaslTerms {
  const names = settings.get('sasl.enabled.mechanisms');
  if (names.length === 0) throw new Error('a SASL listener needs sasl.enabled.mechanisms');
  return {
    mechanisms: names.map((name) => mechanism(name, settings, directory)),
    maxReauthMs: (name) => settings.get('connections.max.reauth.ms', name),
    maxReceiveBytes: settings.get('sasl.server.max.receive.size'),
    failureDelayMs: settings.get('connection.failed.authentication.delay.ms'),
  };
}

/** Every Kafka listener with its security. Throws a SettingsError that says which listener cannot be, and why. */
export function securedListeners(settings: Settings, directory: ClientDirectory): ListenerOptions[] {
  return kafkaListeners(settings).map(({ bind, advertised, protocol }) =>
    ofListener(bind.name, () => {
      const own = new ListenerSettings(settings, bind.name);
      return {
        host: bind.host,
        port: bind.port,
        advertised,
        protocol,
        tls: protocol === 'SSL' || protocol === 'SASL_SSL' ? tlsTerms(own, protocol) : undefined,
        sasl: protocol.startsWith('SASL') ? saslTerms(own, directory) : undefined,
      };
    }),
  );
}

/** Looks from time to time whether certificate files have changed, and uses them. */
export function reloadCertificates(parts: BrokerParts, terms: readonly TlsTerms[], opened: Opened): void {
  const interval = parts.settings['ssl.reload.interval.ms'];
  if (interval === 0 || terms.length === 0) return;
  const logger = parts.logger.child('tls');
  const reload = (one: TlsTerms): void => {
    try {
      if (one.reload()) logger.info({}, 'certificates were read again');
    } catch (err) {
      logger.error({ err }, 'the changed certificates cannot be used; the old ones stay');
    }
  };
  const timer = every(parts.clock, interval, () => terms.forEach(reload));
  opened.add(() => Promise.resolve(timer.cancel()));
}

/** Whether whoever reaches the listener may use it without saying who they are. */
export function isOpen({ protocol, tls }: ListenerOptions): boolean {
  if (protocol === 'PLAINTEXT') return true;
  return protocol === 'SSL' && tls?.identifies === false;
}
