import { expect, test } from 'vitest';
import { newGroup } from '../../../src/coordination/classic/group.ts';
import { joinGroup } from '../../../src/coordination/classic/join.ts';
import { scriptSettings, scriptTopics } from './script/memory-driver.ts';
import { joinRequest, openCoordinator, syncRequest } from './script/open-coordinator.ts';

test('a member that is removed while it waits for its assignment is told so', async () => {
  const { coordinator, pass } = await openCoordinator();
  const joining = [coordinator.joinGroup(joinRequest()), coordinator.joinGroup(joinRequest())];
  await pass(0);
  const [leader, follower] = await Promise.all(joining);
  const waiting = coordinator.syncGroup({ ...syncRequest(follower!.memberId, 1), assignments: [] });
  await coordinator.leaveGroup({ groupId: 'g', members: [{ memberId: follower!.memberId, instanceId: null }] });
  const answer = await Promise.race([waiting, pass(0)]);
  expect(answer).toMatchObject({ error: 'UNKNOWN_MEMBER_ID' });
  const again = await coordinator.joinGroup(joinRequest({ memberId: leader!.memberId }));
  expect([again.error, again.generation]).toEqual(['NONE', 2]);
});

test('the ids that a group gives out are bounded: the oldest counts for nothing when there are too many', () => {
  const env = {
    now: 0,
    settings: scriptSettings,
    uuid: '00000000-0000-4000-8000-000000000000',
    topics: scriptTopics,
    overrides: new Map<string, string>(),
    mayDescribe: () => true,
  };
  const ids = Array.from({ length: 10_000 }, (_, index) => `id-${index}`);
  const group = { ...newGroup('g', 0), pendingJoin: new Set(ids) };
  const step = joinGroup(group, joinRequest({ requireKnownMemberId: true }), 1, env);
  expect(step.replies).toMatchObject([{ reply: { error: 'MEMBER_ID_REQUIRED' } }]);
  expect([...step.group!.pendingJoin].slice(0, 2)).toEqual(['id-1', 'id-2']);
  expect(step.group!.pendingJoin.size).toBe(10_000);
  expect(step.timers[0]).toEqual({ key: 'session:id-0', event: undefined });
});
