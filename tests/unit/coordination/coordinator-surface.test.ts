import { describe, expect, test } from 'vitest';
import { orWhenAborted } from '../../../src/kafka/handlers/group-wait.ts';
import { commitRequest, joinRequest, openCoordinator, stableGroup } from './script/open-coordinator.ts';

describe('the group coordinator', () => {
  test('tells the lag of each group and partition that has an end', async () => {
    const { coordinator, metrics } = await openCoordinator();
    await coordinator.commitOffsets(commitRequest('', -1, 5));
    await coordinator.commitOffsets({ ...commitRequest('', -1, 50), groupId: 'ahead' });
    const end = (topic: string): number | undefined => (topic === 't' ? 12 : undefined);
    expect([...coordinator.lag(end)]).toEqual([
      { groupId: 'g', topic: 't', partition: 0, lag: 7 },
      { groupId: 'ahead', topic: 't', partition: 0, lag: 0 },
    ]);
    expect([...coordinator.lag(() => undefined)]).toEqual([]);
    coordinator.exposeLag(end);
    expect(await metrics.text()).toContain('quarry_consumer_lag{group="g",topic="t",partition="0"} 7');
  });

  test('counts groups by state and rebalances, and times commits', async () => {
    const world = await openCoordinator();
    const memberId = await stableGroup(world);
    await world.coordinator.commitOffsets(commitRequest(memberId, 1, 5));
    await world.coordinator.commitOffsets({ ...commitRequest('', -1, 5), groupId: 'simple' });
    const text = await world.metrics.text();
    expect(text).toContain('quarry_groups{kind="classic",state="Stable"} 1');
    expect(text).toContain('quarry_groups{kind="classic",state="Empty"} 1');
    expect(text).toContain('quarry_group_rebalances_total 1');
    expect(text).toContain('quarry_offset_commit_seconds_count 2');
  });

  test('forgets the offsets of topics that are gone, in memory and in the store', async () => {
    const { coordinator, sql, pass } = await openCoordinator();
    await coordinator.commitOffsets(commitRequest('', -1, 5));
    const { topics } = commitRequest('', -1, 6);
    const other = topics.map((topic) => ({ ...topic, topic: 'other', topicId: 'other-id' }));
    await coordinator.commitOffsets({ ...commitRequest('', -1, 6), topics: other });
    coordinator.forgetTopics((topicId) => topicId === 'other-id');
    await pass(0);
    expect([...coordinator.offsets('g').keys()]).toEqual(['other']);
    expect(await sql.query('SELECT topic FROM group_offsets')).toEqual([{ topic: 'other' }]);
  });

  test('answers everyone who waits when it closes, and refuses afterwards', async () => {
    const world = await openCoordinator();
    const memberId = await stableGroup(world);
    const waiting = world.coordinator.joinGroup(joinRequest());
    await world.pass(0);
    await world.coordinator.close();
    expect((await waiting).error).toBe('NOT_COORDINATOR');
    expect((await world.coordinator.commitOffsets(commitRequest(memberId, 1, 1))).error).toBe('NOT_COORDINATOR');
    expect((await world.coordinator.joinGroup(joinRequest())).error).toBe('NOT_COORDINATOR');
  });

  test('leaves nothing in memory of groups that are not there', async () => {
    const { coordinator } = await openCoordinator();
    for (let i = 0; i < 100; i++) {
      const groupId = `none-${i}`;
      const { error } = await coordinator.heartbeat({ groupId, memberId: 'x', instanceId: null, generation: 1 });
      expect(error).toBe('UNKNOWN_MEMBER_ID');
      expect(await coordinator.deleteGroup(groupId)).toBe('GROUP_ID_NOT_FOUND');
      expect((await coordinator.stableOffsets(groupId)).size).toBe(0);
    }
    expect(coordinator.listGroups([])).toEqual([]);
  });

  test('a stable fetch waits for the commit that is under way', async () => {
    const { coordinator } = await openCoordinator();
    const committing = coordinator.commitOffsets(commitRequest('', -1, 5));
    expect(coordinator.offsets('g').size).toBe(0);
    expect((await coordinator.stableOffsets('g')).get('t')?.get(0)?.offset).toBe(5);
    expect((await committing).error).toBe('NONE');
  });
});

describe('waiting on behalf of a connection', () => {
  test('ends with the connection, and with the answer', async () => {
    const gone = new AbortController();
    const never = orWhenAborted(new Promise<string>(() => undefined), gone.signal, () => 'gone');
    gone.abort();
    expect(await never).toBe('gone');
    expect(await orWhenAborted(new Promise<string>(() => undefined), gone.signal, () => 'already gone')).toBe(
      'already gone',
    );
    const open = new AbortController().signal;
    expect(await orWhenAborted(Promise.resolve('answer'), open, () => 'gone')).toBe('answer');
  });
});
