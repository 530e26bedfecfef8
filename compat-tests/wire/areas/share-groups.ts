import {
  alterShareGroupOffsetsApi,
  deleteShareGroupOffsetsApi,
  describeShareGroupOffsetsApi,
  shareAcknowledgeApi,
  shareFetchApi,
  shareGroupDescribeApi,
  shareGroupHeartbeatApi,
} from '../../../protocol/messages/index.ts';
import type { RequestInputOf } from '../../../protocol/schema/index.ts';
import type { WireArea } from '../area.ts';
import { NO_SUCH_ID, type World } from '../world.ts';

type Heartbeat = RequestInputOf<typeof shareGroupHeartbeatApi>;
type Fetch = RequestInputOf<typeof shareFetchApi>;
type Acknowledge = RequestInputOf<typeof shareAcknowledgeApi>;

/** Ids of members of share groups are UUIDs that the clients make. */
const MEMBER = 'c2hhcmUtbWVtYmVyLTEyMw';
const STRANGER = 'c3RyYW5nZXItbWVtYmVyMQ';

const joining = (groupId: string): Heartbeat => ({
  groupId,
  memberId: MEMBER,
  memberEpoch: 0,
  subscribedTopicNames: ['one'],
});

const beat = (world: World, wanted: Partial<Heartbeat>) =>
  world.ask(
    shareGroupHeartbeatApi,
    1,
    { ...joining('s-bad'), ...wanted },
    { show: ['memberEpoch', 'heartbeatIntervalMs'] },
  );

async function joined(world: World, groupId: string): Promise<number> {
  return (await world.tell(shareGroupHeartbeatApi, 1, joining(groupId))).memberEpoch;
}

function fetch(world: World, wanted: Partial<Fetch>, topicId = world.id('compacted'), partitionIndex = 0) {
  const partitions = [{ partitionIndex, acknowledgementBatches: [] }];
  return world.ask(shareFetchApi, 1, {
    groupId: 's-fetch',
    memberId: MEMBER,
    shareSessionEpoch: 0,
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1024,
    maxRecords: 10,
    batchSize: 10,
    topics: [{ topicId, partitions }],
    forgottenTopicsData: [],
    ...wanted,
  });
}

function acknowledge(
  world: World,
  wanted: Partial<Acknowledge>,
  batches: readonly { firstOffset: number; lastOffset: number; acknowledgeTypes: readonly number[] }[] = [],
) {
  const partitions = [{ partitionIndex: 0, acknowledgementBatches: batches }];
  return world.ask(shareAcknowledgeApi, 1, {
    groupId: 's-fetch',
    memberId: MEMBER,
    shareSessionEpoch: 1,
    topics: [{ topicId: world.id('compacted'), partitions }],
    ...wanted,
  });
}

export const shareGroups: WireArea = {
  name: 'share groups',
  cases: {
    'a heartbeat without a group': (world) => beat(world, { groupId: '' }),
    'a heartbeat without a member': (world) => beat(world, { memberId: '' }),
    'a member epoch below -1': (world) => beat(world, { memberEpoch: -2 }),
    'an empty rack': (world) => beat(world, { rackId: '' }),
    'to join without a subscription': (world) => beat(world, { subscribedTopicNames: null }),
    'to join with an empty subscription': (world) => beat(world, { subscribedTopicNames: [] }),
    'to leave a group that does not exist': (world) => beat(world, { groupId: 's-nobody', memberEpoch: -1 }),
    'a heartbeat of a group that does not exist': (world) => beat(world, { groupId: 's-nobody', memberEpoch: 3 }),
    'a heartbeat of an unknown member': async (world) => {
      const epoch = await joined(world, 's-unknown');
      await beat(world, { groupId: 's-unknown', memberId: STRANGER, memberEpoch: epoch });
    },
    'a heartbeat with an epoch that is too new': async (world) => {
      const epoch = await joined(world, 's-fenced');
      await beat(world, { groupId: 's-fenced', memberEpoch: epoch + 5 });
    },
    'to leave as an unknown member': async (world) => {
      await joined(world, 's-leave');
      await beat(world, { groupId: 's-leave', memberId: STRANGER, memberEpoch: -1 });
    },
    'a heartbeat of a consumer group': (world) => beat(world, { groupId: 'c-fetch' }),

    'ShareGroupDescribe of an unknown group': (world) =>
      world.ask(
        shareGroupDescribeApi,
        1,
        { groupIds: ['s-nobody'], includeAuthorizedOperations: false },
        { show: ['groupState'] },
      ),
    'ShareGroupDescribe of a classic group': (world) =>
      world.ask(
        shareGroupDescribeApi,
        1,
        { groupIds: ['committed'], includeAuthorizedOperations: false },
        { show: ['groupState'] },
      ),
    'ShareGroupDescribe without a name': (world) =>
      world.ask(shareGroupDescribeApi, 1, { groupIds: [''], includeAuthorizedOperations: false }),
    'ShareGroupDescribe of nothing': (world) =>
      world.ask(shareGroupDescribeApi, 1, { groupIds: [], includeAuthorizedOperations: false }),

    'ShareFetch without a group': (world) => fetch(world, { groupId: null }),
    'ShareFetch with an empty group': (world) => fetch(world, { groupId: '' }),
    'ShareFetch without a member': (world) => fetch(world, { memberId: null }),
    'ShareFetch of a session that does not exist': (world) =>
      fetch(world, { groupId: 's-session', shareSessionEpoch: 5 }),
    'ShareFetch that ends a session that does not exist': (world) =>
      fetch(world, { groupId: 's-session', shareSessionEpoch: -1 }),
    'ShareFetch that begins with acknowledgements': (world) =>
      fetch(world, {
        groupId: 's-session2',
        topics: [
          {
            topicId: world.id('compacted'),
            partitions: [
              { partitionIndex: 0, acknowledgementBatches: [{ firstOffset: 0, lastOffset: 0, acknowledgeTypes: [1] }] },
            ],
          },
        ],
      }),

    'ShareAcknowledge without a group': (world) => acknowledge(world, { groupId: null }),
    'ShareAcknowledge without a member': (world) => acknowledge(world, { memberId: null }),
    'ShareAcknowledge of a session that does not exist': (world) => acknowledge(world, { groupId: 's-session3' }),
    'ShareAcknowledge that begins a session': (world) =>
      acknowledge(world, { groupId: 's-session4', shareSessionEpoch: 0 }),

    'DescribeShareGroupOffsets of an unknown group': (world) =>
      world.ask(
        describeShareGroupOffsetsApi,
        1,
        { groups: [{ groupId: 's-nobody', topics: [{ topicName: 'one', partitions: [0] }] }] },
        { show: ['startOffset'] },
      ),
    'DescribeShareGroupOffsets of an unknown group, all topics': (world) =>
      world.ask(describeShareGroupOffsetsApi, 1, { groups: [{ groupId: 's-nobody', topics: null }] }),
    'DescribeShareGroupOffsets of a classic group': (world) =>
      world.ask(describeShareGroupOffsetsApi, 1, {
        groups: [{ groupId: 'committed', topics: [{ topicName: 'one', partitions: [0] }] }],
      }),
    'DescribeShareGroupOffsets of nothing': (world) => world.ask(describeShareGroupOffsetsApi, 1, { groups: [] }),
    'AlterShareGroupOffsets of a group with a member': async (world) => {
      await joined(world, 's-alter');
      await world.ask(alterShareGroupOffsetsApi, 0, {
        groupId: 's-alter',
        topics: [{ topicName: 'one', partitions: [{ partitionIndex: 0, startOffset: 0 }] }],
      });
    },
    'AlterShareGroupOffsets without a group': (world) =>
      world.ask(alterShareGroupOffsetsApi, 0, { groupId: '', topics: [] }),
    'AlterShareGroupOffsets of a classic group': (world) =>
      world.ask(alterShareGroupOffsetsApi, 0, {
        groupId: 'committed',
        topics: [{ topicName: 'one', partitions: [{ partitionIndex: 0, startOffset: 0 }] }],
      }),
    'AlterShareGroupOffsets of an unknown topic': (world) =>
      world.ask(alterShareGroupOffsetsApi, 0, {
        groupId: 's-new',
        topics: [{ topicName: 'no-such-topic', partitions: [{ partitionIndex: 0, startOffset: 0 }] }],
      }),
    'DeleteShareGroupOffsets of an unknown group': (world) =>
      world.ask(deleteShareGroupOffsetsApi, 0, { groupId: 's-nobody', topics: [{ topicName: 'one' }] }),
    'DeleteShareGroupOffsets of a group with a member': async (world) => {
      await joined(world, 's-delete');
      await world.ask(deleteShareGroupOffsetsApi, 0, { groupId: 's-delete', topics: [{ topicName: 'one' }] });
    },
    'DeleteShareGroupOffsets without a group': (world) =>
      world.ask(deleteShareGroupOffsetsApi, 0, { groupId: '', topics: [] }),
    'ShareFetch by an unknown topic id': async (world) => {
      await joined(world, 's-topic');
      await fetch(world, { groupId: 's-topic' }, NO_SUCH_ID);
    },
  },
};
