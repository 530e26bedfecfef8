import { describe, expect, test } from 'vitest';
import { hostPort, httpListener, isLoopback, kafkaListeners, parseListener } from '../../../src/broker/listeners.ts';
import { defaultSettings } from '../../../src/config/settings.ts';

const settings = (changes: object) => ({ ...defaultSettings(), ...changes });

describe('listeners', () => {
  test('without a setting the port is on the loopback address', () => {
    expect(kafkaListeners(settings({ 'kafka.port': 7 }))[0]?.bind).toEqual({
      name: 'PLAINTEXT',
      host: '127.0.0.1',
      port: 7,
    });
    expect(httpListener(settings({ 'http.port': 8 }))).toEqual({ name: 'http', host: '127.0.0.1', port: 8 });
  });

  test('an address that is every address is told as one that can be reached', () => {
    const [only] = kafkaListeners(settings({ listeners: 'PLAINTEXT://:9092' }));
    expect(only?.bind.host).toBe('0.0.0.0');
    expect(only?.advertised.host).toBe('127.0.0.1');
  });

  test('what is advertised wins', () => {
    const told = { listeners: 'PLAINTEXT://0.0.0.0:9092', 'advertised.listeners': 'PLAINTEXT://broker.example:19092' };
    expect(kafkaListeners(settings(told))[0]?.advertised).toEqual({
      name: 'PLAINTEXT',
      host: 'broker.example',
      port: 19092,
    });
  });

  test('IPv6 addresses stand in brackets', () => {
    expect(parseListener('listeners', 'PLAINTEXT://[::1]:9092').host).toBe('::1');
    expect(hostPort({ host: '::1', port: 9092 })).toBe('[::1]:9092');
    expect(hostPort({ host: '127.0.0.1', port: 9092 })).toBe('127.0.0.1:9092');
    expect(isLoopback('::1')).toBe(true);
    expect(isLoopback('10.0.0.1')).toBe(false);
  });

  test('what is no listener is refused by the name of the setting', () => {
    expect(() => kafkaListeners(settings({ listeners: 'localhost:9092' }))).toThrow(/'listeners'/);
    expect(() => parseListener('listeners', 'PLAINTEXT://h:99999')).toThrow(/expected NAME/);
  });

  test('several listeners have their own protocols and advertised addresses', () => {
    const listeners = 'INSIDE://127.0.0.1:1,OUTSIDE://0.0.0.0:2,SSL://:3';
    const told = 'outside://broker.example:19092';
    const map = 'INSIDE:SASL_PLAINTEXT,OUTSIDE:SASL_SSL,SSL:SSL';
    const found = kafkaListeners(
      settings({ listeners, 'advertised.listeners': told, 'listener.security.protocol.map': map }),
    );
    expect(found.map(({ protocol }) => protocol)).toEqual(['SASL_PLAINTEXT', 'SASL_SSL', 'SSL']);
    expect(found.map(({ advertised }) => `${advertised.name} ${advertised.host}:${advertised.port}`)).toEqual([
      'INSIDE 127.0.0.1:1',
      'OUTSIDE broker.example:19092',
      'SSL 127.0.0.1:3',
    ]);
  });

  test.each([
    [{ listeners: 'INSIDE://h:1' }, /INSIDE has no protocol/],
    [{ listeners: 'PLAINTEXT://h:1,plaintext://h:2' }, /two listeners are called PLAINTEXT/],
    [{ listeners: 'PLAINTEXT://h:1', 'advertised.listeners': 'SSL://h:1' }, /no listener SSL/],
    [
      { listeners: 'SSL://h:1', 'advertised.listeners': 'SSL://0.0.0.0:1' },
      /SSL needs an address that clients can reach/,
    ],
    [{ listeners: 'SSL://h:1', 'advertised.listeners': 'SSL://:1' }, /SSL needs an address that clients can reach/],
    [{ 'listener.security.protocol.map': 'PLAINTEXT:TLS' }, /expected NAME:PROTOCOL/],
  ])('%o contradict each other', (changes, message) => {
    expect(() => kafkaListeners(settings(changes))).toThrow(message);
  });
});
