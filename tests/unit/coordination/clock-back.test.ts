import { expect, test } from 'vitest';
import { isTooSoon } from '../../../src/coordination/pauses.ts';
import { consumerHeartbeat, openCoordinator } from './script/open-coordinator.ts';

test('a group gets its assignment at once when the clock has gone back since the last one', async () => {
  const world = await openCoordinator();
  const { consumer } = world.coordinator;
  await consumer.heartbeat(consumerHeartbeat('a'));
  world.skewMs = -3_600_000;
  await consumer.heartbeat(consumerHeartbeat('b'));
  expect(consumer.describe('g')).toMatchObject({ epoch: 3, assignmentEpoch: 3 });
});

test('a pause is over after its time, and has not begun when nothing was before', () => {
  expect([999, 1000, 1499, 1500].map((now) => isTooSoon(1000, 500, now))).toEqual([false, true, true, false]);
  expect([isTooSoon(0, 500, 1), isTooSoon(1000, 0, 1000)]).toEqual([false, false]);
});
