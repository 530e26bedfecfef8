import {
  describeClusterApi,
  describeTopicPartitionsApi,
  findCoordinatorApi,
  metadataApi,
} from '../../../protocol/messages/index.ts';
import type { WireArea } from '../area.ts';
import { NO_SUCH_ID, type World } from '../world.ts';

const ZERO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';

interface Asked {
  readonly name?: string | null;
  readonly topicId?: string;
}

function metadata(world: World, topics: readonly Asked[] | null, version = 12, autoCreate = false) {
  const asked = topics?.map(({ name = null, topicId = ZERO_ID }) => ({ name, topicId })) ?? null;
  const request = { topics: asked, allowAutoTopicCreation: autoCreate, includeTopicAuthorizedOperations: true };
  const rights = version < 11 ? { includeClusterAuthorizedOperations: true } : {};
  const show = ['leaderEpoch', 'topicAuthorizedOperations', 'clusterAuthorizedOperations', 'rack', 'isInternal'];
  return world.ask(metadataApi, version, { ...request, ...rights }, { show });
}

function partitions(
  world: World,
  topics: readonly string[],
  limit = 2000,
  cursor: { topicName: string; partitionIndex: number } | null = null,
) {
  const request = { topics: topics.map((name) => ({ name })), responsePartitionLimit: limit, cursor };
  return world.ask(describeTopicPartitionsApi, 0, request, {
    show: ['nextCursor', 'eligibleLeaderReplicas', 'lastKnownElr'],
  });
}

function coordinator(world: World, version: number, keyType: number, ...keys: string[]) {
  const single = version < 4 ? { key: keys[0] ?? '' } : { coordinatorKeys: keys };
  return world.ask(
    findCoordinatorApi,
    version,
    { ...single, ...(version > 0 ? { keyType } : {}) },
    { show: ['nodeId'] },
  );
}

export const describing: WireArea = {
  name: 'metadata',
  cases: {
    'Metadata of an unknown topic': (world) => metadata(world, [{ name: 'no-such-topic' }]),
    'Metadata of a topic with a wrong name': (world) => metadata(world, [{ name: 'a b' }]),
    'Metadata of a topic with a wrong name, to be created': (world) => metadata(world, [{ name: 'a b' }], 9, true),
    'Metadata of a topic without a name': (world) => metadata(world, [{ name: '' }]),
    'Metadata of a topic with a name that is too long': (world) =>
      metadata(world, [{ name: 'n'.repeat(250) }], 9, true),
    'Metadata of an unknown id': (world) => metadata(world, [{ topicId: NO_SUCH_ID }]),
    'Metadata by name and id together': (world) => metadata(world, [{ name: 'one', topicId: world.id('one') }]),
    'Metadata by neither name nor id': (world) => metadata(world, [{}]),
    'Metadata by id in a version that carried it only': (world) =>
      metadata(world, [{ name: 'one', topicId: world.id('one') }], 10),
    'Metadata without a name in a version that could not': (world) =>
      metadata(world, [{ topicId: world.id('one') }], 10),
    'Metadata of the same topic twice': (world) => metadata(world, [{ name: 'one' }, { name: 'one' }]),
    'Metadata of a topic by name and another by id': (world) =>
      metadata(world, [{ name: 'one' }, { topicId: world.id('two') }]),
    'Metadata of no topics': (world) => metadata(world, []),
    'Metadata of what is there, with rights': (world) => metadata(world, [{ name: 'one' }], 9),
    'Metadata v0 of no topics is all of them': (world) => world.ask(metadataApi, 0, { topics: [] }),
    'Metadata with null topics in v0': (world) => world.askBroken(metadataApi, 0, { topics: null }),

    'DescribeTopicPartitions of an unknown topic': (world) => partitions(world, ['no-such-topic']),
    'DescribeTopicPartitions of a wrong name': (world) => partitions(world, ['a b']),
    'DescribeTopicPartitions of what is there': (world) => partitions(world, ['two']),
    'DescribeTopicPartitions one at a time': (world) => partitions(world, ['one', 'two'], 2),
    'DescribeTopicPartitions with a limit of 0': (world) => partitions(world, ['two'], 0),
    'DescribeTopicPartitions with a negative limit': (world) => partitions(world, ['two'], -1),
    'DescribeTopicPartitions from a cursor': (world) =>
      partitions(world, ['two'], 10, { topicName: 'two', partitionIndex: 1 }),
    'DescribeTopicPartitions from a negative partition': (world) =>
      partitions(world, ['two'], 10, { topicName: 'two', partitionIndex: -1 }),
    'DescribeTopicPartitions from a partition that is not there': (world) =>
      partitions(world, ['two'], 10, { topicName: 'two', partitionIndex: 9 }),
    'DescribeTopicPartitions from a topic that was not asked for': (world) =>
      partitions(world, ['one'], 10, { topicName: 'two', partitionIndex: 0 }),
    'DescribeTopicPartitions of the same topic twice': (world) => partitions(world, ['one', 'one']),

    'DescribeCluster of controllers': (world) =>
      world.ask(describeClusterApi, 1, { includeClusterAuthorizedOperations: false, endpointType: 2 }),
    'DescribeCluster of an unknown kind': (world) =>
      world.ask(describeClusterApi, 1, { includeClusterAuthorizedOperations: false, endpointType: 9 }),
    'DescribeCluster with rights': (world) =>
      world.ask(
        describeClusterApi,
        2,
        { includeClusterAuthorizedOperations: true },
        { show: ['clusterAuthorizedOperations', 'controllerId', 'isFenced'] },
      ),
    'DescribeCluster with fenced brokers': (world) =>
      world.ask(describeClusterApi, 2, { includeClusterAuthorizedOperations: false, includeFencedBrokers: true }),

    'FindCoordinator of a group': (world) => coordinator(world, 4, 0, 'some-group'),
    'FindCoordinator of a transactional id': (world) => coordinator(world, 4, 1, 'some-id'),
    'FindCoordinator of an unknown kind': (world) => coordinator(world, 4, 9, 'some-key'),
    'FindCoordinator of a negative kind': (world) => coordinator(world, 4, -1, 'some-key'),
    'FindCoordinator of an unknown kind, one key': (world) => coordinator(world, 3, 9, 'some-key'),
    'FindCoordinator of a group without a name': (world) => coordinator(world, 4, 0, ''),
    'FindCoordinator of a group without a name, one key': (world) => coordinator(world, 2, 0, ''),
    'FindCoordinator of nothing': (world) => coordinator(world, 4, 0),
    'FindCoordinator of the same key twice': (world) => coordinator(world, 4, 0, 'a', 'a'),
    'FindCoordinator of a share partition': async (world) => {
      await world.awaken(2, `g:${world.id('one')}:0`);
      await coordinator(world, 6, 2, `g:${world.id('one')}:0`);
    },
    'FindCoordinator of a share partition that is none': (world) => coordinator(world, 6, 2, 'nonsense'),
    'FindCoordinator of a share partition in a version that did not have it': (world) =>
      coordinator(world, 5, 2, `g:${world.id('one')}:0`),
    'FindCoordinator of null keys': (world) =>
      world.askBroken(findCoordinatorApi, 4, { keyType: 0, coordinatorKeys: null }),
    'FindCoordinator of a null key': (world) =>
      world.askBroken(findCoordinatorApi, 4, { keyType: 0, coordinatorKeys: [null] }),
  },
};
