import { describe, expect, test } from 'vitest';
import { ListenerSettings } from '../../../src/config/listener-settings.ts';
import { loadSettings } from '../../../src/config/load.ts';

const load = (flags: string[], environment: Record<string, string> = {}, file = '') =>
  loadSettings({ flags, environment, readFile: () => file });

describe('settings of one listener', () => {
  test('win over those of all, and those of a mechanism over both', () => {
    const { settings } = load([
      '--connections.max.reauth.ms=1',
      '--listener.name.outside.connections.max.reauth.ms=2',
      '--listener.name.outside.scram-sha-256.connections.max.reauth.ms=3',
    ]);
    const outside = new ListenerSettings(settings, 'OUTSIDE');
    expect(outside.get('connections.max.reauth.ms', 'SCRAM-SHA-256')).toBe(3);
    expect(outside.get('connections.max.reauth.ms', 'PLAIN')).toBe(2);
    expect(outside.get('connections.max.reauth.ms')).toBe(2);
    expect(new ListenerSettings(settings, 'INSIDE').get('connections.max.reauth.ms', 'PLAIN')).toBe(1);
    expect(new ListenerSettings(settings, 'INSIDE').own('connections.max.reauth.ms')).toBeUndefined();
  });

  test('come from the environment and from a file as well', () => {
    const environment = {
      STORAGE_CONFIG_PATH: 'x.yaml',
      QUARRY_LISTENER_NAME_OUTSIDE_SSL_CLIENT_AUTH: 'required',
      QUARRY_LISTENER_NAME_SASL_SSL_SCRAM_SHA_512_SASL_JAAS_CONFIG: 'a.B required;',
    };
    const file = 'listener.name:\n  outside.ssl.keystore.location: /key.pem\n';
    const { settings, warnings } = load([], environment, file);
    expect(warnings).toEqual([]);
    const outside = new ListenerSettings(settings, 'Outside');
    expect(outside.get('ssl.client.auth')).toBe('required');
    expect(outside.get('ssl.keystore.location')).toBe('/key.pem');
    expect(new ListenerSettings(settings, 'SASL_SSL').get('sasl.jaas.config', 'SCRAM-SHA-512')).toBe('a.B required;');
  });

  test('are read whatever case the listener is written in', () => {
    const { settings } = load(['--listener.name.OUTSIDE.ssl.client.auth=required']);
    expect(new ListenerSettings(settings, 'outside').get('ssl.client.auth')).toBe('required');
  });

  test('are checked as those of all', () => {
    expect(() => load(['--listener.name.x.ssl.client.auth=maybe'])).toThrow(/ssl.client.auth.*expected one of/);
    expect(() => load(['--listener.name.x.ssl.no.such=1'])).toThrow(/unknown setting/);
    expect(() => load(['--listener.name.ssl.client.auth=none'])).toThrow(/unknown setting/);
    expect(() => load(['--listener.name.x.wal.seal.bytes=1'])).toThrow(/unknown setting/);
  });
});
