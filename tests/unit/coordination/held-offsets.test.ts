import { describe, expect, test } from 'vitest';
import { newGroup } from '../../../src/coordination/classic/group.ts';
import { HeldOffsets } from '../../../src/coordination/held-offsets.ts';
import { expiryRecords } from '../../../src/coordination/offsets.ts';
import { endTransactionOffsets } from '../../../src/metadata/transactions.ts';
import { type Coordination, commitRequest, openCoordinator } from './script/open-coordinator.ts';

const PRODUCER = { producerId: 7, producerEpoch: 0 };

/** Offset 5 of t-0, held back by the producer's transaction. */
async function hold({ coordinator }: Coordination, offset = 5): Promise<void> {
  const request = { ...commitRequest('', -1, offset), transactional: true };
  expect((await coordinator.holdOffsets(request, PRODUCER)).error).toBe('NONE');
}

const offsetOf = ({ coordinator }: Coordination): number | undefined =>
  coordinator.offsets('g').get('t')?.get(0)?.offset;

describe('offsets of a transaction', () => {
  test('are not seen before it ends, then as it ends', async () => {
    const world = await openCoordinator();
    for (const [commits, wanted] of [
      [false, undefined],
      [true, 5],
    ] as const) {
      await hold(world);
      expect(world.coordinator.isHeld('g', 't', 0)).toBe(true);
      expect(offsetOf(world)).toBeUndefined();
      world.coordinator.releaseOffsets('g', PRODUCER.producerId, commits);
      expect(world.coordinator.isHeld('g', 't', 0)).toBe(false);
      expect(offsetOf(world)).toBe(wanted);
    }
  });

  test('keep their group, and what was committed before, from expiring', () => {
    const group = newGroup('g', 0);
    const value = {
      topicId: 'id',
      offset: 3,
      leaderEpoch: -1,
      metadata: '',
      commitTimestamp: 0,
      expireTimestamp: undefined,
    };
    const offsets = new Map([
      [
        't',
        new Map([
          [0, value],
          [1, value],
        ]),
      ],
    ]);
    const held = new HeldOffsets();
    held.add({ kind: 'held-offset', groupId: 'g', ...PRODUCER, topic: 't', partition: 0, value });
    const gone = { kind: 'offset-removed', groupId: 'g', topic: 't', partition: 1 };
    expect(expiryRecords(group, { offsets, held }, 1000, 1000)).toEqual([gone]);
    expect(expiryRecords(group, { offsets: new Map(), held }, 1000, 1000)).toEqual([]);
    held.take(PRODUCER.producerId);
    expect(expiryRecords(group, { offsets: new Map(), held }, 1000, 1000)).toEqual([
      { kind: 'group-removed', groupId: 'g' },
    ]);
  });

  test('go with their topic, and with their group', async () => {
    const world = await openCoordinator();
    await hold(world);
    world.coordinator.forgetTopics(() => false);
    expect([...world.coordinator.heldOffsets()]).toEqual([]);
    await hold(world);
    expect(await world.coordinator.deleteGroup('g')).toBe('NONE');
    world.coordinator.releaseOffsets('g', PRODUCER.producerId, true);
    expect(offsetOf(world)).toBeUndefined();
    expect(await world.sql.query('SELECT * FROM transaction_offsets')).toEqual([]);
  });

  test('become rows of committed offsets in the transaction that ends them, or none', async () => {
    const world = await openCoordinator();
    const rows = async () => world.sql.query('SELECT committed_offset FROM group_offsets');
    await hold(world, 5);
    await world.sql.transaction(endTransactionOffsets(PRODUCER.producerId, false));
    expect(await rows()).toEqual([]);
    await hold(world, 6);
    await hold(world, 7);
    await world.sql.transaction(endTransactionOffsets(PRODUCER.producerId + 1, true));
    expect(await rows()).toEqual([]);
    await world.sql.transaction(endTransactionOffsets(PRODUCER.producerId, true));
    expect(await rows()).toEqual([{ committed_offset: 7 }]);
    expect(await world.sql.query('SELECT * FROM transaction_offsets')).toEqual([]);
  });
});
