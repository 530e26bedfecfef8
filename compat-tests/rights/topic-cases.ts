import {
  alterConfigsApi,
  createPartitionsApi,
  createTopicsApi,
  deleteTopicsApi,
  describeConfigsApi,
  describeTopicPartitionsApi,
  incrementalAlterConfigsApi,
  metadataApi,
} from '../../protocol/messages/index.ts';
import { casesOf, type Fixture, type Grant, type RightsCase } from './case.ts';

const NAMES = ['t', 'u', 'ghost'];
const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const [TOPIC, BROKER, LOGGER, METRICS, GROUP] = [2, 4, 8, 16, 32];

const SEE = {
  'no rights': [],
  'READ on a topic': ['allow read topic t'],
  'DESCRIBE on topics': ['allow describe topic *'],
  'everything but DESCRIBE': ['allow all topic *', 'deny describe topic u'],
};

function metadataCases(): RightsCase[] {
  const asked = { allowAutoTopicCreation: false, includeTopicAuthorizedOperations: true };
  const named = () => ({ ...asked, topics: NAMES.map((name) => ({ name, topicId: NO_ID })) });
  const byId = (fixture: Fixture) => ({
    ...asked,
    topics: NAMES.map((name) => ({ name: null, topicId: fixture.id(name) })),
  });
  const create = () => ({ topics: [{ name: 'born', topicId: NO_ID }], allowAutoTopicCreation: true });
  const cluster = () => ({ topics: [], allowAutoTopicCreation: false, includeClusterAuthorizedOperations: true });
  return [
    ...casesOf(metadataApi, 12, named, SEE),
    ...casesOf(metadataApi, 12, byId, SEE, ' by id'),
    ...casesOf(metadataApi, 12, () => ({ ...asked, topics: null }), {
      'all, no rights': [],
      'all, one topic': ['allow describe topic u'],
      'all, WRITE on one': ['allow write topic t'],
    }),
    ...casesOf(metadataApi, 12, create, {
      'creation, no rights': [],
      'creation, DESCRIBE only': ['allow describe topic *'],
      'creation, CREATE only': ['allow create topic *'],
    }),
    ...casesOf(metadataApi, 9, cluster, {
      'cluster, no rights': [],
      'cluster, ALTER': ['allow alter cluster kafka-cluster'],
      'cluster, CREATE': ['allow create cluster kafka-cluster'],
    }),
    ...casesOf(describeTopicPartitionsApi, 0, () => ({ topics: NAMES.map((name) => ({ name })) }), SEE),
    ...casesOf(describeTopicPartitionsApi, 0, () => ({ topics: [] }), {
      'all, no rights': [],
      'all, one topic': ['allow describe topic u'],
    }),
  ];
}

function configCases(): RightsCase[] {
  const resource = (resourceType: number, resourceName: string) => ({ resourceType, resourceName });
  const wanted = [
    resource(TOPIC, 't'),
    resource(TOPIC, 'ghost'),
    resource(BROKER, '1'),
    resource(LOGGER, '1'),
    resource(METRICS, 'm'),
    resource(GROUP, 'g'),
  ];
  const describe = wanted.map((one) => ({ ...one, configurationKeys: ['retention.ms', 'num.partitions'] }));
  const altered = wanted.filter(({ resourceType }) => resourceType !== LOGGER);
  const see = {
    'no rights': [],
    'DESCRIBE_CONFIGS on topics': ['allow describe-configs topic *'],
    'ALTER_CONFIGS on a topic': ['allow alter-configs topic t'],
    'DESCRIBE on all': ['allow describe topic *', 'allow describe group *', 'allow describe cluster kafka-cluster'],
  };
  const change = {
    'no rights': [],
    'ALTER_CONFIGS on a topic': ['allow alter-configs topic t'],
    'DESCRIBE_CONFIGS on all': ['allow describe-configs topic *', 'allow describe-configs cluster kafka-cluster'],
  };
  return [
    ...casesOf(describeConfigsApi, 4, () => ({ resources: describe }), see),
    ...casesOf(describeConfigsApi, 4, () => ({ resources: describe.slice(0, 3) }), {
      'the cluster': ['allow describe-configs cluster kafka-cluster'],
    }),
    ...casesOf(
      alterConfigsApi,
      2,
      () => ({ resources: altered.map((one) => ({ ...one, configs: [] })), validateOnly: true }),
      change,
    ),
    ...casesOf(
      incrementalAlterConfigsApi,
      1,
      () => ({
        resources: altered.map((one) => ({
          ...one,
          configs: [{ name: 'retention.ms', configOperation: 0, value: '100000' }],
        })),
        validateOnly: true,
      }),
      change,
    ),
  ];
}

function changeCases(): RightsCase[] {
  const wanted = (name: string) => ({
    name,
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  });
  const create = () => ({ topics: ['t', 'made'].map(wanted), timeoutMs: 5000, validateOnly: true });
  const grow = () => ({
    topics: NAMES.map((name) => ({ name, count: 5, assignments: null })),
    timeoutMs: 5000,
    validateOnly: true,
  });
  return [
    ...casesOf(createTopicsApi, 7, create, {
      'no rights': [],
      'CREATE on a name': ['allow create topic made'],
      'CREATE on the cluster': ['allow create cluster kafka-cluster'],
      'CREATE and DESCRIBE_CONFIGS': ['allow create topic made', 'allow describe-configs topic made'],
    }),
    ...casesOf(createPartitionsApi, 3, grow, {
      'no rights': [],
      'ALTER on a topic': ['allow alter topic t'],
      DESCRIBE: ['allow describe topic *'],
    }),
  ];
}

function deleteCases(): RightsCase[] {
  const byName = () => ({ topics: ['d', 'ghost'].map((name) => ({ name, topicId: NO_ID })), timeoutMs: 5000 });
  const byId = (fixture: Fixture) => ({
    topics: ['d', 'ghost'].map((name) => ({ name: null, topicId: fixture.id(name) })),
    timeoutMs: 5000,
  });
  const rights: Readonly<Record<string, readonly Grant[]>> = {
    'no rights': [],
    DESCRIBE: ['allow describe topic *'],
    'DELETE on others': ['allow delete topic x*'],
    'DELETE but no DESCRIBE': ['allow delete topic *', 'deny describe topic *'],
    'DELETE on the cluster': ['allow delete cluster kafka-cluster'],
    'DELETE on the topic': ['allow delete topic d'],
  };
  return [...casesOf(deleteTopicsApi, 6, byName, rights), ...casesOf(deleteTopicsApi, 6, byId, rights, ' by id')].map(
    (one) => ({
      ...one,
      topics: ['d'],
    }),
  );
}

/** Topics and configs. */
export function topicCases(): RightsCase[] {
  return [...metadataCases(), ...configCases(), ...changeCases(), ...deleteCases()];
}
