import {
  consumerGroupDescribeApi,
  consumerGroupHeartbeatApi,
  deleteGroupsApi,
  describeGroupsApi,
  joinGroupApi,
  offsetCommitApi,
  offsetFetchApi,
} from '../../../protocol/messages/index.ts';
import type { RequestInputOf } from '../../../protocol/schema/index.ts';
import type { WireArea } from '../area.ts';
import { NO_SUCH_ID, type World } from '../world.ts';

type Heartbeat = RequestInputOf<typeof consumerGroupHeartbeatApi>;

const SHOWN = ['memberId', 'memberEpoch', 'heartbeatIntervalMs'];

const joining = (groupId: string, memberId: string): Heartbeat => ({
  groupId,
  memberId,
  memberEpoch: 0,
  rebalanceTimeoutMs: 30_000,
  subscribedTopicNames: ['one'],
  topicPartitions: [],
});

const beat = (world: World, wanted: Partial<Heartbeat>, version = 1) =>
  world.ask(consumerGroupHeartbeatApi, version, { ...joining('c-bad', 'm1'), ...wanted }, { show: SHOWN });

/** A group with one member. */
async function joined(world: World, groupId: string, more: Partial<Heartbeat> = {}): Promise<number> {
  const { memberEpoch } = await world.tell(consumerGroupHeartbeatApi, 1, { ...joining(groupId, 'm1'), ...more });
  return memberEpoch;
}

function commit(world: World, groupId: string, memberId: string, epoch: number, version = 9) {
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
  return world.ask(offsetCommitApi, version, {
    groupId,
    memberId,
    generationIdOrMemberEpoch: epoch,
    topics: [{ name: 'one', partitions }],
  });
}

export const consumerGroups: WireArea = {
  name: 'consumer groups',
  cases: {
    'a heartbeat without a group': (world) => beat(world, { groupId: '' }),
    'a heartbeat without a member': (world) => beat(world, { memberId: '' }),
    'a heartbeat with a blank group': (world) => beat(world, { groupId: ' ' }),
    'a member epoch below -2': (world) => beat(world, { memberEpoch: -3 }),
    'an empty instance id': (world) => beat(world, { instanceId: '' }),
    'an empty rack': (world) => beat(world, { rackId: '' }),
    'to join without a time-out': (world) => beat(world, { rebalanceTimeoutMs: -1 }),
    'to join with a time-out of 0': (world) => beat(world, { rebalanceTimeoutMs: 0 }),
    'to join without a subscription': (world) => beat(world, { subscribedTopicNames: null }),
    'to join with an empty subscription': (world) => beat(world, { groupId: 'c-empty', subscribedTopicNames: [] }),
    'to join with an empty expression': (world) =>
      beat(world, { groupId: 'c-regex', subscribedTopicNames: null, subscribedTopicRegex: '' }),
    'to join with a broken expression': (world) =>
      beat(world, { groupId: 'c-regex2', subscribedTopicNames: null, subscribedTopicRegex: '(' }),
    'to join with partitions': (world) =>
      beat(world, { topicPartitions: [{ topicId: world.id('one'), partitions: [0] }] }),
    'to join without a list of partitions': (world) => beat(world, { topicPartitions: null }),
    'to join with an unknown assignor': (world) => beat(world, { serverAssignor: 'magic' }),
    'to join with an empty assignor': (world) => beat(world, { serverAssignor: '' }),
    'to leave for a while without an instance id': (world) => beat(world, { memberEpoch: -2 }),
    'to leave a group that does not exist': (world) => beat(world, { groupId: 'c-nobody', memberEpoch: -1 }),
    'a heartbeat of a group that does not exist': (world) => beat(world, { groupId: 'c-nobody', memberEpoch: 3 }),
    'to join v0 without a member id': async (world) => {
      const answer = await world.tell(consumerGroupHeartbeatApi, 0, joining('c-v0', ''));
      world.write(`error ${answer.errorCode}, member id of ${answer.memberId?.length} characters`);
    },
    'a heartbeat of an unknown member': async (world) => {
      const epoch = await joined(world, 'c-unknown');
      await beat(world, { groupId: 'c-unknown', memberId: 'stranger', memberEpoch: epoch });
    },
    'a heartbeat with an epoch that is too new': async (world) => {
      const epoch = await joined(world, 'c-fenced');
      await beat(world, { groupId: 'c-fenced', memberEpoch: epoch + 1 });
    },
    'a heartbeat with partitions that were not assigned, of an older epoch': async (world) => {
      await joined(world, 'c-older');
      await joined(world, 'c-older', { memberId: 'm2' });
      const partitions = [{ topicId: world.id('two'), partitions: [0] }];
      await beat(world, { groupId: 'c-older', memberEpoch: 0, topicPartitions: partitions });
    },
    'to leave as an unknown member': async (world) => {
      await joined(world, 'c-leave');
      await beat(world, { groupId: 'c-leave', memberId: 'stranger', memberEpoch: -1 });
    },
    'to leave': async (world) => {
      await joined(world, 'c-leave2');
      await beat(world, { groupId: 'c-leave2', memberEpoch: -1 });
    },
    'to join as a static member that is there': async (world) => {
      await joined(world, 'c-static', { instanceId: 'i1' });
      await beat(world, { groupId: 'c-static', memberId: 'm2', instanceId: 'i1' });
    },
    'a heartbeat of a static member by another': async (world) => {
      const epoch = await joined(world, 'c-static2', { instanceId: 'i1' });
      await beat(world, { groupId: 'c-static2', memberId: 'm2', instanceId: 'i1', memberEpoch: epoch });
    },
    'a heartbeat with an unknown instance id': async (world) => {
      const epoch = await joined(world, 'c-static3', { instanceId: 'i1' });
      await beat(world, { groupId: 'c-static3', instanceId: 'i9', memberEpoch: epoch });
    },
    'to join a classic group with members': async (world) => {
      const protocols = [{ name: 'other', metadata: Buffer.of(1) }];
      const request = {
        groupId: 'c-classic',
        sessionTimeoutMs: 30_000,
        memberId: '',
        protocolType: 'other',
        protocols,
      };
      await world.tell(joinGroupApi, 3, { ...request, rebalanceTimeoutMs: 30_000 });
      await beat(world, { groupId: 'c-classic' });
    },
    'JoinGroup to a consumer group': async (world) => {
      await joined(world, 'c-join');
      const protocols = [{ name: 'range', metadata: Buffer.of(1) }];
      const request = {
        groupId: 'c-join',
        sessionTimeoutMs: 30_000,
        memberId: '',
        protocolType: 'consumer',
        protocols,
      };
      await world.ask(joinGroupApi, 3, { ...request, rebalanceTimeoutMs: 30_000 });
    },

    'ConsumerGroupDescribe of an unknown group': (world) =>
      world.ask(
        consumerGroupDescribeApi,
        1,
        { groupIds: ['c-nobody'], includeAuthorizedOperations: false },
        { show: ['groupState'] },
      ),
    'ConsumerGroupDescribe without a name': (world) =>
      world.ask(consumerGroupDescribeApi, 1, { groupIds: [''], includeAuthorizedOperations: false }),
    'ConsumerGroupDescribe of a classic group': (world) =>
      world.ask(
        consumerGroupDescribeApi,
        1,
        { groupIds: ['committed'], includeAuthorizedOperations: false },
        { show: ['groupState'] },
      ),
    'ConsumerGroupDescribe of a group twice': (world) =>
      world.ask(consumerGroupDescribeApi, 1, {
        groupIds: ['c-nobody', 'c-nobody'],
        includeAuthorizedOperations: false,
      }),
    'ConsumerGroupDescribe of nothing': (world) =>
      world.ask(consumerGroupDescribeApi, 1, { groupIds: [], includeAuthorizedOperations: false }),
    'ConsumerGroupDescribe with rights': async (world) => {
      await joined(world, 'c-shown');
      await world.ask(
        consumerGroupDescribeApi,
        1,
        { groupIds: ['c-shown'], includeAuthorizedOperations: true },
        { show: ['groupState', 'assignorName', 'authorizedOperations', 'memberType'] },
      );
    },
    'DescribeGroups of a consumer group': async (world) => {
      await joined(world, 'c-described');
      await world.ask(describeGroupsApi, 5, { groups: ['c-described'] }, { show: ['groupState'] });
      await world.ask(describeGroupsApi, 6, { groups: ['c-described'] }, { show: ['groupState'] });
    },
    'DeleteGroups of a consumer group with a member': async (world) => {
      await joined(world, 'c-delete');
      await world.ask(deleteGroupsApi, 2, { groupsNames: ['c-delete'] });
    },

    'OffsetCommit of a member with another epoch': async (world) => {
      const epoch = await joined(world, 'c-commit');
      await commit(world, 'c-commit', 'm1', epoch + 1);
      await commit(world, 'c-commit', 'm1', epoch - 1);
      await commit(world, 'c-commit', 'm1', epoch + 1, 8);
      await commit(world, 'c-commit', 'm1', epoch);
    },
    'OffsetCommit of an unknown member': async (world) => {
      const epoch = await joined(world, 'c-commit2');
      await commit(world, 'c-commit2', 'stranger', epoch);
    },
    'OffsetCommit of nobody to a group with a member': async (world) => {
      await joined(world, 'c-commit3');
      await commit(world, 'c-commit3', '', -1);
    },
    'OffsetFetch of a member with another epoch': async (world) => {
      const epoch = await joined(world, 'c-fetch');
      for (const [memberId, memberEpoch] of [
        ['m1', epoch + 1],
        ['m1', epoch - 1],
        ['stranger', epoch],
        ['m1', epoch],
      ] as const)
        await world.ask(offsetFetchApi, 9, { groups: [{ groupId: 'c-fetch', memberId, memberEpoch, topics: null }] });
    },
    'a heartbeat with a topic that does not exist': async (world) => {
      await beat(world, { groupId: 'c-topic', subscribedTopicNames: ['no-such-topic'] });
    },
    'a heartbeat with partitions of an unknown topic': async (world) => {
      const epoch = await joined(world, 'c-owned');
      await beat(world, {
        groupId: 'c-owned',
        memberEpoch: epoch,
        topicPartitions: [{ topicId: NO_SUCH_ID, partitions: [0] }],
      });
    },
  },
};
