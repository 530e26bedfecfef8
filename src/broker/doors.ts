import { every } from '../base/clock.ts';
import { ListenerSettings } from '../config/listener-settings.ts';
import { SettingsError } from '../config/load.ts';
import type { HttpAccess } from '../http/access.ts';
import type { HealthPart } from '../http/deps.ts';
import type { ListenerOptions } from '../kafka/listener.ts';
import type { SqlEngine } from '../metadata/types.ts';
import type { ClientDirectory } from '../security/client-directory.ts';
import { PasswordCheck } from '../security/password-check.ts';
import { OAUTHBEARER } from '../security/sasl/oauthbearer.ts';
import { PLAIN } from '../security/sasl/plain.ts';
import { SCRAM_HASHES } from '../security/sasl/scram-keys.ts';
import type { TlsTerms } from '../security/tls/terms.ts';
import type { Opened } from './engines.ts';
import { KeySources } from './key-sources.ts';
import { httpListener, isLoopback } from './listeners.ts';
import type { BrokerParts } from './parts.ts';
import {
  clientDirectory,
  isOpen,
  type MechanismParts,
  ofListener,
  plainUsers,
  securedListeners,
  tlsTerms,
  tokenValidator,
} from './security.ts';

/** How clients come in, and who is known. */
export interface Doors {
  readonly directory: ClientDirectory;
  readonly keys: KeySources;
  readonly listeners: readonly ListenerOptions[];
  readonly http: HttpAccess;
}

/** The doors by the settings, before anything is opened. Throws a SettingsError for those that cannot be. */
export function doorsOf(parts: BrokerParts): Doors {
  const directory = clientDirectory(parts);
  const keys = new KeySources(parts);
  const mechanismParts = { directory, keys, clock: parts.clock };
  const listeners = securedListeners(parts.settings, mechanismParts);
  return { directory, keys, listeners, http: httpDoor(parts, listeners, mechanismParts) };
}

/** Listeners whose users HTTP knows: itself where it has mechanisms of its own, else every SASL listener. */
function modelsOfHttp({ settings }: BrokerParts, listeners: readonly ListenerOptions[]): ListenerSettings[] {
  const own = new ListenerSettings(settings, 'http');
  const named = listeners.filter(({ sasl }) => sasl !== undefined).map(({ advertised }) => advertised.name);
  if (own.own('sasl.enabled.mechanisms') !== undefined || named.length === 0) return [own];
  return named.map((name) => new ListenerSettings(settings, name));
}

function httpDoor(
  parts: BrokerParts,
  listeners: readonly ListenerOptions[],
  mechanismParts: MechanismParts,
): HttpAccess {
  const { settings, random } = parts;
  const own = new ListenerSettings(settings, 'http');
  const { name } = httpListener(settings);
  return ofListener('http', () => {
    if (name !== 'http' && name !== 'https')
      throw new SettingsError(`setting 'http.listeners': expected http:// or https://, got '${name}'`);
    const models = modelsOfHttp(parts, listeners);
    const having = (mechanism: string): ListenerSettings[] =>
      models.filter((model) => model.get('sasl.enabled.mechanisms').includes(mechanism));
    const wanted = settings['http.authentication'];
    return {
      required: wanted === 'required' || (wanted === 'auto' && listeners.some((listener) => !isOpen(listener))),
      passwords: new PasswordCheck({
        plain: having(PLAIN).map(plainUsers),
        scram: mechanismParts.directory.scram,
        hashes: SCRAM_HASHES.filter(({ mechanism }) => having(mechanism).length > 0),
        random,
      }),
      tokens: having(OAUTHBEARER).map((model) => tokenValidator(model, mechanismParts)),
      tls: name === 'https' ? tlsTerms(own, 'HTTPS') : undefined,
      failureDelayMs: own.get('connection.failed.authentication.delay.ms'),
    };
  });
}

/** How the ways in are, for `/health`: nobody who is in is concerned. */
export function doorsHealth({ keys, listeners, http }: Doors): HealthPart {
  const name = 'doors';
  if (keys.failing !== undefined)
    return { name, status: 'degraded', reason: `the keys of access tokens cannot be read: ${keys.failing}` };
  const broken = certificatesOf(listeners, http).find(({ failing }) => failing !== undefined);
  if (broken === undefined) return { name, status: 'ok' };
  return { name, status: 'degraded', reason: `changed certificates cannot be used: ${broken.failing ?? ''}` };
}

function certificatesOf(listeners: readonly ListenerOptions[], http: HttpAccess): TlsTerms[] {
  return [...listeners.map(({ tls }) => tls), http.tls].filter((one) => one !== undefined);
}

/** Reads users, tokens and keys, and looks for new certificates from now on. To be called before anybody is let in. */
export async function openDoors(parts: BrokerParts, doors: Doors, sql: SqlEngine, opened: Opened): Promise<void> {
  const { directory, keys, listeners, http } = doors;
  await directory.load(sql);
  opened.add(() => Promise.resolve(directory.close()));
  opened.add(() => Promise.resolve(keys.close()));
  await keys.start();
  reloadCertificates(parts, certificatesOf(listeners, http), opened);
}

function reloadCertificates(parts: BrokerParts, terms: readonly TlsTerms[], opened: Opened): void {
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

/** Says loudly which ports let everybody in whom they can be reached by. */
export function warnOfOpenDoors({ logger, settings }: BrokerParts, { listeners, http }: Doors): void {
  const open = listeners.filter(isOpen).map(({ advertised, host }) => [`Kafka port ${advertised.name}`, host] as const);
  const web = http.required ? [] : [['HTTP port', httpListener(settings).host] as const];
  for (const [name, address] of [...open, ...web])
    if (!isLoopback(address))
      logger.warn({ address }, `the ${name} has no authentication and is reachable from other machines`);
  for (const { advertised, host, protocol, sasl } of listeners) {
    const secrets = sasl?.mechanisms.some(({ name }) => name === PLAIN || name === OAUTHBEARER) === true;
    if (protocol === 'SASL_PLAINTEXT' && secrets && !isLoopback(host))
      logger.warn(
        { address: host },
        `the Kafka port ${advertised.name} takes passwords or tokens that are not encrypted`,
      );
  }
}
