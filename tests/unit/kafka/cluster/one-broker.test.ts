import { describe, expect, test } from 'vitest';
import { errorCode } from '../../../../protocol/errors.ts';
import {
  alterPartitionReassignmentsApi,
  alterReplicaLogDirsApi,
  describeQuorumApi,
  electLeadersApi,
  listPartitionReassignmentsApi,
  updateFeaturesApi,
} from '../../../../protocol/messages/index.ts';
import { everybodyMay } from '../../../../src/security/authorizer.ts';
import { openClusterWorld } from './cluster-world.ts';

const { NONE, UNKNOWN_TOPIC_OR_PARTITION, CLUSTER_AUTHORIZATION_FAILED } = errorCode;
const nobodyMay = { ...everybodyMay, authorize: () => false };

async function worldWithTopic(authorizer = everybodyMay) {
  const world = await openClusterWorld(authorizer);
  await world.catalog.create({ name: 'a', partitions: 2, configs: [] });
  return world;
}

describe('ElectLeaders', () => {
  const codes = (response: {
    replicaElectionResults: readonly { partitionResult: readonly { errorCode: number }[] }[];
  }) => response.replicaElectionResults.map(({ partitionResult }) => partitionResult.map((result) => result.errorCode));

  test('is needed nowhere', async () => {
    const { call } = await worldWithTopic();
    const topicPartitions = [
      { topic: 'a', partitions: [0, 1, 2] },
      { topic: 'nope', partitions: [0] },
    ];
    const response = await call(electLeadersApi, 2, { electionType: 1, topicPartitions, timeoutMs: 1 });
    expect(response.errorCode).toBe(NONE);
    const { ELECTION_NOT_NEEDED } = errorCode;
    expect(codes(response)).toEqual([
      [ELECTION_NOT_NEEDED, ELECTION_NOT_NEEDED, UNKNOWN_TOPIC_OR_PARTITION],
      [UNKNOWN_TOPIC_OR_PARTITION],
    ]);
  });

  test('of all partitions tells of none, and an unknown kind is refused', async () => {
    const { call } = await worldWithTopic();
    const all = await call(electLeadersApi, 2, { electionType: 0, topicPartitions: null, timeoutMs: 1 });
    expect(codes(all)).toEqual([[]]);
    const unknown = await call(electLeadersApi, 2, { electionType: 5, topicPartitions: null, timeoutMs: 1 });
    expect(unknown).toMatchObject({ errorCode: errorCode.INVALID_REQUEST, replicaElectionResults: [] });
  });
});

describe('partition reassignments', () => {
  test('only what is so already can be asked for, and nothing can be cancelled', async () => {
    const { call } = await worldWithTopic();
    const partitions = [[1], null, [], [9], [1, 1]].map((replicas, index) => ({
      partitionIndex: index === 1 ? 1 : 0,
      replicas,
    }));
    const topics = [
      { name: 'a', partitions: [...partitions, { partitionIndex: 7, replicas: [1] }] },
      { name: 'nope', partitions: [{ partitionIndex: 0, replicas: [1] }] },
    ];
    const response = await call(alterPartitionReassignmentsApi, 1, { topics, timeoutMs: 1 });
    const { NO_REASSIGNMENT_IN_PROGRESS, INVALID_REPLICA_ASSIGNMENT: WRONG } = errorCode;
    expect(response.errorCode).toBe(NONE);
    expect(response.responses.map((topic) => topic.partitions.map((result) => result.errorCode))).toEqual([
      [NONE, NO_REASSIGNMENT_IN_PROGRESS, WRONG, WRONG, WRONG, UNKNOWN_TOPIC_OR_PARTITION],
      [UNKNOWN_TOPIC_OR_PARTITION],
    ]);
  });

  test('the list is empty', async () => {
    const { call } = await worldWithTopic();
    const topics = [{ name: 'nope', partitionIndexes: [0] }];
    const response = await call(listPartitionReassignmentsApi, 0, { topics, timeoutMs: 1 });
    expect(response).toMatchObject({ errorCode: NONE, topics: [] });
  });
});

test('replicas are in the one log directory, and go to no other', async () => {
  const { call } = await worldWithTopic();
  const topics = [{ name: 'a', partitions: [0, 5] }];
  const long = [{ name: 'n'.repeat(249), partitions: [0] }];
  const dirs = [
    { path: '/data', topics },
    { path: '/other', topics: [...topics, ...long] },
  ];
  const { results } = await call(alterReplicaLogDirsApi, 2, { dirs });
  const { REPLICA_NOT_AVAILABLE, LOG_DIR_NOT_FOUND, INVALID_TOPIC_EXCEPTION } = errorCode;
  expect(results.map(({ partitions }) => partitions.map((result) => result.errorCode))).toEqual([
    [NONE, REPLICA_NOT_AVAILABLE],
    [LOG_DIR_NOT_FOUND, LOG_DIR_NOT_FOUND],
    [INVALID_TOPIC_EXCEPTION],
  ]);
});

describe('DescribeQuorum', () => {
  const metadata = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];

  test('tells of one voter that leads', async () => {
    const { call } = await worldWithTopic();
    const { topics, nodes } = await call(describeQuorumApi, 2, { topics: metadata });
    const [partition] = topics[0]!.partitions;
    expect(partition).toMatchObject({ errorCode: NONE, leaderId: 1, currentVoters: [{ replicaId: 1 }] });
    expect(partition?.currentVoters[0]?.logEndOffset).toBe(partition?.highWatermark);
    expect(nodes).toEqual([{ nodeId: 1, listeners: [{ name: 'PLAINTEXT', host: 'broker.example', port: 9092 }] }]);
  });

  test('knows no other partition', async () => {
    const { call } = await worldWithTopic();
    const asked = [{ topicName: 'a', partitions: [{ partitionIndex: 0 }, { partitionIndex: 1 }] }];
    const { topics, errorCode: code } = await call(describeQuorumApi, 1, { topics: asked });
    expect(code).toBe(NONE);
    expect(topics[0]?.partitions.map((partition) => partition.errorCode)).toEqual([3, 3]);
  });
});

describe('UpdateFeatures', () => {
  const updates = (maxVersionLevel: number) => [{ feature: 'eligible.leader.replicas.version', maxVersionLevel }];

  test('tells each success up to v1, and none from v2 on', async () => {
    const { call, features } = await worldWithTopic();
    const up = updates(1).map((one) => ({ ...one, upgradeType: 1 }));
    const old = await call(updateFeaturesApi, 1, { featureUpdates: up, timeoutMs: 1 });
    expect(old).toMatchObject({ errorCode: NONE, results: [{ errorCode: NONE }] });
    const down = updates(0).map((one) => ({ ...one, upgradeType: 2 }));
    expect(await call(updateFeaturesApi, 2, { featureUpdates: down, timeoutMs: 1 })).toMatchObject({ results: [] });
    expect(features.level('eligible.leader.replicas.version')).toBe(0);
  });

  test('refuses all of them for one', async () => {
    const { call } = await worldWithTopic();
    const wrong = [{ feature: 'eligible.leader.replicas.version', maxVersionLevel: 9, allowDowngrade: true }];
    const response = await call(updateFeaturesApi, 0, { featureUpdates: wrong, timeoutMs: 1 });
    expect(response).toMatchObject({ errorCode: errorCode.INVALID_UPDATE_VERSION, results: [] });
  });
});

test('who has no rights on the cluster gets nothing of all this', async () => {
  const { call } = await worldWithTopic(nobodyMay);
  const elected = await call(electLeadersApi, 2, {
    electionType: 0,
    topicPartitions: [{ topic: 'a', partitions: [0] }],
    timeoutMs: 1,
  });
  expect(elected.replicaElectionResults[0]?.partitionResult[0]?.errorCode).toBe(CLUSTER_AUTHORIZATION_FAILED);
  const codes = [
    elected,
    await call(alterPartitionReassignmentsApi, 0, { topics: [], timeoutMs: 1 }),
    await call(listPartitionReassignmentsApi, 0, { topics: null, timeoutMs: 1 }),
    await call(describeQuorumApi, 2, { topics: [] }),
    await call(updateFeaturesApi, 2, { featureUpdates: [], timeoutMs: 1 }),
  ].map((response) => response.errorCode);
  expect(codes).toEqual(codes.map(() => CLUSTER_AUTHORIZATION_FAILED));
  const moved = await call(alterReplicaLogDirsApi, 2, {
    dirs: [{ path: '/data', topics: [{ name: 'a', partitions: [0] }] }],
  });
  expect(moved.results[0]?.partitions[0]?.errorCode).toBe(CLUSTER_AUTHORIZATION_FAILED);
});
