import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { subscribedTopicsOf } from '../../../src/coordination/classic/subscription.ts';
import { subscriptionBytes } from './script/metadata.ts';

describe('topics of a subscription', () => {
  test('names are read, whatever follows them', () => {
    expect(subscribedTopicsOf(subscriptionBytes('t|other@user data'))).toEqual(['t', 'other']);
    expect(subscribedTopicsOf(subscriptionBytes(''))).toEqual([]);
  });

  test('bytes that are no subscription give nothing', () => {
    const whole = subscriptionBytes('topic');
    expect(subscribedTopicsOf(new Uint8Array(0))).toBeUndefined();
    expect(subscribedTopicsOf(whole.subarray(0, 9))).toBeUndefined();
    const giant = whole.slice();
    giant.set([0x7f, 0xff, 0xff, 0xff], 2);
    expect(subscribedTopicsOf(giant)).toBeUndefined();
    const negative = whole.slice();
    negative.set([0xff, 0xff], 6);
    expect(subscribedTopicsOf(negative)).toBeUndefined();
  });

  test('random bytes are never an exception', () => {
    const random = seededRandom(7);
    for (let i = 0; i < 5000; i++) {
      const topics = subscribedTopicsOf(random.bytes(i % 40));
      expect(topics === undefined || topics.length < 40).toBe(true);
    }
  });
});
