import { describe, expect, test } from 'vitest';
import { silentLogger, type Logger } from '../../../src/base/logger.ts';
import { doorsOf, warnOfOpenDoors } from '../../../src/broker/doors.ts';
import { partsOf } from '../../../src/broker/engines.ts';
import type { Settings } from '../../../src/config/settings.ts';

function warnings(settings: Partial<Settings>): string[] {
  const said: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (_fields, message) => said.push(message) };
  const parts = partsOf({ settings, logger });
  warnOfOpenDoors(parts, doorsOf(parts));
  return said;
}

describe('a start warns', () => {
  test('of nothing on the loopback address', () => {
    expect(warnings({})).toEqual([]);
  });

  test('of ports that ask nobody and that others can reach', () => {
    expect(warnings({ listeners: 'PLAINTEXT://0.0.0.0:0', 'http.listeners': 'http://0.0.0.0:0' })).toEqual([
      'the Kafka port PLAINTEXT has no authentication and is reachable from other machines',
      'the HTTP port has no authentication and is reachable from other machines',
    ]);
  });

  test('of no port behind a login, and of passwords that are not encrypted', () => {
    const listeners = 'SASL_PLAINTEXT://0.0.0.0:0';
    expect(warnings({ listeners, 'http.listeners': 'http://0.0.0.0:0' })).toEqual([]);
    expect(warnings({ listeners, 'sasl.enabled.mechanisms': ['PLAIN'] })).toEqual([
      'the Kafka port SASL_PLAINTEXT takes passwords or tokens that are not encrypted',
    ]);
  });
});

describe('doors', () => {
  test.each([
    [{ listeners: 'SSL://127.0.0.1:0' }, /listener SSL: TLS needs ssl.keystore.location/],
    [{ listeners: 'SASL_PLAINTEXT://:0', 'sasl.enabled.mechanisms': ['GSSAPI'] }, /'GSSAPI' is not served/],
    [{ listeners: 'SASL_PLAINTEXT://:0', 'sasl.enabled.mechanisms': ['OAUTHBEARER'] }, /jwks.endpoint.url takes/],
    [{ listeners: 'SASL_PLAINTEXT://:0', 'sasl.enabled.mechanisms': [] }, /needs sasl.enabled.mechanisms/],
    [{ 'http.listeners': 'ftp://127.0.0.1:0' }, /expected http:\/\/ or https:\/\//],
    [{ 'http.listeners': 'https://127.0.0.1:0' }, /listener http: TLS needs/],
    [
      { 'listener.name.plaintxt.ssl.client.auth': 'required' },
      /no listener or mechanism 'plaintxt'; .* http, plaintext$/,
    ],
    [{ 'listener.name.plaintext.plian.sasl.jaas.config': '' }, /no listener or mechanism 'plaintext.plian'/],
  ] as [Partial<Settings>, RegExp][])('that cannot be are refused by name: %o', (settings, message) => {
    expect(() => doorsOf(partsOf({ settings }))).toThrow(message);
  });

  test('HTTP wants to know who asks when a Kafka listener does, or when it is told to', () => {
    const required = (settings: Partial<Settings>): boolean => doorsOf(partsOf({ settings })).http.required;
    expect(required({})).toBe(false);
    expect(required({ 'http.authentication': 'required' })).toBe(true);
    const both = 'SASL_PLAINTEXT://127.0.0.1:0,PLAINTEXT://127.0.0.1:0';
    expect(required({ listeners: both })).toBe(true);
    expect(required({ listeners: both, 'http.authentication': 'none' })).toBe(false);
  });
});
