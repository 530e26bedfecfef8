import { describe, expect, test } from 'vitest';
import { errorCode } from '../../../../protocol/errors.ts';
import { createTopicsApi } from '../../../../protocol/messages/index.ts';
import type { RequestInputOf } from '../../../../protocol/schema/index.ts';
import { topicConfigs } from '../../../../src/log/topic-configs.ts';
import { openTopicWorld } from './topic-world.ts';

type Wanted = RequestInputOf<typeof createTopicsApi>['topics'][number];

const wanted = (name: string, more: Partial<Wanted> = {}): Wanted => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...more,
});

const manual = (...replicas: number[][]): Partial<Wanted> => ({
  numPartitions: -1,
  replicationFactor: -1,
  assignments: replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
});

async function create(topics: Wanted[], version = 7, validateOnly = false) {
  const world = await openTopicWorld();
  const { topics: results } = await world.call(createTopicsApi, version, { topics, timeoutMs: 1000, validateOnly });
  return { results, codes: results.map((result) => result.errorCode), ...world };
}

describe('CreateTopics', () => {
  test('answers with the id, the partitions and all configs of what it created', async () => {
    const { results, catalog } = await create([
      wanted('a', { numPartitions: -1, replicationFactor: -1, configs: [{ name: 'retention.ms', value: ' 5 ' }] }),
    ]);
    const [result] = results;
    expect(result).toMatchObject({
      name: 'a',
      errorCode: 0,
      errorMessage: null,
      numPartitions: 2,
      replicationFactor: 1,
    });
    expect(result?.topicId).toBe(catalog.byName('a')?.topicId);
    expect(result?.configs).toHaveLength(topicConfigs.length);
    expect(result?.configs?.find(({ name }) => name === 'retention.ms')).toEqual({
      name: 'retention.ms',
      value: '5',
      readOnly: false,
      configSource: 1,
      isSensitive: false,
    });
  });

  test.each([2, 3, 4])('version %i has no room for the details', async (version) => {
    const { results, catalog } = await create([wanted('a', { numPartitions: -1 })], version);
    expect(results).toMatchObject([{ name: 'a', errorCode: 0, numPartitions: -1, configs: [] }]);
    expect(catalog.byName('a')?.partitions).toBe(2);
  });

  test('validateOnly answers the same and creates nothing', async () => {
    const { codes, catalog, log } = await create([wanted('a'), wanted('b', { numPartitions: 0 })], 7, true);
    expect(codes).toEqual([0, errorCode.INVALID_PARTITIONS]);
    expect(catalog.all()).toEqual([]);
    expect(log.calls).toEqual([]);
  });

  test('each topic is created or refused for itself, in the order of the request', async () => {
    const { results, catalog } = await create([wanted('bad name'), wanted('good'), wanted('twice'), wanted('twice')]);
    expect(results.map(({ name, errorCode: code }) => [name, code])).toEqual([
      ['bad name', errorCode.INVALID_TOPIC_EXCEPTION],
      ['good', 0],
      ['twice', errorCode.INVALID_REQUEST],
    ]);
    expect(results[0]).toMatchObject({ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', numPartitions: -1, replicationFactor: -1 });
    expect(catalog.all().map(({ name }) => name)).toEqual(['good']);
  });

  test.each<[string, Partial<Wanted>, number]>([
    ['no partitions', { numPartitions: 0 }, errorCode.INVALID_PARTITIONS],
    ['-2 partitions', { numPartitions: -2 }, errorCode.INVALID_PARTITIONS],
    ['replication factor 0', { replicationFactor: 0 }, errorCode.INVALID_REPLICATION_FACTOR],
    ['replication factor -2', { replicationFactor: -2 }, errorCode.INVALID_REPLICATION_FACTOR],
    ['replication factor 4', { replicationFactor: 4 }, errorCode.INVALID_REPLICATION_FACTOR],
    ['replication factor 3', { replicationFactor: 3 }, 0],
    ['an unknown config', { configs: [{ name: 'nope', value: '1' }] }, errorCode.INVALID_CONFIG],
    ['a config of null', { configs: [{ name: 'retention.ms', value: null }] }, errorCode.INVALID_CONFIG],
    ['a wrong value', { configs: [{ name: 'retention.ms', value: 'x' }] }, errorCode.INVALID_CONFIG],
    ['an assignment', manual([1], [1]), 0],
    ['an assignment and a count', { ...manual([1]), numPartitions: 1 }, errorCode.INVALID_REQUEST],
    ['an assignment and a factor', { ...manual([1]), replicationFactor: 1 }, errorCode.INVALID_REQUEST],
    ['an assignment to another broker', manual([9]), errorCode.INVALID_REPLICA_ASSIGNMENT],
    ['an assignment to nobody', manual([]), errorCode.INVALID_REPLICA_ASSIGNMENT],
    ['an assignment twice to one', manual([1, 1]), errorCode.INVALID_REPLICA_ASSIGNMENT],
    [
      'an assignment with a gap',
      { ...manual([1]), assignments: [{ partitionIndex: 1, brokerIds: [1] }] },
      errorCode.INVALID_REPLICA_ASSIGNMENT,
    ],
  ])('a topic with %s', async (_, more, code) => {
    expect((await create([wanted('a', more)])).codes).toEqual([code]);
  });

  test('a name that is there, or that Kafka keeps for itself, exists already', async () => {
    const { call } = await create([wanted('a')]);
    const again = await call(createTopicsApi, 7, { topics: [wanted('a'), wanted('__consumer_offsets')] });
    expect(again.topics.map((topic) => topic.errorCode)).toEqual([36, 36]);
  });

  test('a request for more than 10,000 partitions creates nothing', async () => {
    const { codes, catalog } = await create([wanted('a', { numPartitions: 9_999 }), wanted('b', { numPartitions: 2 })]);
    expect(codes).toEqual([errorCode.POLICY_VIOLATION, errorCode.POLICY_VIOLATION]);
    expect(catalog.all()).toEqual([]);
  });

  test('the number of partitions that the broker has for a topic counts as well', async () => {
    const topics = Array.from({ length: 5001 }, (_, at) => wanted(`t${at}`, { numPartitions: -1 }));
    const { codes, catalog } = await create(topics);
    expect(new Set(codes)).toEqual(new Set([errorCode.POLICY_VIOLATION]));
    expect(catalog.all()).toEqual([]);
  });
});
