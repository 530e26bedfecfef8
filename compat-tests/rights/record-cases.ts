import {
  deleteRecordsApi,
  fetchApi,
  initProducerIdApi,
  listOffsetsApi,
  offsetForLeaderEpochApi,
  produceApi,
} from '../../protocol/messages/index.ts';
import { type BatchOptions, buildBatch } from '../../protocol/records/index.ts';
import { codecs } from '../../src/base/compression.ts';
import { crc32c } from '../../src/base/crc32c.ts';
import { casesOf, type Fixture, type RightsCase } from './case.ts';

/** One record, as a batch of a producer when one is given. */
export function oneRecord(producer: Partial<BatchOptions> = {}): Uint8Array {
  const encoder = new TextEncoder();
  const record = { timestamp: Date.now(), key: encoder.encode('k'), value: encoder.encode('v'), headers: [] };
  return buildBatch({ baseOffset: 0, ...producer }, [record], codecs, crc32c);
}

const TOPICS = ['t', 'u', 'ghost'];

const produce = (topicData: (fixture: Fixture) => object[]) => (fixture: Fixture) => ({
  acks: -1,
  timeoutMs: 1000,
  topicData: topicData(fixture),
});
const partitionData = () => [{ index: 0, records: oneRecord() }];
const byName = () => TOPICS.map((name) => ({ name, partitionData: partitionData() }));
const byId = (fixture: Fixture) =>
  TOPICS.map((name) => ({ topicId: fixture.id(name), partitionData: partitionData() }));

const fetchOf = (wanted: (fixture: Fixture) => object[]) => (fixture: Fixture) => ({
  maxWaitMs: 0,
  minBytes: 0,
  sessionEpoch: -1,
  topics: wanted(fixture).map((topic) => ({
    ...topic,
    partitions: [0, 7].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 1000 })),
  })),
  forgottenTopicsData: [],
  rackId: '',
});

const WRITE = {
  'no rights': [],
  'one topic': ['allow write topic t'],
  'a topic that is not there': ['allow write topic g*'],
  'DESCRIBE only': ['allow describe topic *'],
  'a denied prefix': ['allow write topic *', 'deny write topic t*'],
  'all denied, one allowed': ['allow write topic t', 'deny all topic *'],
};
const READ = {
  'no rights': [],
  'one topic': ['allow read topic t'],
  'all but one': ['allow read topic *', 'deny read topic u'],
  'DESCRIBE only': ['allow describe topic *'],
};
const offsets = () => ({
  replicaId: -1,
  isolationLevel: 0,
  topics: TOPICS.map((name) => ({ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] })),
  timeoutMs: 1000,
});
const idempotent = () => ({ transactionalId: null, transactionTimeoutMs: 1000 });
const transactional = () => ({ transactionalId: 'tx', transactionTimeoutMs: 1000 });

/** Records, offsets, producers. */
export function recordCases(): RightsCase[] {
  return [
    ...casesOf(produceApi, 9, produce(byName), WRITE),
    ...casesOf(produceApi, 13, produce(byId), WRITE),
    ...casesOf(
      fetchApi,
      12,
      fetchOf(() => TOPICS.map((topic) => ({ topic }))),
      READ,
    ),
    ...casesOf(
      fetchApi,
      16,
      fetchOf((fixture) => TOPICS.map((name) => ({ topicId: fixture.id(name) }))),
      READ,
    ),
    ...casesOf(listOffsetsApi, 7, offsets, {
      'no rights': [],
      'READ implies DESCRIBE': ['allow read topic t'],
      'DESCRIBE denied': ['allow read topic *', 'deny describe topic t'],
      'READ denied denies no DESCRIBE': ['allow describe topic *', 'deny read topic *'],
    }),
    ...casesOf(
      deleteRecordsApi,
      2,
      () => ({
        topics: TOPICS.map((name) => ({ name, partitions: [{ partitionIndex: 0, offset: 0 }] })),
        timeoutMs: 1000,
      }),
      { 'no rights': [], 'one topic': ['allow delete topic t'], 'ALTER only': ['allow alter topic *'] },
    ),
    ...casesOf(
      offsetForLeaderEpochApi,
      4,
      () => ({
        replicaId: -2,
        topics: TOPICS.map((topic) => ({ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] })),
      }),
      {
        'no rights': [],
        'one topic': ['allow describe topic t'],
        CLUSTER_ACTION: ['allow cluster-action cluster kafka-cluster'],
      },
    ),
    ...casesOf(initProducerIdApi, 4, idempotent, {
      'no rights': [],
      IDEMPOTENT_WRITE: ['allow idempotent-write cluster kafka-cluster'],
      'WRITE on one topic': ['allow write topic t'],
      'WRITE on a prefix': ['allow write topic x*'],
      'WRITE on a prefix that is denied': ['allow write topic xy*', 'deny write topic x*'],
      'WRITE on one topic, all denied': ['allow write topic t', 'deny write topic *'],
      'ALL on one topic': ['allow all topic t'],
      'READ on one topic': ['allow read topic t'],
    }),
    ...casesOf(initProducerIdApi, 4, transactional, {
      'transactional, no rights': [],
      'transactional, WRITE on the cluster only': ['allow idempotent-write cluster kafka-cluster'],
    }),
  ];
}
