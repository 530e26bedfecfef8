import { expect, test } from 'vitest';
import { brokerSettings } from '../../../src/broker/settings-view.ts';
import { kafkaConfigs, NO_EFFECT } from '../../../src/config/kafka-configs.ts';
import { declarations, defaultSettings, type Settings } from '../../../src/config/settings.ts';

const facts = { listeners: 'A://h:1', advertisedListeners: 'A://g:2', logDirectory: '/d/wal' };
const shown = (settings: Partial<Settings> = {}) =>
  new Map(brokerSettings({ ...defaultSettings(), ...settings }, facts).map((setting) => [setting.name, setting]));

test('every config of Apache Kafka is shown, once, and ours beside them', () => {
  const configs = shown();
  expect(kafkaConfigs.size).toBe(340);
  expect([...kafkaConfigs.keys()].filter((name) => !configs.has(name))).toEqual([]);
  expect(configs.has('wal.seal.bytes')).toBe(true);
  expect(configs.size).toBe(new Set([...kafkaConfigs.keys(), ...Object.keys(declarations)]).size);
});

test('what has no effect says so, and may be changed where Kafka lets it', () => {
  const threads = shown().get('num.io.threads');
  expect(threads).toMatchObject({ doc: NO_EFFECT, value: '8', type: 'int', sensitive: false });
  expect(() => threads?.dynamic?.parse('0')).toThrow('at least 1');
  expect(shown().get('ssl.key.password')).toMatchObject({ sensitive: true });
});

test('what is so by nature is shown as if it was set', () => {
  const configs = shown({ 'node.id': 7 });
  expect(configs.get('process.roles')).toMatchObject({ value: 'broker,controller', given: true });
  expect(configs.get('broker.id')).toMatchObject({ value: '7', default: '-1' });
  expect(configs.get('listeners')?.value).toBe('A://h:1');
  expect(configs.get('log.dirs')?.value).toBe('/d/wal');
});

test.each<[Partial<Settings>, string | null, string]>([
  [{}, null, '604800000'],
  [{ 'log.retention.hours': 2 }, null, '7200000'],
  [{ 'log.retention.minutes': 3 }, null, '180000'],
  [{ 'log.retention.hours': -1 }, null, '-1'],
  [{ 'log.retention.minutes': 3, 'log.retention.ms': 4 }, '4', '180000'],
])('with %j log.retention.ms is %s, else %s', (settings, value, fallback) => {
  expect(shown(settings).get('log.retention.ms')).toMatchObject({ value, fallback });
});

test('a number without bound is Kafka’s, and what is not set is no text', () => {
  expect(shown().get('log.message.timestamp.before.max.ms')?.value).toBe('9223372036854775807');
  expect(shown().get('broker.rack')?.value).toBeNull();
  expect(shown({ 'broker.rack': 'r1' }).get('broker.rack')?.value).toBe('r1');
});

test('a live setting takes what the setting takes, and the setting what becomes of that', () => {
  const { dynamic } = shown().get('max.connections') ?? {};
  expect(dynamic?.parse('7')).toBe('7');
  expect(() => dynamic?.parse('-7')).toThrow('expected');
  const most = String(Number.MAX_SAFE_INTEGER);
  expect(declarations['max.connections'].type.parse(dynamic?.parse(most) ?? '')).toBe(Number.MAX_SAFE_INTEGER);
});
