import {
  alterPartitionReassignmentsApi,
  alterReplicaLogDirsApi,
  createAclsApi,
  deleteAclsApi,
  describeAclsApi,
  describeClusterApi,
  describeLogDirsApi,
  describeQuorumApi,
  electLeadersApi,
  listConfigResourcesApi,
  listPartitionReassignmentsApi,
  updateFeaturesApi,
} from '../../protocol/messages/index.ts';
import { casesOf, type Grant, type RightsCase } from './case.ts';

const rightsTo = (operation: string): Readonly<Record<string, readonly Grant[]>> => ({
  'no rights': [],
  [`${operation} on the cluster`]: [`allow ${operation} cluster kafka-cluster`],
  [`all but ${operation}`]: ['allow all cluster kafka-cluster', `deny ${operation} cluster kafka-cluster`],
});

const none = (): Readonly<Record<string, readonly Grant[]>> => ({
  'no rights': [],
  'everything else': ['allow all topic *'],
});

const acl = {
  resourceType: 2,
  resourceName: 'nowhere',
  resourcePatternType: 3,
  principal: 'User:nobody',
  host: '*',
  operation: 3,
  permissionType: 3,
};
const filter = {
  resourceTypeFilter: 2,
  resourceNameFilter: 'nowhere',
  patternTypeFilter: 3,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};
/** What makes an ACL that cannot be, or can although it does not look so. */
const CHANGES = [
  { resourceType: 1 },
  { resourceType: 99 },
  { resourcePatternType: 1 },
  { resourcePatternType: 2 },
  { resourcePatternType: 99 },
  { operation: 0 },
  { operation: 1 },
  { operation: 99 },
  { operation: 15 },
  { permissionType: 1 },
  { permissionType: 99 },
  { resourceName: '' },
  { resourceType: 4 },
  { principal: 'nobody' },
  { principal: '' },
  { principal: ':' },
  { principal: 'User:' },
  { host: '' },
  { host: 'no host' },
];

function aclCases(): RightsCase[] {
  const wrongFilters = [
    { operation: 99 },
    { resourceTypeFilter: 99 },
    { patternTypeFilter: 99 },
    { permissionType: 99 },
  ];
  return [
    ...casesOf(describeAclsApi, 3, () => filter, rightsTo('describe')),
    ...casesOf(describeAclsApi, 3, () => ({ ...filter, operation: 99 }), {
      'an operation that nobody knows': ['allow describe cluster kafka-cluster'],
    }),
    ...casesOf(createAclsApi, 3, () => ({ creations: [acl, acl] }), rightsTo('alter')),
    ...CHANGES.flatMap((change) =>
      casesOf(createAclsApi, 3, () => ({ creations: [acl, { ...acl, ...change }] }), {
        [JSON.stringify(change)]: ['allow alter cluster kafka-cluster'],
      }),
    ),
    ...casesOf(deleteAclsApi, 3, () => ({ filters: [filter] }), rightsTo('alter')),
    ...casesOf(deleteAclsApi, 3, () => ({ filters: wrongFilters.map((change) => ({ ...filter, ...change })) }), {
      'numbers that nobody knows': ['allow alter cluster kafka-cluster'],
    }),
  ];
}

/** The cluster and its ACLs. */
export function clusterCases(): RightsCase[] {
  const partitions = [{ partitionIndex: 0, replicas: [1] }];
  return [
    ...casesOf(describeClusterApi, 1, () => ({ includeClusterAuthorizedOperations: true, endpointType: 1 }), {
      ...rightsTo('describe'),
      ALTER: ['allow alter cluster kafka-cluster'],
    }),
    ...casesOf(describeLogDirsApi, 4, () => ({ topics: [{ topic: 't', partitions: [0] }] }), rightsTo('describe')),
    ...casesOf(
      alterReplicaLogDirsApi,
      2,
      () => ({ dirs: [{ path: '/nowhere', topics: [{ name: 't', partitions: [0] }] }] }),
      none(),
    ),
    ...casesOf(
      electLeadersApi,
      2,
      () => ({ electionType: 0, topicPartitions: [{ topic: 't', partitions: [0] }], timeoutMs: 1000 }),
      rightsTo('alter'),
    ),
    ...casesOf(
      alterPartitionReassignmentsApi,
      0,
      () => ({ timeoutMs: 1000, topics: [{ name: 't', partitions }] }),
      none(),
    ),
    ...casesOf(listPartitionReassignmentsApi, 0, () => ({ timeoutMs: 1000, topics: null }), rightsTo('describe')),
    ...casesOf(
      describeQuorumApi,
      2,
      () => ({ topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }),
      none(),
    ),
    ...casesOf(
      updateFeaturesApi,
      1,
      () => ({
        timeoutMs: 1000,
        featureUpdates: [{ feature: 'no.such', maxVersionLevel: 1, upgradeType: 1 }],
        validateOnly: true,
      }),
      none(),
    ),
    ...casesOf(listConfigResourcesApi, 1, () => ({ resourceTypes: [2] }), {
      'no rights': [],
      DESCRIBE: ['allow describe cluster kafka-cluster'],
      DESCRIBE_CONFIGS: ['allow describe-configs cluster kafka-cluster'],
    }),
    ...aclCases(),
  ];
}
