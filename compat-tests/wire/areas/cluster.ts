import {
  alterPartitionReassignmentsApi,
  alterReplicaLogDirsApi,
  apiVersionsApi,
  describeLogDirsApi,
  describeQuorumApi,
  electLeadersApi,
  listPartitionReassignmentsApi,
  updateFeaturesApi,
} from '../../../protocol/messages/index.ts';
import type { WireArea, WireCases } from '../area.ts';
import type { World } from '../world.ts';

type Topics = readonly (readonly [topic: string, ...partitions: number[]])[];

const wanted = (topics: Topics) => topics.map(([topic, ...partitions]) => ({ topic, partitions }));

function elect(world: World, electionType: number, topics: Topics | null, version = 2) {
  const request = { topicPartitions: topics === null ? null : wanted(topics), timeoutMs: 5000 };
  return world.ask(electLeadersApi, version, version === 0 ? request : { ...request, electionType });
}

function reassign(
  world: World,
  topic: string,
  partitionIndex: number,
  replicas: readonly number[] | null,
  version = 1,
) {
  const topics = [{ name: topic, partitions: [{ partitionIndex, replicas }] }];
  return world.ask(alterPartitionReassignmentsApi, version, { timeoutMs: 5000, topics });
}

function move(world: World, path: string, topic: string, partition: number) {
  return world.ask(alterReplicaLogDirsApi, 2, { dirs: [{ path, topics: [{ name: topic, partitions: [partition] }] }] });
}

function quorum(world: World, topicName: string, ...partitions: number[]) {
  const topics = [{ topicName, partitions: partitions.map((partitionIndex) => ({ partitionIndex })) }];
  return world.ask(describeQuorumApi, 2, { topics }, { show: ['leaderId', 'replicaId'] });
}

type Update = readonly [feature: string, level: number, type: number];

async function update(world: World, updates: readonly Update[], version = 1, validateOnly = true) {
  const featureUpdates = updates.map(([feature, maxVersionLevel, upgradeType]) => ({
    feature,
    maxVersionLevel,
    ...(version === 0 ? { allowDowngrade: upgradeType === SAFE } : { upgradeType }),
  }));
  const dry = version === 0 ? {} : { validateOnly };
  await world.ask(updateFeaturesApi, version, { timeoutMs: 5000, featureUpdates, ...dry });
}

const UP = 1;
const SAFE = 2;
const UNSAFE = 3;
const ELR = 'eligible.leader.replicas.version';

/** Whether each level of metadata.version can be reached, in both ways down. */
const downgrades: WireCases = Object.fromEntries(
  Array.from({ length: 26 }, (_, index) => index + 5).map((level) => [
    `UpdateFeatures of metadata.version to ${level}`,
    async (world: World) => {
      await update(world, [['metadata.version', level, SAFE]]);
      await update(world, [['metadata.version', level, UNSAFE]]);
    },
  ]),
);

export const clusterAdmin: WireArea = {
  name: 'cluster',
  cases: {
    'ElectLeaders, preferred': (world) => elect(world, 0, [['two', 0, 1]]),
    'ElectLeaders, unclean': (world) => elect(world, 1, [['two', 0]]),
    'ElectLeaders of an unknown kind': (world) => elect(world, 7, [['two', 0]]),
    'ElectLeaders of all, of an unknown kind': (world) => elect(world, 7, null),
    'ElectLeaders of an unknown topic': (world) => elect(world, 0, [['no-such-topic', 0]]),
    'ElectLeaders of an unknown partition': (world) => elect(world, 0, [['two', 9]]),
    'ElectLeaders of a negative partition': (world) => elect(world, 0, [['two', -1]]),
    'ElectLeaders of nothing': (world) => elect(world, 0, []),
    'ElectLeaders of a partition twice': (world) => elect(world, 0, [['two', 0, 0]]),
    'ElectLeaders in v0': (world) => elect(world, 0, [['two', 0]], 0),

    'AlterPartitionReassignments to where it is': (world) => reassign(world, 'two', 0, [1]),
    'AlterPartitionReassignments to an unknown broker': (world) => reassign(world, 'two', 0, [9]),
    'AlterPartitionReassignments to nobody': (world) => reassign(world, 'two', 0, []),
    'AlterPartitionReassignments to a broker twice': (world) => reassign(world, 'two', 0, [1, 1]),
    'AlterPartitionReassignments to a negative broker': (world) => reassign(world, 'two', 0, [-1]),
    'AlterPartitionReassignments that cancels none': (world) => reassign(world, 'two', 0, null),
    'AlterPartitionReassignments of an unknown topic': (world) => reassign(world, 'no-such-topic', 0, [1]),
    'AlterPartitionReassignments of an unknown partition': (world) => reassign(world, 'two', 9, [1]),
    'AlterPartitionReassignments of an unknown partition that cancels': (world) => reassign(world, 'two', 9, null),
    'AlterPartitionReassignments of nothing': (world) =>
      world.ask(alterPartitionReassignmentsApi, 0, { timeoutMs: 5000, topics: [] }),
    'AlterPartitionReassignments without a change of the replication factor': (world) =>
      world.ask(alterPartitionReassignmentsApi, 1, {
        timeoutMs: 5000,
        allowReplicationFactorChange: false,
        topics: [{ name: 'two', partitions: [{ partitionIndex: 0, replicas: [1] }] }],
      }),
    'AlterPartitionReassignments to two brokers without a change of the replication factor': (world) =>
      world.ask(alterPartitionReassignmentsApi, 1, {
        timeoutMs: 5000,
        allowReplicationFactorChange: false,
        topics: [{ name: 'two', partitions: [{ partitionIndex: 0, replicas: [1, 2] }] }],
      }),
    'ListPartitionReassignments of all': (world) =>
      world.ask(listPartitionReassignmentsApi, 0, { timeoutMs: 5000, topics: null }, { show: ['topics'] }),
    'ListPartitionReassignments of an unknown topic': (world) =>
      world.ask(
        listPartitionReassignmentsApi,
        0,
        { timeoutMs: 5000, topics: [{ name: 'no-such-topic', partitionIndexes: [0] }] },
        { show: ['topics'] },
      ),

    'AlterReplicaLogDirs to a directory that is not there': (world) => move(world, '/no/such/directory', 'one', 0),
    'AlterReplicaLogDirs of an unknown topic': (world) => move(world, '/no/such/directory', 'no-such-topic', 0),
    'AlterReplicaLogDirs of a topic with a long name': (world) => move(world, '/no/such/directory', 'n'.repeat(240), 0),
    'AlterReplicaLogDirs to a directory without a name': (world) => move(world, '', 'one', 0),
    'AlterReplicaLogDirs of nothing': (world) => world.ask(alterReplicaLogDirsApi, 2, { dirs: [] }),
    'DescribeLogDirs of an unknown topic': (world) =>
      world.ask(describeLogDirsApi, 4, { topics: [{ topic: 'no-such-topic', partitions: [0] }] }, { show: ['topics'] }),
    'DescribeLogDirs of an unknown partition': (world) =>
      world.ask(describeLogDirsApi, 4, { topics: [{ topic: 'one', partitions: [9] }] }, { show: ['topics'] }),
    'DescribeLogDirs of no topics': (world) => world.ask(describeLogDirsApi, 4, { topics: [] }, { show: ['topics'] }),
    'DescribeLogDirs v5': (world) => world.ask(describeLogDirsApi, 5, { topics: [] }, { show: ['isCordoned'] }),

    'DescribeQuorum of the metadata': (world) => quorum(world, '__cluster_metadata', 0),
    'DescribeQuorum of another partition': (world) => quorum(world, '__cluster_metadata', 1),
    'DescribeQuorum of two partitions': (world) => quorum(world, '__cluster_metadata', 0, 1),
    'DescribeQuorum of another topic': (world) => quorum(world, 'one', 0),
    'DescribeQuorum of no partitions': (world) => quorum(world, '__cluster_metadata'),
    'DescribeQuorum of nothing': (world) => world.ask(describeQuorumApi, 2, { topics: [] }),

    'UpdateFeatures of nothing': (world) => update(world, [], 1),
    'UpdateFeatures of an unknown feature': (world) => update(world, [['no.such.version', 1, UP]]),
    'UpdateFeatures of an unknown feature to 0': (world) => update(world, [['no.such.version', 0, SAFE]]),
    'UpdateFeatures of a feature without a name': (world) => update(world, [['', 1, UP]]),
    'UpdateFeatures to what it is': (world) => update(world, [[ELR, 1, UP]]),
    'UpdateFeatures to what it is, as a downgrade': (world) => update(world, [[ELR, 1, SAFE]]),
    'UpdateFeatures above what is supported': (world) => update(world, [[ELR, 9, UP]]),
    'UpdateFeatures to a negative level': (world) => update(world, [[ELR, -1, SAFE]]),
    'UpdateFeatures down as an upgrade': (world) => update(world, [[ELR, 0, UP]]),
    'UpdateFeatures of an unknown kind': (world) => update(world, [[ELR, 1, 9]]),
    'UpdateFeatures of kind 0': (world) => update(world, [[ELR, 1, 0]]),
    'UpdateFeatures down': (world) => update(world, [[ELR, 0, SAFE]]),
    'UpdateFeatures down without regard': (world) => update(world, [[ELR, 0, UNSAFE]]),
    'UpdateFeatures of one that may and one that may not': (world) =>
      update(world, [
        [ELR, 0, SAFE],
        ['no.such.version', 3, UP],
      ]),
    'UpdateFeatures of the same feature twice': (world) =>
      update(world, [
        [ELR, 1, UP],
        [ELR, 0, SAFE],
      ]),
    'UpdateFeatures of what another needs': (world) =>
      update(world, [
        [ELR, 1, UP],
        ['metadata.version', 23, SAFE],
      ]),
    'UpdateFeatures of metadata.version upward as a downgrade': (world) =>
      update(world, [['metadata.version', 31, SAFE]]),
    'UpdateFeatures of metadata.version above what is supported': (world) =>
      update(world, [['metadata.version', 31, UP]]),
    'UpdateFeatures in v0': (world) => update(world, [[ELR, 1, UP]], 0),
    'UpdateFeatures in v2': (world) => update(world, [[ELR, 1, UP]], 2),
    'UpdateFeatures in v2 of what is unknown': (world) => update(world, [['no.such.version', 1, UP]], 2),
    'UpdateFeatures of kraft.version': (world) => update(world, [['kraft.version', 1, UP]]),
    ...downgrades,
    'UpdateFeatures down, really, and what ApiVersions tells then': async (world) => {
      await update(world, [[ELR, 0, SAFE]], 1, false);
      await world.settle();
      const { finalizedFeatures } = await world.tell(apiVersionsApi, 4, {
        clientSoftwareName: 'a',
        clientSoftwareVersion: '1',
      });
      world.write(`${ELR} is ${finalizedFeatures.find(({ name }) => name === ELR)?.maxVersionLevel ?? 'off'}`);
      await update(world, [[ELR, 1, UP]], 1, false);
    },
  },
};
