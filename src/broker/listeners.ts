import { SettingsError } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import type { SecurityProtocol } from '../security/principal.ts';

/** An address to listen on, or to tell clients. */
export interface ListenerAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** Where one Kafka port listens, what clients are told (its port 0 means the port listened on), and what they go through. */
export interface KafkaAddress {
  readonly bind: ListenerAddress;
  readonly advertised: ListenerAddress;
  readonly protocol: SecurityProtocol;
}

const LISTENER = /^([A-Za-z0-9_.-]+):\/\/(?:\[([0-9a-fA-F:.]+)\]|([^:/[\]]*)):(\d{1,5})$/;
const PROTOCOLS: readonly string[] = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] satisfies SecurityProtocol[];

/** Parses `NAME://HOST:PORT`; an empty host is every address, as in Kafka. Throws a SettingsError that names the setting. */
export function parseListener(setting: string, text: string): ListenerAddress {
  const match = LISTENER.exec(text.trim());
  const port = Number(match?.[4]);
  if (match === null || port > 65535)
    throw new SettingsError(`setting '${setting}': expected NAME://HOST:PORT, got '${text}'`);
  return { name: match[1] ?? '', host: match[2] ?? match[3] ?? '', port };
}

/** A comma list of listeners, by their names in upper case as Kafka has them. */
function parseListeners(setting: string, text: string): Map<string, ListenerAddress> {
  const found = new Map<string, ListenerAddress>();
  for (const part of text.split(',')) {
    const listener = parseListener(setting, part);
    const name = listener.name.toUpperCase();
    if (found.has(name)) throw new SettingsError(`setting '${setting}': two listeners are called ${name}`);
    found.set(name, { ...listener, name });
  }
  return found;
}

function protocols(text: string): Map<string, SecurityProtocol> {
  const found = new Map<string, SecurityProtocol>();
  for (const part of text.split(',').filter((entry) => entry.trim() !== '')) {
    const [name = '', protocol = ''] = part.split(':').map((word) => word.trim().toUpperCase());
    if (name === '' || !PROTOCOLS.includes(protocol))
      throw new SettingsError(
        `setting 'listener.security.protocol.map': expected NAME:PROTOCOL with one of ${PROTOCOLS.join(', ')}, got '${part}'`,
      );
    found.set(name, protocol as SecurityProtocol);
  }
  return found;
}

/** One can listen there, and connect to nobody. */
function isEveryAddress(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}

/** The Kafka ports. Throws a SettingsError for listeners that contradict each other or the other settings. */
export function kafkaListeners(settings: Settings): KafkaAddress[] {
  const { listeners, 'advertised.listeners': told, 'kafka.port': port } = settings;
  const binds =
    listeners === ''
      ? new Map([['PLAINTEXT', { name: 'PLAINTEXT', host: '127.0.0.1', port }]])
      : parseListeners('listeners', listeners);
  const advertised = told === '' ? new Map<string, ListenerAddress>() : parseListeners('advertised.listeners', told);
  const unknown = [...advertised.keys()].find((name) => !binds.has(name));
  if (unknown !== undefined)
    throw new SettingsError(`setting 'advertised.listeners': 'listeners' has no listener ${unknown}`);
  const unreachable = [...advertised.values()].find(({ host }) => isEveryAddress(host));
  if (unreachable !== undefined)
    throw new SettingsError(
      `setting 'advertised.listeners': ${unreachable.name} needs an address that clients can reach, not '${unreachable.host}'`,
    );
  const map = protocols(settings['listener.security.protocol.map']);
  return [...binds.values()].map((bind) => {
    const protocol = map.get(bind.name);
    if (protocol === undefined)
      throw new SettingsError(`setting 'listener.security.protocol.map': the listener ${bind.name} has no protocol`);
    const reachable = isEveryAddress(bind.host) ? '127.0.0.1' : bind.host;
    return {
      bind: bind.host === '' ? { ...bind, host: '0.0.0.0' } : bind,
      advertised: advertised.get(bind.name) ?? { ...bind, host: reachable },
      protocol,
    };
  });
}

/** What the system says of an address. */
interface ListenError extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

/** Where the HTTP port listens. */
export function httpListener(settings: Settings): ListenerAddress {
  const given = settings['http.listeners'];
  if (given === '') return { name: 'http', host: '127.0.0.1', port: settings['http.port'] };
  const parsed = parseListener('http.listeners', given);
  return parsed.host === '' ? { ...parsed, host: '0.0.0.0' } : parsed;
}

/** Listens. Where that cannot be, rejects with a sentence that says what to do and names the settings of the address. */
export async function listening<Bound>(settings: string, listen: () => Promise<Bound>): Promise<Bound> {
  try {
    return await listen();
  } catch (cause) {
    const { code, address, port, hostname } = cause as ListenError;
    const problem = {
      EADDRINUSE: `another program listens at ${address}:${port} already: stop it, or choose another port`,
      EACCES: `this user may not listen at ${address}:${port}: choose a port from 1024 on`,
      EADDRNOTAVAIL: `this machine has no address ${address}: choose one that it has, or 0.0.0.0 for all`,
      ENOTFOUND: `the name '${hostname}' has no address: choose another`,
    }[code ?? ''];
    if (problem === undefined) throw cause;
    throw Object.assign(new Error(`${problem} with ${settings} (${code})`, { cause }), { code });
  }
}

/** `HOST:PORT`, with an IPv6 address in brackets. */
export function hostPort({ host, port }: Pick<ListenerAddress, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
