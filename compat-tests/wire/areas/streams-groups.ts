import {
  deleteGroupsApi,
  describeGroupsApi,
  streamsGroupDescribeApi,
  streamsGroupHeartbeatApi,
} from '../../../protocol/messages/index.ts';
import type { RequestInputOf } from '../../../protocol/schema/index.ts';
import type { WireArea } from '../area.ts';
import type { World } from '../world.ts';

type Heartbeat = RequestInputOf<typeof streamsGroupHeartbeatApi>;

const topologyOf = (...sourceTopics: string[]): NonNullable<Heartbeat['topology']> => ({
  epoch: 0,
  subtopologies: [
    {
      subtopologyId: '0',
      sourceTopics,
      sourceTopicRegex: [],
      stateChangelogTopics: [],
      repartitionSinkTopics: [],
      repartitionSourceTopics: [],
      copartitionGroups: [],
    },
  ],
});

const joining = (groupId: string): Heartbeat => ({
  groupId,
  memberId: 'm1',
  memberEpoch: 0,
  endpointInformationEpoch: 0,
  rebalanceTimeoutMs: 30_000,
  topology: topologyOf('one'),
  activeTasks: [],
  standbyTasks: [],
  warmupTasks: [],
  processId: 'p1',
  clientTags: [],
});

const beat = (world: World, wanted: Partial<Heartbeat>) =>
  world.ask(streamsGroupHeartbeatApi, 0, { ...joining('st-bad'), ...wanted }, { show: ['memberEpoch'] });

async function joined(world: World, groupId: string): Promise<number> {
  return (await world.tell(streamsGroupHeartbeatApi, 0, joining(groupId))).memberEpoch;
}

export const streamsGroups: WireArea = {
  name: 'streams groups',
  cases: {
    'a heartbeat without a group': (world) => beat(world, { groupId: '' }),
    'a heartbeat without a member': (world) => beat(world, { memberId: '' }),
    'a member epoch below -2': (world) => beat(world, { memberEpoch: -3 }),
    'an empty instance id': (world) => beat(world, { instanceId: '' }),
    'an empty rack': (world) => beat(world, { rackId: '' }),
    'to join without a time-out': (world) => beat(world, { rebalanceTimeoutMs: -1 }),
    'to join without a topology': (world) => beat(world, { topology: null }),
    'to join without lists of tasks': (world) => beat(world, { activeTasks: null }),
    'to join with tasks': (world) => beat(world, { activeTasks: [{ subtopologyId: '0', partitions: [0] }] }),
    'to join without a process id': (world) => beat(world, { processId: null }),
    'to join with an empty process id': (world) => beat(world, { processId: '' }),
    'to join with a static id': (world) => beat(world, { groupId: 'st-static', instanceId: 'i1' }),
    'to join without tags': (world) => beat(world, { clientTags: null }),
    'to leave for a while without an instance id': (world) => beat(world, { memberEpoch: -2 }),
    'to leave a group that does not exist': (world) => beat(world, { groupId: 'st-nobody', memberEpoch: -1 }),
    'a heartbeat of a group that does not exist': (world) =>
      beat(world, { groupId: 'st-nobody', memberEpoch: 3, topology: null }),
    'a heartbeat of an unknown member': async (world) => {
      const epoch = await joined(world, 'st-unknown');
      await beat(world, { groupId: 'st-unknown', memberId: 'stranger', memberEpoch: epoch, topology: null });
    },
    'a heartbeat with an epoch that is too new': async (world) => {
      const epoch = await joined(world, 'st-fenced');
      await beat(world, { groupId: 'st-fenced', memberEpoch: epoch + 5, topology: null });
    },
    'a heartbeat with a topology after the first': async (world) => {
      const epoch = await joined(world, 'st-topology');
      await beat(world, { groupId: 'st-topology', memberEpoch: epoch });
    },
    'to join with a topology whose source is not there': (world) =>
      beat(world, { groupId: 'st-missing', topology: topologyOf('no-such-topic') }),
    'to join a consumer group': (world) => beat(world, { groupId: 'c-fetch' }),
    'StreamsGroupDescribe of an unknown group': (world) =>
      world.ask(
        streamsGroupDescribeApi,
        0,
        { groupIds: ['st-nobody'], includeAuthorizedOperations: false },
        { show: ['groupState'] },
      ),
    'StreamsGroupDescribe of a classic group': (world) =>
      world.ask(
        streamsGroupDescribeApi,
        0,
        { groupIds: ['committed'], includeAuthorizedOperations: false },
        { show: ['groupState'] },
      ),
    'StreamsGroupDescribe without a name': (world) =>
      world.ask(streamsGroupDescribeApi, 0, { groupIds: [''], includeAuthorizedOperations: false }),
    'StreamsGroupDescribe of nothing': (world) =>
      world.ask(streamsGroupDescribeApi, 0, { groupIds: [], includeAuthorizedOperations: false }),
    'DescribeGroups of a streams group': async (world) => {
      await joined(world, 'st-described');
      await world.ask(describeGroupsApi, 6, { groups: ['st-described'] }, { show: ['groupState'] });
    },
    'DeleteGroups of a streams group with a member': async (world) => {
      await joined(world, 'st-delete');
      await world.ask(deleteGroupsApi, 2, { groupsNames: ['st-delete'] });
    },
  },
};
