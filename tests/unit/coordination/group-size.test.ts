import { describe, expect, test } from 'vitest';
import { MAX_GROUP_BYTES } from '../../../src/coordination/classic/group.ts';
import { joinRequest, openCoordinator, stableGroup, syncRequest } from './script/open-coordinator.ts';

const big = (bytes: number): { name: string; metadata: Uint8Array }[] => [
  { name: 'range', metadata: new Uint8Array(bytes) },
];

describe('the bytes of a group are bounded', () => {
  test('a member whose subscription does not fit is turned away, and one that is in keeps the one it had', async () => {
    const world = await openCoordinator();
    const memberId = await stableGroup(world);
    const reply = await world.coordinator.joinGroup(joinRequest({ protocols: big(MAX_GROUP_BYTES) }));
    expect(reply.error).toBe('GROUP_MAX_SIZE_REACHED');
    const again = await world.coordinator.joinGroup(joinRequest({ memberId, protocols: big(MAX_GROUP_BYTES) }));
    expect([again.error, again.memberId]).toEqual(['GROUP_MAX_SIZE_REACHED', memberId]);
    const beat = { groupId: 'g', memberId, instanceId: null, generation: 1 };
    expect((await world.coordinator.heartbeat(beat)).error).toBe('NONE');
  });

  test('protocols without a byte count, too', async () => {
    const world = await openCoordinator();
    const protocols = Array.from({ length: 200_000 }, (_, at) => ({ name: `${at}`, metadata: new Uint8Array() }));
    const reply = await world.coordinator.joinGroup(joinRequest({ protocols }));
    expect(reply.error).toBe('GROUP_MAX_SIZE_REACHED');
  });

  test('assignments that do not fit fail the sync of all, who then join again', async () => {
    const world = await openCoordinator();
    const joining = world.coordinator.joinGroup(joinRequest());
    await world.pass(0);
    const { memberId } = await joining;
    const assignments = [{ memberId, assignment: new Uint8Array(MAX_GROUP_BYTES) }];
    const reply = await world.coordinator.syncGroup({ ...syncRequest(memberId, 1), assignments });
    expect(reply.error).toBe('UNKNOWN_SERVER_ERROR');
    expect(world.coordinator.describeGroup('g')?.state).toBe('PreparingRebalance');
    const again = await world.coordinator.joinGroup(joinRequest({ memberId }));
    expect([again.error, again.generation]).toEqual(['NONE', 2]);
  });

  test('members with very many protocols find the one that they share without a stop', {
    timeout: 10_000,
  }, async () => {
    const world = await openCoordinator();
    const many = (prefix: string) => [
      ...Array.from({ length: 40_000 }, (_, at) => ({ name: `${prefix}${at}`, metadata: new Uint8Array() })),
      { name: 'shared', metadata: new Uint8Array() },
    ];
    const join = (prefix: string, memberId = '') =>
      world.coordinator.joinGroup(joinRequest({ memberId, protocols: many(prefix) }));
    const alone = join('a');
    await world.pass(0);
    const { memberId } = await alone;
    const both = [join('b'), join('a', memberId)];
    await world.pass(0);
    const replies = await Promise.all(both);
    expect(replies.map(({ error, protocolName }) => [error, protocolName])).toEqual([
      ['NONE', 'shared'],
      ['NONE', 'shared'],
    ]);
  });
});
