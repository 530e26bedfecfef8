import {
  deleteGroupsApi,
  describeGroupsApi,
  findCoordinatorApi,
  heartbeatApi,
  joinGroupApi,
  leaveGroupApi,
  listGroupsApi,
  offsetCommitApi,
  offsetDeleteApi,
  offsetFetchApi,
  syncGroupApi,
} from '../../protocol/messages/index.ts';
import { casesOf, type Fixture, type RightsCase } from './case.ts';

const TOPICS = ['t', 'u', 'ghost'];
const NONE = new Uint8Array(0);

const commit = (wanted: (fixture: Fixture) => object[]) => (fixture: Fixture) => ({
  groupId: 'g',
  memberId: '',
  topics: wanted(fixture).map((topic) => ({
    ...topic,
    partitions: [0, 7].map((partitionIndex) => ({ partitionIndex, committedOffset: 1, committedMetadata: '' })),
  })),
});
const names = () => TOPICS.map((name) => ({ name }));
const ids = (fixture: Fixture) => TOPICS.map((name) => ({ topicId: fixture.id(name) }));

const COMMIT = {
  'no rights': [],
  'the group only': ['allow read group g'],
  'the group and a topic': ['allow read group g', 'allow read topic t'],
  'topics only': ['allow read topic *'],
  'DESCRIBE on both': ['allow describe group g', 'allow describe topic *'],
};
const SEE = {
  'no rights': [],
  'the group only': ['allow describe group g'],
  'READ on the group, DESCRIBE on a topic': ['allow read group g', 'allow describe topic t'],
  'both of everything': ['allow describe group *', 'allow describe topic *'],
};
const MEMBER = {
  'no rights': [],
  DESCRIBE: ['allow describe group g'],
  READ: ['allow read group g'],
  'READ on another group': ['allow read group gg*'],
};

function fetchCases(): RightsCase[] {
  const wanted = TOPICS.map((name) => ({ name, partitionIndexes: [0] }));
  const group = (topics: object[] | null) => () => ({ groups: [{ groupId: 'g', topics }], requireStable: false });
  return [
    ...casesOf(offsetFetchApi, 1, () => ({ groupId: 'g', topics: wanted }), SEE),
    ...casesOf(offsetFetchApi, 7, () => ({ groupId: 'g', topics: wanted, requireStable: false }), SEE),
    ...casesOf(offsetFetchApi, 8, group(wanted), SEE),
    ...casesOf(offsetFetchApi, 9, group(null), {
      'all, no rights': [],
      'all, one topic': ['allow describe group g', 'allow describe topic u'],
    }),
    ...casesOf(
      offsetFetchApi,
      10,
      (fixture) => ({
        groups: [
          { groupId: 'g', topics: TOPICS.map((name) => ({ topicId: fixture.id(name), partitionIndexes: [0] })) },
        ],
        requireStable: false,
      }),
      SEE,
    ),
  ];
}

function memberCases(): RightsCase[] {
  const protocols = [{ name: 'range', metadata: NONE }];
  const join = { groupId: 'g', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, memberId: 'no-member', protocols };
  const member = { groupId: 'g', generationId: 1, memberId: 'no-member' };
  const stranger = () => ({ ...member, assignments: [], protocolType: 'consumer', protocolName: 'range' });
  return [
    ...casesOf(joinGroupApi, 6, () => ({ ...join, protocolType: 'consumer' }), MEMBER),
    ...casesOf(joinGroupApi, 9, () => ({ ...join, protocolType: 'consumer' }), MEMBER),
    ...casesOf(syncGroupApi, 5, stranger, MEMBER),
    ...casesOf(heartbeatApi, 4, () => member, MEMBER),
    ...casesOf(leaveGroupApi, 2, () => ({ groupId: 'g', memberId: 'no-member' }), MEMBER),
    ...casesOf(leaveGroupApi, 5, () => ({ groupId: 'g', members: [{ memberId: 'no-member' }] }), MEMBER),
  ];
}

/** Groups, their members and offsets. */
export function groupCases(): RightsCase[] {
  const transactional = (key: string, keyType: number) => () => ({ keyType, coordinatorKeys: [key, `${key}2`] });
  const see = (includeAuthorizedOperations: boolean) => () => ({ groups: ['g', 'none'], includeAuthorizedOperations });
  return [
    ...casesOf(offsetCommitApi, 8, commit(names), COMMIT),
    ...casesOf(offsetCommitApi, 10, commit(ids), COMMIT),
    ...fetchCases(),
    ...memberCases(),
    ...casesOf(findCoordinatorApi, 3, () => ({ key: 'g', keyType: 0 }), {
      'no rights': [],
      'READ on the group': ['allow read group g'],
    }),
    ...casesOf(findCoordinatorApi, 4, transactional('g', 0), {
      'groups, no rights': [],
      'groups, one of two': ['allow describe group g'],
    }),
    ...casesOf(findCoordinatorApi, 4, transactional('x', 1), {
      'transactions, no rights': [],
      'transactions, one of two': ['allow describe transactional-id x'],
    }),
    ...casesOf(describeGroupsApi, 5, see(true), {
      'no rights': [],
      DESCRIBE: ['allow describe group *'],
      READ: ['allow read group g'],
      'everything but READ': ['allow all group *', 'deny read group *'],
    }),
    ...casesOf(describeGroupsApi, 6, see(false), { 'no rights': [], DESCRIBE: ['allow describe group *'] }),
    ...casesOf(listGroupsApi, 5, () => ({ statesFilter: [], typesFilter: [] }), {
      'no rights': [],
      'one group': ['allow describe group g'],
      'DESCRIBE on the cluster': ['allow describe cluster kafka-cluster'],
    }),
    ...casesOf(deleteGroupsApi, 2, () => ({ groupsNames: ['nog', 'noh'] }), {
      'no rights': [],
      'one of two': ['allow delete group nog'],
      DESCRIBE: ['allow describe group *'],
    }),
    ...casesOf(
      offsetDeleteApi,
      0,
      () => ({ groupId: 'nog', topics: TOPICS.map((name) => ({ name, partitions: [{ partitionIndex: 0 }] })) }),
      { 'no rights': [], 'the group only': ['allow delete group nog'] },
    ),
    ...casesOf(
      offsetDeleteApi,
      0,
      () => ({ groupId: 'g', topics: ['ghost', 'u'].map((name) => ({ name, partitions: [{ partitionIndex: 3 }] })) }),
      {
        'a group that is there, without topics': ['allow delete group g'],
        'a group that is there, with a topic': ['allow delete group g', 'allow read topic u'],
      },
    ),
  ];
}
