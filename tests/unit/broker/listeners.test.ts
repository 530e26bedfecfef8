import { describe, expect, test } from 'vitest';
import { httpListener, isLoopback, kafkaListener, parseListener } from '../../../src/broker/listeners.ts';
import { defaultSettings } from '../../../src/config/settings.ts';

const settings = (changes: object) => ({ ...defaultSettings(), ...changes });

describe('listeners', () => {
  test('without a setting the port is on the loopback address', () => {
    expect(kafkaListener(settings({ 'kafka.port': 7 })).bind).toEqual({
      name: 'PLAINTEXT',
      host: '127.0.0.1',
      port: 7,
    });
    expect(httpListener(settings({ 'http.port': 8 }))).toEqual({ name: 'http', host: '127.0.0.1', port: 8 });
  });

  test('an address that is every address is told as one that can be reached', () => {
    const { bind, advertised } = kafkaListener(settings({ listeners: 'PLAINTEXT://:9092' }));
    expect(bind.host).toBe('0.0.0.0');
    expect(advertised.host).toBe('127.0.0.1');
  });

  test('what is advertised wins', () => {
    const told = { listeners: 'PLAINTEXT://0.0.0.0:9092', 'advertised.listeners': 'PLAINTEXT://broker.example:19092' };
    expect(kafkaListener(settings(told)).advertised).toEqual({
      name: 'PLAINTEXT',
      host: 'broker.example',
      port: 19092,
    });
  });

  test('IPv6 addresses stand in brackets', () => {
    expect(parseListener('listeners', 'PLAINTEXT://[::1]:9092').host).toBe('::1');
    expect(isLoopback('::1')).toBe(true);
    expect(isLoopback('10.0.0.1')).toBe(false);
  });

  test('what is no listener is refused by the name of the setting', () => {
    expect(() => kafkaListener(settings({ listeners: 'localhost:9092' }))).toThrow(/'listeners'/);
    expect(() => kafkaListener(settings({ listeners: 'SSL://localhost:9092' }))).toThrow(/only PLAINTEXT/);
    expect(() => parseListener('listeners', 'PLAINTEXT://h:99999')).toThrow(/expected NAME/);
  });
});
