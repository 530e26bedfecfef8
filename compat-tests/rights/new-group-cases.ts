import {
  alterShareGroupOffsetsApi,
  consumerGroupDescribeApi,
  consumerGroupHeartbeatApi,
  deleteShareGroupOffsetsApi,
  describeShareGroupOffsetsApi,
  findCoordinatorApi,
  shareAcknowledgeApi,
  shareFetchApi,
  shareGroupDescribeApi,
  shareGroupHeartbeatApi,
  streamsGroupDescribeApi,
  streamsGroupHeartbeatApi,
} from '../../protocol/messages/index.ts';
import { casesOf, type RightsCase } from './case.ts';

/** A member that no group has: who may go on is told that it is unknown. */
const MEMBER = 'bm9uZW5vbmVub25lbm9uZQ';

const SUBSCRIBE = {
  'no rights': [],
  'the group only': ['allow read group kg'],
  'the group and one of two topics': ['allow read group kg', 'allow describe topic t'],
  'topics only': ['allow read topic *'],
};
const SEE = {
  'no rights': [],
  DESCRIBE: ['allow describe group *'],
  READ: ['allow read group kg'],
};

function consumerCases(): RightsCase[] {
  const beat = (memberEpoch: number) => () => ({
    groupId: 'kg',
    memberId: MEMBER,
    memberEpoch,
    rebalanceTimeoutMs: 10_000,
    subscribedTopicNames: ['t', 'u'],
  });
  return [
    ...casesOf(consumerGroupHeartbeatApi, 1, beat(7), SUBSCRIBE),
    ...casesOf(consumerGroupDescribeApi, 1, () => ({ groupIds: ['kg'], includeAuthorizedOperations: true }), SEE),
  ];
}

function shareCases(): RightsCase[] {
  const topics = ['t', 'u'].map((topicName) => ({ topicName, partitions: [0] }));
  const one = { groupId: 'kg', memberId: MEMBER, shareSessionEpoch: 0 };
  const limits = { maxWaitMs: 0, minBytes: 0, maxRecords: 1, batchSize: 1, forgottenTopicsData: [] };
  return [
    ...casesOf(
      shareGroupHeartbeatApi,
      1,
      () => ({ groupId: 'kg', memberId: MEMBER, memberEpoch: 7, subscribedTopicNames: ['t', 'u'] }),
      SUBSCRIBE,
    ),
    ...casesOf(
      findCoordinatorApi,
      6,
      () => ({ keyType: 2, coordinatorKeys: [`kg:${MEMBER}:0`, 'no key'] }),
      { 'no rights': [], 'DESCRIBE on the group': ['allow describe group kg'] },
      ' of a share partition',
    ),
    ...casesOf(shareGroupDescribeApi, 1, () => ({ groupIds: ['kg'], includeAuthorizedOperations: true }), SEE),
    ...casesOf(shareFetchApi, 1, () => ({ ...one, ...limits, topics: [] }), {
      'no rights': [],
      'topics only': ['allow read topic *'],
    }),
    ...casesOf(shareAcknowledgeApi, 1, () => ({ ...one, shareSessionEpoch: 1, topics: [] }), {
      'no rights': [],
      'topics only': ['allow read topic *'],
    }),
    ...casesOf(describeShareGroupOffsetsApi, 0, () => ({ groups: [{ groupId: 'kg', topics }] }), {
      'no rights': [],
      'topics only': ['allow describe topic *'],
    }),
    ...casesOf(
      alterShareGroupOffsetsApi,
      0,
      () => ({ groupId: 'kg', topics: [{ topicName: 't', partitions: [{ partitionIndex: 0, startOffset: 0 }] }] }),
      { 'no rights': [], 'topics only': ['allow read topic *'], 'DESCRIBE on the group': ['allow describe group *'] },
    ),
    ...casesOf(deleteShareGroupOffsetsApi, 0, () => ({ groupId: 'kg', topics: [{ topicName: 't' }] }), {
      'no rights': [],
      'READ on the group': ['allow read group *', 'allow read topic *'],
    }),
  ];
}

/** A topology that reads `t` and keeps what `u` says. */
const SUBTOPOLOGY = {
  subtopologyId: '0',
  sourceTopics: ['t', 'u'],
  sourceTopicRegex: [],
  stateChangelogTopics: [],
  repartitionSinkTopics: [],
  repartitionSourceTopics: [],
  copartitionGroups: [],
};

function streamsCases(): RightsCase[] {
  const beat = {
    groupId: 'kg',
    memberId: MEMBER,
    memberEpoch: 7,
    endpointInformationEpoch: 0,
    rebalanceTimeoutMs: 10_000,
  };
  const topology = { epoch: 0, subtopologies: [SUBTOPOLOGY] };
  return [
    ...casesOf(streamsGroupHeartbeatApi, 0, () => ({ ...beat, topology }), SUBSCRIBE),
    ...casesOf(streamsGroupDescribeApi, 0, () => ({ groupIds: ['kg'], includeAuthorizedOperations: true }), SEE),
  ];
}

/** Groups of the new protocols. */
export function newGroupCases(): RightsCase[] {
  return [...consumerCases(), ...shareCases(), ...streamsCases()];
}
