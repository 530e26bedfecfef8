import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../../../src/base/metrics.ts';
import type { QuotaEntity, QuotaName } from '../../../../src/kafka/quotas/entity.ts';
import { QuotaLimits } from '../../../../src/kafka/quotas/limits.ts';
import { Meters } from '../../../../src/kafka/quotas/meters.ts';
import { HeldClock, quotasOf } from './quota-world.ts';

const alice = { principal: 'User:alice', clientId: 'app' };
const web = { principal: 'User:alice', clientId: 'web' };
const bob = { principal: 'User:bob', clientId: 'app' };

function world(quota: QuotaName, value: number, entity: QuotaEntity = { user: 'alice' }) {
  const clock = new HeldClock();
  const limits = new QuotaLimits();
  limits.set(entity, quota, value);
  const metrics = createMetrics();
  return { clock, limits, metrics, quotas: quotasOf(limits, clock, metrics) };
}

describe('producers', () => {
  test('wait until their rate is down again, all clients of the user together', () => {
    const { quotas, clock } = world('producer_byte_rate', 1000);
    expect(quotas.produced(alice, 10_000)).toBe(0);
    expect(quotas.produced(web, 5000)).toBe(5000);
    clock.ms = 11_000;
    expect(quotas.produced(alice, 10_000)).toBe(0);
    expect(quotas.produced(bob, 1_000_000)).toBe(0);
  });

  test('are measured by a quota as it is now', () => {
    const { quotas, limits } = world('producer_byte_rate', 1000);
    expect(quotas.produced(alice, 20_000)).toBe(10_000);
    limits.set({ user: 'alice' }, 'producer_byte_rate', 2000);
    expect(quotas.produced(alice, 0)).toBe(0);
    limits.set({ user: 'alice' }, 'producer_byte_rate', undefined);
    expect(quotas.produced(alice, 1_000_000)).toBe(0);
  });

  test('wait no longer than an answer can say, however small the quota is', () => {
    const { quotas } = world('producer_byte_rate', 1);
    expect(quotas.produced(alice, 10_000_000)).toBe(2 ** 31 - 1);
  });

  test('that wait are counted', async () => {
    const { quotas, metrics } = world('producer_byte_rate', 1000);
    quotas.produced(alice, 1);
    quotas.produced(alice, 20_000);
    expect(await metrics.text()).toContain('quarry_quota_throttle_seconds_count{quota="producer_byte_rate"} 1');
  });
});

describe('consumers', () => {
  test('ask for no more than the quota allows in all windows', () => {
    const { quotas } = world('consumer_byte_rate', 1000);
    expect(quotas.mostFetched(alice)).toBe(10_000);
    expect(quotas.mostFetched(bob)).toBe(Infinity);
  });

  test('get nothing while they are above, and what they did not get does not count', () => {
    const { quotas, clock } = world('consumer_byte_rate', 1000);
    expect(quotas.fetched(alice, 10_000)).toEqual({ throttleMs: 0, refused: false });
    expect(quotas.fetched(alice, 5000)).toEqual({ throttleMs: 5000, refused: true });
    clock.ms = 10_999;
    expect(quotas.fetched(alice, 990)).toEqual({ throttleMs: 0, refused: false });
    clock.ms = 11_000;
    expect(quotas.fetched(alice, 9000)).toEqual({ throttleMs: 0, refused: false });
  });

  test('get a batch that is above the quota by itself, and wait after it', () => {
    const { quotas } = world('consumer_byte_rate', 10);
    expect(quotas.fetched(alice, 1000)).toEqual({ throttleMs: 90_000, refused: false });
    expect(quotas.fetched(alice, 1).refused).toBe(true);
  });
});

describe('time of requests', () => {
  test('is measured in percent of a second, and waited for at most one window', () => {
    const { quotas } = world('request_percentage', 10);
    expect(quotas.measuresTime).toBe(true);
    expect(quotas.tookMs(alice, 1000)).toBe(0);
    expect(quotas.tookMs(alice, 50)).toBe(500);
    expect(quotas.tookMs(alice, 60_000)).toBe(1000);
    expect(world('producer_byte_rate', 1).quotas.measuresTime).toBe(false);
  });
});

describe('changes of the cluster', () => {
  test('are refused when the quota is used up, until the debt is paid', () => {
    const { quotas, clock } = world('controller_mutation_rate', 1);
    const first = quotas.mutations(alice, true);
    expect([first.take(31), first.throttleMs]).toEqual([true, 0]);
    expect([first.take(1), first.throttleMs]).toEqual([false, 20_000]);
    clock.ms = 5000;
    expect(first.throttleMs).toBe(15_000);
    expect(quotas.mutations(alice, true).take(1)).toBe(false);
    clock.ms = 20_000;
    expect(quotas.mutations(alice, true).take(1)).toBe(true);
  });

  test('are done all the same for clients that know no refusal, which then wait', () => {
    const { quotas } = world('controller_mutation_rate', 1);
    const old = quotas.mutations(alice, false);
    expect([old.take(31), old.throttleMs]).toEqual([true, 20_000]);
    expect([old.take(1), old.throttleMs]).toEqual([true, 21_000]);
  });

  test('of others are free', () => {
    const { quotas } = world('controller_mutation_rate', 1);
    const free = quotas.mutations(bob, true);
    expect([free.take(1000), free.take(1000), free.throttleMs]).toEqual([true, true, 0]);
  });
});

describe('connections', () => {
  test('of one address are held back above its rate, for at most one window, and then do not count', () => {
    const { quotas, clock } = world('connection_creation_rate', 1, { ip: null });
    for (let i = 0; i < 10; i++) expect(quotas.connected('10.0.0.1')).toBe(0);
    expect(quotas.connected('10.0.0.1')).toBe(1000);
    expect(quotas.connected('10.0.0.1')).toBe(1000);
    expect(quotas.connected('10.0.0.2')).toBe(0);
    clock.ms = 11_000;
    expect(quotas.connected('10.0.0.1')).toBe(0);
  });
});

test('meters that are as new are let go, others stay', () => {
  const meters = new Meters(
    () => ({ used: false }),
    ({ used }) => !used,
  );
  meters.of('kept', 0).used = true;
  for (let i = 0; i < 5000; i++) meters.of(`client-${i}`, 0);
  expect(meters.size).toBeLessThan(1100);
  expect(meters.of('kept', 0).used).toBe(true);
});
