import { expect, test } from 'vitest';
import { LIVE_SETTINGS, liveSettings } from '../../../src/config/live.ts';
import { defaultSettings } from '../../../src/config/settings.ts';

test('live settings follow changes, and are again what they were when a change is taken back', () => {
  const { settings, change } = liveSettings({ ...defaultSettings(), 'max.connections': 5 });
  change(
    new Map([
      ['max.connections', '7'],
      ['num.partitions', '9'],
    ]),
  );
  expect([settings['max.connections'], settings['num.partitions']]).toEqual([7, 1]);
  change(new Map());
  expect(settings['max.connections']).toBe(5);
});

test('every other setting keeps its value', () => {
  const { settings } = liveSettings(defaultSettings());
  expect({ ...settings }).toEqual(defaultSettings());
  expect(LIVE_SETTINGS.size).toBeGreaterThan(2);
});

test('a number without bound is taken as Kafka writes it', () => {
  const { settings, change } = liveSettings(defaultSettings());
  change(new Map([['producer.id.expiration.ms', '9223372036854775807']]));
  expect(settings['producer.id.expiration.ms']).toBe(Number.MAX_SAFE_INTEGER);
});
