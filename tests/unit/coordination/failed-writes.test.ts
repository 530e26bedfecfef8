import { describe, expect, test } from 'vitest';
import {
  commitRequest,
  consumerHeartbeat,
  joinRequest,
  openCoordinator,
  stableGroup,
  syncRequest,
} from './script/open-coordinator.ts';

/** Members of the group after a restart. */
async function membersAfterRestart({ sql }: Awaited<ReturnType<typeof openCoordinator>>) {
  const { coordinator } = await openCoordinator(sql);
  return coordinator.consumer.describe('g')?.members.map(({ memberId }) => memberId);
}

describe('when the store fails', () => {
  test('a commit is answered with NOT_COORDINATOR and not seen', async () => {
    const world = await openCoordinator();
    const memberId = await stableGroup(world);
    expect(await world.coordinator.commitOffsets(commitRequest(memberId, 1, 5))).toEqual({
      error: 'NONE',
      errors: [['NONE']],
    });
    world.failing = 1;
    expect((await world.coordinator.commitOffsets(commitRequest(memberId, 1, 6))).error).toBe('NOT_COORDINATOR');
    expect(world.coordinator.offsets('g').get('t')?.get(0)?.offset).toBe(5);
    expect((await world.coordinator.commitOffsets(commitRequest(memberId, 1, 7))).error).toBe('NONE');
  });

  test('the leader may bring the assignment again, and a follower that waits gets it then', async () => {
    const world = await openCoordinator();
    const { coordinator, pass } = world;
    const first = coordinator.joinGroup(joinRequest());
    const second = coordinator.joinGroup(joinRequest());
    await pass(0);
    const [leader, follower] = [await first, await second];
    expect([leader.generation, follower.leader]).toEqual([1, leader.memberId]);
    const waiting = coordinator.syncGroup({ ...syncRequest(follower.memberId, 1), assignments: [] });
    world.failing = 1;
    const assignments = [{ memberId: follower.memberId, assignment: new Uint8Array([9]) }];
    const sync = { ...syncRequest(leader.memberId, 1), assignments };
    expect((await coordinator.syncGroup(sync)).error).toBe('NOT_COORDINATOR');
    expect(coordinator.describeGroup('g')?.state).toBe('CompletingRebalance');
    expect((await coordinator.syncGroup(sync)).error).toBe('NONE');
    expect(await waiting).toMatchObject({ error: 'NONE', assignment: new Uint8Array([9]) });
  });

  test('the last member cannot leave, and can later', async () => {
    const world = await openCoordinator();
    const memberId = await stableGroup(world);
    const leave = { groupId: 'g', members: [{ memberId, instanceId: null }] };
    world.failing = 1;
    expect((await world.coordinator.leaveGroup(leave)).error).toBe('NOT_COORDINATOR');
    expect(world.coordinator.describeGroup('g')?.state).toBe('Stable');
    expect((await world.coordinator.heartbeat({ groupId: 'g', memberId, instanceId: null, generation: 1 })).error).toBe(
      'NONE',
    );
    expect((await world.coordinator.leaveGroup(leave)).error).toBe('NONE');
    expect(world.coordinator.describeGroup('g')?.state).toBe('Empty');
  });

  test('a session that ended is ended again until that is stored', async () => {
    const world = await openCoordinator();
    await stableGroup(world);
    world.failing = 3;
    await world.pass(10_000);
    expect(world.coordinator.describeGroup('g')?.state).toBe('Stable');
    await world.pass(2000);
    expect(world.coordinator.describeGroup('g')?.state).toBe('Stable');
    await world.pass(1000);
    expect(world.coordinator.describeGroup('g')?.state).toBe('Empty');
  });

  test('a static member that comes back is refused and its place stays', async () => {
    const world = await openCoordinator();
    const memberId = await stableGroup(world, 'i');
    world.failing = 1;
    const back = await world.coordinator.joinGroup(joinRequest({ instanceId: 'i' }));
    expect(back.error).toBe('NOT_COORDINATOR');
    const beat = { groupId: 'g', memberId, instanceId: 'i', generation: 1 };
    expect((await world.coordinator.heartbeat(beat)).error).toBe('NONE');
    const again = await world.coordinator.joinGroup(joinRequest({ instanceId: 'i' }));
    expect(again).toMatchObject({ error: 'NONE', generation: 1, skipAssignment: true });
    expect((await world.coordinator.heartbeat(beat)).error).toBe('FENCED_INSTANCE_ID');
  });

  test('groups and offsets are not deleted', async () => {
    const world = await openCoordinator();
    await world.coordinator.commitOffsets(commitRequest('', -1, 5));
    const wanted = { groupId: 'g', topics: [{ topic: 't', partitions: [0] }] };
    world.failing = 2;
    expect(await world.coordinator.deleteGroup('g')).toBe('NOT_COORDINATOR');
    expect((await world.coordinator.deleteOffsets(wanted)).error).toBe('NOT_COORDINATOR');
    expect(world.coordinator.offsets('g').get('t')?.get(0)?.offset).toBe(5);
    expect((await world.coordinator.deleteOffsets(wanted)).errors).toEqual([['NONE']]);
    expect(world.coordinator.offsets('g').size).toBe(0);
    expect(await world.coordinator.deleteGroup('g')).toBe('NONE');
    expect(world.coordinator.describeGroup('g')).toBeUndefined();
  });
});

describe('when the store fails, and has written all the same', () => {
  test('a member that was refused is none after a restart, whatever else was deleted in between', async () => {
    const world = await openCoordinator();
    const { coordinator } = world;
    const { epoch } = await coordinator.consumer.heartbeat(consumerHeartbeat('a'));
    const elsewhere = { ...commitRequest('a', epoch, 5).topics[0]!, topic: 'u' };
    await coordinator.commitOffsets({ ...commitRequest('a', epoch, 5), topics: [elsewhere] });
    world.lying = 1;
    expect((await coordinator.consumer.heartbeat(consumerHeartbeat('b'))).error).toBe('NOT_COORDINATOR');
    const deleted = await coordinator.deleteOffsets({ groupId: 'g', topics: [{ topic: 'u', partitions: [0] }] });
    expect(deleted.errors).toEqual([['NONE']]);
    expect((await coordinator.consumer.heartbeat(consumerHeartbeat('a', ['t', 'u']))).error).toBe('NONE');
    expect(await membersAfterRestart(world)).toEqual(['a']);
  });

  test('so it is with the first member of a group', async () => {
    const world = await openCoordinator();
    world.lying = 1;
    expect((await world.coordinator.consumer.heartbeat(consumerHeartbeat('a'))).error).toBe('NOT_COORDINATOR');
    await world.pass(0);
    expect((await world.coordinator.consumer.heartbeat(consumerHeartbeat('b'))).error).toBe('NONE');
    expect(await membersAfterRestart(world)).toEqual(['b']);
  });

  test('what is left of a group that never was goes with what has expired', async () => {
    const world = await openCoordinator();
    world.lying = 1;
    expect((await world.coordinator.consumer.heartbeat(consumerHeartbeat('a'))).error).toBe('NOT_COORDINATOR');
    expect(await world.sql.query('SELECT * FROM groups')).toHaveLength(1);
    await world.pass(5000);
    expect(await world.sql.query('SELECT * FROM groups')).toEqual([]);
    expect(await world.sql.query('SELECT * FROM group_members')).toEqual([]);
  });
});

test('a coordinator that is closed has no timers, not even by a write that was under way', async () => {
  const world = await openCoordinator();
  const joining = world.coordinator.consumer.heartbeat(consumerHeartbeat('a'));
  await world.coordinator.close();
  expect((await joining).error).toBe('NOT_COORDINATOR');
  await world.pass(1000);
  const before = world.writes;
  await world.pass(100_000);
  expect(world.writes).toBe(before);
});
