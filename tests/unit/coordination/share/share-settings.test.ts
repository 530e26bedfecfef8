import { describe, expect, test } from 'vitest';
import { shareSettings } from '../../../../simulation/share-settings.ts';
import {
  durationMs,
  isolationOf,
  limitsOf,
  resetOf,
  sessionTimeout,
} from '../../../../src/coordination/share/settings.ts';

const configs = (values: Readonly<Record<string, string>>) => new Map(Object.entries(values));

describe('configs of a share group', () => {
  test('are those of the broker unless it has its own, within the range of the broker', () => {
    const settings = { ...shareSettings, sessionTimeoutMs: { value: 45_000, min: 40_000, max: 60_000 } };
    expect(sessionTimeout(settings, new Map())).toBe(45_000);
    expect(sessionTimeout(settings, configs({ 'share.session.timeout.ms': '50000' }))).toBe(50_000);
    expect(sessionTimeout(settings, configs({ 'share.session.timeout.ms': '10' }))).toBe(40_000);
    expect(limitsOf(settings, configs({ 'share.delivery.count.limit': '7' })).maxDeliveries).toBe(7);
    expect(isolationOf(configs({ 'share.isolation.level': 'read_committed' }))).toBe('read_committed');
  });

  test.each([
    ['latest', 'latest'],
    ['earliest', 'earliest'],
    ['by_duration:PT1H', { agoMs: 3_600_000 }],
    ['by_duration:P', 'latest'],
  ])('%s as start', (text, reset) => {
    expect(resetOf(configs({ 'share.auto.offset.reset': text }))).toEqual(reset);
  });

  test.each([
    ['P1D', 86_400_000],
    ['P1DT1H1M1.5S', 90_061_500],
    ['pt0.001s', 1],
    ['PT', undefined],
    ['P1Y', undefined],
    ['1h', undefined],
  ])('the duration %s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });
});
