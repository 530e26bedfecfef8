import {
  deleteGroupsApi,
  describeGroupsApi,
  heartbeatApi,
  joinGroupApi,
  leaveGroupApi,
  listGroupsApi,
  offsetCommitApi,
  offsetDeleteApi,
  offsetFetchApi,
  syncGroupApi,
} from '../../../protocol/messages/index.ts';
import type { WireArea } from '../area.ts';
import { NO_SUCH_ID, type World } from '../world.ts';

const METADATA = Buffer.of(0, 1, 0, 0, 0, 1, 0, 3, 111, 110, 101, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);

interface Join {
  readonly groupId?: string;
  readonly memberId?: string;
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  readonly protocolType?: string;
  readonly protocols?: readonly { name: string; metadata: Uint8Array }[];
  readonly groupInstanceId?: string | null;
}

const joinRequest = (join: Join) => ({
  groupId: 'classic',
  memberId: '',
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: 30_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: METADATA }],
  ...join,
});

const join = (world: World, request: Join, version = 3) => world.ask(joinGroupApi, version, joinRequest(request));

/** A group with one member that has its assignment; gives its id and generation. */
async function stable(world: World, groupId: string) {
  const { memberId, generationId } = await world.tell(joinGroupApi, 3, joinRequest({ groupId }));
  const assignments = [{ memberId, assignment: Buffer.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0) }];
  await world.tell(syncGroupApi, 2, { groupId, generationId, memberId, assignments });
  return { memberId, generationId };
}

interface Commit {
  readonly groupId?: string;
  readonly memberId?: string;
  readonly generation?: number;
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly metadata?: string | null;
  readonly instance?: string | null;
}

function commit(world: World, wanted: Commit, version = 8) {
  const { groupId = 'committed', memberId = '', generation = -1, topic = 'one', partition = 0, offset = 1 } = wanted;
  const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: wanted.metadata ?? '' }];
  return world.ask(offsetCommitApi, version, {
    groupId,
    memberId,
    generationIdOrMemberEpoch: generation,
    ...(wanted.instance === undefined ? {} : { groupInstanceId: wanted.instance }),
    topics: [{ name: topic, partitions }],
  });
}

function fetchOffsets(
  world: World,
  groupId: string,
  topics: readonly { name: string; partitionIndexes: readonly number[] }[] | null,
  version = 8,
) {
  return world.ask(
    offsetFetchApi,
    version,
    { groups: [{ groupId, topics }] },
    { show: ['committedOffset', 'metadata'] },
  );
}

export const classicGroups: WireArea = {
  name: 'groups',
  cases: {
    'JoinGroup without a group': (world) => join(world, { groupId: '' }),
    'JoinGroup with a session that is too short': (world) => join(world, { sessionTimeoutMs: 10 }),
    'JoinGroup with a session that is too long': (world) => join(world, { sessionTimeoutMs: 99_999_999 }),
    'JoinGroup with a negative session': (world) => join(world, { sessionTimeoutMs: -1 }),
    'JoinGroup without protocols': (world) => join(world, { protocols: [] }),
    'JoinGroup without a type of protocol': (world) => join(world, { protocolType: '' }),
    'JoinGroup of an unknown member of no group': (world) => join(world, { groupId: 'nobody', memberId: 'stranger' }),
    'JoinGroup of a new member must come back with its id': (world) => join(world, { groupId: 'fresh' }, 5),
    'JoinGroup of an unknown member': async (world) => {
      await stable(world, 'g-join');
      await join(world, { groupId: 'g-join', memberId: 'stranger' });
    },
    'JoinGroup with a protocol that others do not have': async (world) => {
      await stable(world, 'g-protocol');
      await join(world, { groupId: 'g-protocol', protocols: [{ name: 'other', metadata: METADATA }] });
    },
    'JoinGroup with another type of protocol': async (world) => {
      await stable(world, 'g-type');
      await join(world, { groupId: 'g-type', protocolType: 'connect' });
    },
    'JoinGroup with an unknown static member': (world) =>
      join(world, { groupId: 'g-static', memberId: 'stranger', groupInstanceId: 'i1' }, 5),
    'JoinGroup with a wrong instance id': (world) => join(world, { groupId: 'g-static2', groupInstanceId: 'a b' }, 5),
    'JoinGroup with an empty instance id': (world) => join(world, { groupId: 'g-static3', groupInstanceId: '' }, 5),
    'JoinGroup with an instance id that is too long': (world) =>
      join(world, { groupId: 'g-static4', groupInstanceId: 'i'.repeat(250) }, 5),
    'JoinGroup with null protocols': (world) =>
      world.askBroken(joinGroupApi, 6, { ...joinRequest({}), protocols: null }),
    'JoinGroup with a null member id': (world) =>
      world.askBroken(joinGroupApi, 6, { ...joinRequest({}), memberId: null }),

    'SyncGroup without a group': (world) =>
      world.ask(syncGroupApi, 2, { groupId: '', generationId: 1, memberId: 'm', assignments: [] }),
    'SyncGroup of an unknown group': (world) =>
      world.ask(syncGroupApi, 2, { groupId: 'nobody', generationId: 1, memberId: 'm', assignments: [] }),
    'SyncGroup of an unknown member': async (world) => {
      const { generationId } = await stable(world, 'g-sync');
      await world.ask(syncGroupApi, 2, { groupId: 'g-sync', generationId, memberId: 'stranger', assignments: [] });
    },
    'SyncGroup of another generation': async (world) => {
      const { generationId, memberId } = await stable(world, 'g-sync2');
      await world.ask(syncGroupApi, 2, {
        groupId: 'g-sync2',
        generationId: generationId + 1,
        memberId,
        assignments: [],
      });
    },
    'SyncGroup with another protocol': async (world) => {
      const { generationId, memberId } = await stable(world, 'g-sync3');
      const base = { groupId: 'g-sync3', generationId, memberId, assignments: [] };
      await world.ask(syncGroupApi, 5, { ...base, protocolType: 'consumer', protocolName: 'other' });
      await world.ask(syncGroupApi, 5, { ...base, protocolType: 'other', protocolName: 'range' });
      await world.ask(syncGroupApi, 5, { ...base, protocolType: null, protocolName: null });
      await world.ask(syncGroupApi, 5, { ...base, protocolType: 'consumer', protocolName: 'range' });
    },

    'Heartbeat without a group': (world) => world.ask(heartbeatApi, 3, { groupId: '', generationId: 1, memberId: 'm' }),
    'Heartbeat of an unknown group': (world) =>
      world.ask(heartbeatApi, 3, { groupId: 'nobody', generationId: 1, memberId: 'm' }),
    'Heartbeat of an unknown member': async (world) => {
      const { generationId } = await stable(world, 'g-beat');
      await world.ask(heartbeatApi, 3, { groupId: 'g-beat', generationId, memberId: 'stranger' });
    },
    'Heartbeat without a member': async (world) => {
      const { generationId } = await stable(world, 'g-beat2');
      await world.ask(heartbeatApi, 3, { groupId: 'g-beat2', generationId, memberId: '' });
    },
    'Heartbeat of another generation': async (world) => {
      const { generationId, memberId } = await stable(world, 'g-beat3');
      for (const generation of [generationId + 1, generationId - 1, -1, generationId])
        await world.ask(heartbeatApi, 3, { groupId: 'g-beat3', generationId: generation, memberId });
    },
    'Heartbeat of an unknown static member': async (world) => {
      const { generationId, memberId } = await stable(world, 'g-beat4');
      await world.ask(heartbeatApi, 3, { groupId: 'g-beat4', generationId, memberId, groupInstanceId: 'nobody' });
    },

    'LeaveGroup without a group': (world) => world.ask(leaveGroupApi, 2, { groupId: '', memberId: 'm' }),
    'LeaveGroup of an unknown group': (world) => world.ask(leaveGroupApi, 2, { groupId: 'nobody', memberId: 'm' }),
    'LeaveGroup of an unknown member': async (world) => {
      await stable(world, 'g-leave');
      await world.ask(leaveGroupApi, 2, { groupId: 'g-leave', memberId: 'stranger' });
    },
    'LeaveGroup of several members': async (world) => {
      const { memberId } = await stable(world, 'g-leave2');
      const members = [
        { memberId: 'stranger', groupInstanceId: null },
        { memberId: '', groupInstanceId: 'nobody' },
        { memberId, groupInstanceId: 'nobody' },
        { memberId: '', groupInstanceId: null },
      ];
      await world.ask(leaveGroupApi, 4, { groupId: 'g-leave2', members });
    },
    'LeaveGroup of no members': (world) => world.ask(leaveGroupApi, 4, { groupId: 'nobody', members: [] }),
    'LeaveGroup of members of an unknown group': (world) =>
      world.ask(leaveGroupApi, 4, { groupId: 'nobody', members: [{ memberId: 'm', groupInstanceId: null }] }),

    'OffsetCommit without a group': (world) => commit(world, { groupId: '' }),
    'OffsetCommit of no member': (world) => commit(world, {}),
    'OffsetCommit of an unknown topic': (world) => commit(world, { topic: 'no-such-topic' }),
    'OffsetCommit of an unknown partition': (world) => commit(world, { partition: 9 }),
    'OffsetCommit of a negative partition': (world) => commit(world, { partition: -1 }),
    'OffsetCommit of a negative offset': (world) => commit(world, { offset: -1 }),
    'OffsetCommit beyond the end': (world) => commit(world, { offset: 1_000_000 }),
    'OffsetCommit with metadata that is too long': (world) => commit(world, { metadata: 'm'.repeat(5000) }),
    'OffsetCommit with null metadata': (world) => commit(world, { metadata: null }),
    'OffsetCommit of a member of no group': (world) =>
      commit(world, { groupId: 'nobody', memberId: 'm', generation: 3 }),
    'OffsetCommit of a generation of no group': (world) => commit(world, { groupId: 'nobody', generation: 3 }),
    'OffsetCommit of an unknown member': async (world) => {
      const { generationId } = await stable(world, 'g-commit');
      await commit(world, { groupId: 'g-commit', memberId: 'stranger', generation: generationId });
    },
    'OffsetCommit of another generation': async (world) => {
      const { generationId, memberId } = await stable(world, 'g-commit2');
      await commit(world, { groupId: 'g-commit2', memberId, generation: generationId + 1 });
    },
    'OffsetCommit of no member to a group that has some': async (world) => {
      await stable(world, 'g-commit3');
      await commit(world, { groupId: 'g-commit3' });
    },
    'OffsetCommit of an unknown static member': async (world) => {
      const { generationId, memberId } = await stable(world, 'g-commit4');
      await commit(world, { groupId: 'g-commit4', memberId, generation: generationId, instance: 'nobody' });
    },
    'OffsetCommit of nothing': (world) =>
      world.ask(offsetCommitApi, 8, { groupId: 'committed', memberId: '', generationIdOrMemberEpoch: -1, topics: [] }),
    'OffsetCommit by an unknown id': (world) =>
      world.ask(offsetCommitApi, 10, {
        groupId: 'committed',
        memberId: '',
        generationIdOrMemberEpoch: -1,
        topics: [NO_SUCH_ID, world.id('one')].map((topicId) => ({
          topicId,
          partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }],
        })),
      }),
    'OffsetCommit v9 of a group that is not there': (world) =>
      commit(world, { groupId: 'nobody', memberId: 'm', generation: 3 }, 9),

    'OffsetFetch of an unknown group': (world) =>
      fetchOffsets(world, 'nobody', [{ name: 'one', partitionIndexes: [0] }]),
    'OffsetFetch of an unknown group, all topics': (world) => fetchOffsets(world, 'nobody', null),
    'OffsetFetch without a group': (world) => fetchOffsets(world, '', null),
    'OffsetFetch of what was committed': (world) => fetchOffsets(world, 'committed', null),
    'OffsetFetch of an unknown topic': (world) =>
      fetchOffsets(world, 'committed', [{ name: 'no-such-topic', partitionIndexes: [0] }]),
    'OffsetFetch of an unknown partition': (world) =>
      fetchOffsets(world, 'committed', [{ name: 'one', partitionIndexes: [9, -1] }]),
    'OffsetFetch of no topics': (world) => fetchOffsets(world, 'committed', []),
    'OffsetFetch of no groups': (world) => world.ask(offsetFetchApi, 8, { groups: [] }),
    'OffsetFetch of the same group twice': (world) =>
      world.ask(offsetFetchApi, 8, { groups: [1, 2].map(() => ({ groupId: 'committed', topics: null })) }),
    'OffsetFetch by ids': (world) =>
      world.ask(offsetFetchApi, 10, {
        groups: [
          {
            groupId: 'committed',
            topics: [NO_SUCH_ID, world.id('one')].map((topicId) => ({ topicId, partitionIndexes: [0] })),
          },
        ],
      }),
    'OffsetFetch of a member of a classic group': (world) =>
      world.ask(offsetFetchApi, 9, { groups: [{ groupId: 'committed', memberId: 'm', memberEpoch: 3, topics: null }] }),
    'OffsetFetch of an unknown group in v1': (world) =>
      world.ask(
        offsetFetchApi,
        1,
        { groupId: 'nobody', topics: [{ name: 'one', partitionIndexes: [0] }] },
        { show: ['committedOffset'] },
      ),

    'DescribeGroups of an unknown group': (world) =>
      world.ask(describeGroupsApi, 5, { groups: ['nobody'] }, { show: ['groupState'] }),
    'DescribeGroups of an unknown group in v6': (world) =>
      world.ask(describeGroupsApi, 6, { groups: ['nobody'] }, { show: ['groupState'] }),
    'DescribeGroups without a name': (world) =>
      world.ask(describeGroupsApi, 5, { groups: [''] }, { show: ['groupState'] }),
    'DescribeGroups of nothing': (world) => world.ask(describeGroupsApi, 5, { groups: [] }),
    'DescribeGroups with rights': (world) =>
      world.ask(
        describeGroupsApi,
        5,
        { groups: ['committed'], includeAuthorizedOperations: true },
        { show: ['groupState', 'authorizedOperations', 'protocolType'] },
      ),
    'ListGroups of an unknown state': (world) =>
      world.ask(listGroupsApi, 5, { statesFilter: ['Sleeping'], typesFilter: [] }, { show: ['groups'] }),
    'ListGroups of an unknown type': (world) =>
      world.ask(listGroupsApi, 5, { statesFilter: [], typesFilter: ['weird'] }, { show: ['groups'] }),

    'DeleteGroups of an unknown group': (world) => world.ask(deleteGroupsApi, 2, { groupsNames: ['nobody'] }),
    'DeleteGroups without a name': (world) => world.ask(deleteGroupsApi, 2, { groupsNames: [''] }),
    'DeleteGroups of one that has members': async (world) => {
      await stable(world, 'g-delete');
      await world.ask(deleteGroupsApi, 2, { groupsNames: ['g-delete', 'nobody', 'nobody'] });
    },
    'DeleteGroups of nothing': (world) => world.ask(deleteGroupsApi, 2, { groupsNames: [] }),
    'OffsetDelete of an unknown group': (world) =>
      world.ask(offsetDeleteApi, 0, {
        groupId: 'nobody',
        topics: [{ name: 'one', partitions: [{ partitionIndex: 0 }] }],
      }),
    'OffsetDelete without a group': (world) => world.ask(offsetDeleteApi, 0, { groupId: '', topics: [] }),
    'OffsetDelete of what is not there': (world) =>
      world.ask(offsetDeleteApi, 0, {
        groupId: 'committed',
        topics: ['one', 'no-such-topic'].map((name) => ({
          name,
          partitions: [{ partitionIndex: 0 }, { partitionIndex: 9 }],
        })),
      }),
    'OffsetDelete of a topic that a member is subscribed to': async (world) => {
      const { generationId, memberId } = await stable(world, 'g-subscribed');
      await commit(world, { groupId: 'g-subscribed', memberId, generation: generationId });
      await world.ask(offsetDeleteApi, 0, {
        groupId: 'g-subscribed',
        topics: [{ name: 'one', partitions: [{ partitionIndex: 0 }] }],
      });
    },
  },
};
