import { describe, expect, test } from 'vitest';
import type { QuotaEntity } from '../../../../src/kafka/quotas/entity.ts';
import { QuotaLimits } from '../../../../src/kafka/quotas/limits.ts';

const QUOTA = 'producer_byte_rate';

/** The most particular first. */
const LEVELS: readonly QuotaEntity[] = [
  { user: 'alice', 'client-id': 'app' },
  { user: 'alice', 'client-id': null },
  { user: 'alice' },
  { user: null, 'client-id': 'app' },
  { user: null, 'client-id': null },
  { user: null },
  { 'client-id': 'app' },
  { 'client-id': null },
];

describe('the quota that holds', () => {
  test.each(LEVELS.map((entity, index) => [JSON.stringify(entity), index] as const))(
    '%s before all that are more general',
    (_, index) => {
      const limits = new QuotaLimits();
      for (const [value, entity] of LEVELS.entries()) if (value >= index) limits.set(entity, QUOTA, value + 1);
      expect(limits.find(QUOTA, 'alice', 'app')?.value).toBe(index + 1);
    },
  );

  test('is none for somebody that no entity fits, and none of another kind', () => {
    const limits = new QuotaLimits();
    limits.set({ user: 'alice' }, QUOTA, 1);
    limits.set({ user: 'bob', 'client-id': 'app' }, QUOTA, 1);
    expect(limits.find(QUOTA, 'carol', 'app')).toBeUndefined();
    expect(limits.find(QUOTA, 'bob', 'other')).toBeUndefined();
    expect(limits.find('consumer_byte_rate', 'alice', 'app')).toBeUndefined();
    expect(limits.has('consumer_byte_rate')).toBe(false);
  });

  test('is shared by all clients of a user, or by all users of a client id, or by nobody else', () => {
    const owners = (entity: QuotaEntity): number => {
      const limits = new QuotaLimits();
      limits.set(entity, QUOTA, 1);
      const all = ['alice', 'bob'].flatMap((user) => ['app', 'web'].map((id) => limits.find(QUOTA, user, id)?.owner));
      return new Set(all).size;
    };
    expect(owners({ user: null })).toBe(2);
    expect(owners({ 'client-id': null })).toBe(2);
    expect(owners({ user: null, 'client-id': null })).toBe(4);
  });

  test('cannot be mixed up by names that look like others', () => {
    const limits = new QuotaLimits();
    limits.set({ user: null, 'client-id': null }, QUOTA, 1);
    const owners = [
      ['a', '1 b'],
      ['a1 ', 'b'],
      ['', 'a1 b'],
    ].map(([user = '', id = '']) => limits.find(QUOTA, user, id)?.owner);
    expect(new Set(owners).size).toBe(3);
  });

  test('goes when it is taken away, and nothing is left of it', () => {
    const limits = new QuotaLimits();
    for (const entity of LEVELS) limits.set(entity, QUOTA, 1);
    for (const entity of LEVELS) limits.set(entity, QUOTA, undefined);
    expect(limits.find(QUOTA, 'alice', 'app')).toBeUndefined();
    expect([limits.has(QUOTA), [...limits.all()]]).toEqual([false, []]);
  });

  test('of an address is its own, or that of all', () => {
    const limits = new QuotaLimits();
    limits.set({ ip: null }, 'connection_creation_rate', 5);
    limits.set({ ip: '10.0.0.1' }, 'connection_creation_rate', 9);
    expect(limits.findAddress('10.0.0.1')).toEqual({ value: 9, owner: '10.0.0.1' });
    expect(limits.findAddress('10.0.0.2')).toEqual({ value: 5, owner: '10.0.0.2' });
  });
});
