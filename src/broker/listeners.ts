import { SettingsError } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';

/** An address to listen on, or to tell clients. */
export interface ListenerAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

const LISTENER = /^([A-Za-z0-9_]+):\/\/(?:\[([0-9a-fA-F:.]+)\]|([^:/[\]]*)):(\d{1,5})$/;

/** Parses `NAME://HOST:PORT`; an empty host is every address, as in Kafka. Throws a SettingsError that names the setting. */
export function parseListener(setting: string, text: string): ListenerAddress {
  const match = LISTENER.exec(text.trim());
  const port = Number(match?.[4]);
  if (match === null || port > 65535)
    throw new SettingsError(`setting '${setting}': expected NAME://HOST:PORT, got '${text}'`);
  return { name: match[1] ?? '', host: match[2] ?? match[3] ?? '', port };
}

/** Where the Kafka port listens, and what clients are told (its port 0 means the port listened on). */
export function kafkaListener(settings: Settings): { bind: ListenerAddress; advertised: ListenerAddress } {
  const { listeners, 'advertised.listeners': told } = settings;
  if (listeners.includes(','))
    throw new SettingsError("setting 'listeners': one listener is served; several come with the security settings");
  const bind =
    listeners === ''
      ? { name: 'PLAINTEXT', host: '127.0.0.1', port: settings['kafka.port'] }
      : parseListener('listeners', listeners);
  if (bind.name !== 'PLAINTEXT')
    throw new SettingsError(`setting 'listeners': only PLAINTEXT is served, got '${bind.name}'`);
  const reachable = bind.host === '' || bind.host === '0.0.0.0' || bind.host === '::' ? '127.0.0.1' : bind.host;
  const advertised = told === '' ? { ...bind, host: reachable } : parseListener('advertised.listeners', told);
  return { bind: bind.host === '' ? { ...bind, host: '0.0.0.0' } : bind, advertised };
}

/** Where the HTTP port listens. */
export function httpListener(settings: Settings): ListenerAddress {
  const given = settings['http.listeners'];
  if (given === '') return { name: 'http', host: '127.0.0.1', port: settings['http.port'] };
  const parsed = parseListener('http.listeners', given);
  return parsed.host === '' ? { ...parsed, host: '0.0.0.0' } : parsed;
}

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
