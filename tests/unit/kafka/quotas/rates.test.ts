import { describe, expect, test } from 'vitest';
import { SampledRate } from '../../../../src/kafka/quotas/sampled-rate.ts';
import { TokenBucket } from '../../../../src/kafka/quotas/token-bucket.ts';

const windows = { samples: 11, windowMs: 1000 };

describe('a rate', () => {
  test('spreads a burst after silence over all windows but the one that goes on', () => {
    const rate = new SampledRate(windows);
    rate.record(1000, 0);
    expect(rate.measure(0)).toEqual({ rate: 100, windowMs: 10_000 });
    expect(rate.measure(500).rate).toBeCloseTo(1000 / 10.5);
  });

  test('asks for the time after which the average is down to the limit', () => {
    const rate = new SampledRate(windows);
    rate.record(1000, 0);
    expect(rate.delayMs(100, 0)).toBe(0);
    expect(rate.delayMs(50, 0)).toBe(10_000);
    expect(rate.delayMs(99, 0)).toBe(101);
  });

  test('forgets a window that lies behind all others', () => {
    const rate = new SampledRate(windows);
    rate.record(1000, 0);
    expect(rate.measure(10_999).rate).toBeGreaterThan(90);
    expect(rate.measure(11_000).rate).toBe(0);
    expect(rate.isEmpty(11_000)).toBe(true);
  });

  test('of a steady stream is what flows, however long', () => {
    const rate = new SampledRate(windows);
    for (let ms = 0; ms <= 60_000; ms += 100) rate.record(50, ms);
    expect(rate.measure(60_000).rate).toBeGreaterThan(490);
    expect(rate.measure(60_000).rate).toBeLessThan(510);
  });

  test('is what it was when a value is taken back', () => {
    const rate = new SampledRate(windows);
    rate.record(300, 0);
    rate.record(700, 100);
    rate.record(-700, 100);
    expect(rate.measure(100).rate).toBeCloseTo(300 / 10.1);
  });
});

describe('a token bucket', () => {
  test('is full at first, and gives as much as is asked for while it is not below zero', () => {
    const bucket = new TokenBucket(11);
    expect(bucket.isFull(0)).toBe(true);
    bucket.take(11, 1, 0);
    expect(bucket.delayMs(1, 0)).toBe(0);
    bucket.take(20, 1, 0);
    expect(bucket.delayMs(1, 0)).toBe(20_000);
    expect(bucket.delayMs(1, 19_000)).toBe(1000);
    expect(bucket.delayMs(1, 20_000)).toBe(0);
  });

  test('does not hold more than comes in its time', () => {
    const bucket = new TokenBucket(11);
    bucket.take(0, 2, 1_000_000);
    bucket.take(32, 2, 2_000_000);
    expect(bucket.delayMs(2, 2_000_000)).toBe(5000);
    expect(bucket.isFull(2_015_999)).toBe(false);
    expect(bucket.isFull(2_016_000)).toBe(true);
  });
});
