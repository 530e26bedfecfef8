import { describe, expect, test } from 'vitest';
import { errorCode } from '../../../../protocol/errors.ts';
import { metadataApi } from '../../../../protocol/messages/index.ts';
import { openTopicWorld } from './topic-world.ts';

const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const OTHER_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

async function worldWithTopics() {
  const world = await openTopicWorld();
  const a = await world.catalog.create({ name: 'a', partitions: 2, configs: [] });
  const b = await world.catalog.create({ name: 'b', partitions: 1, configs: [] });
  return { ...world, a, b };
}

const named = (...names: string[]) => names.map((name) => ({ name }));

describe('Metadata', () => {
  test('tells the broker, the cluster, and each partition with its leader', async () => {
    const { call, a } = await worldWithTopics();
    const response = await call(metadataApi, 13, { topics: named('a') });
    expect(response).toMatchObject({
      brokers: [{ nodeId: 1, host: 'broker.example', port: 9092, rack: 'r1' }],
      clusterId: 'test-cluster',
      controllerId: 1,
      errorCode: 0,
    });
    expect(response.topics).toEqual([
      {
        errorCode: 0,
        name: 'a',
        topicId: a.topicId,
        isInternal: false,
        partitions: [0, 1].map((partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          leaderId: 1,
          leaderEpoch: 4,
          replicaNodes: [1],
          isrNodes: [1],
          offlineReplicas: [],
        })),
        topicAuthorizedOperations: -(2 ** 31),
      },
    ]);
  });

  test.each([
    [0, [], ['a', 'b']],
    [1, [], []],
    [1, null, ['a', 'b']],
    [13, null, ['a', 'b']],
  ])('version %i with topics %j means %j', async (version, topics, names) => {
    const { call } = await worldWithTopics();
    const response = await call(metadataApi, version, { topics });
    expect(response.topics.map(({ name }) => name)).toEqual(names);
  });

  test('a name is answered once, an unknown or wrong one with its error', async () => {
    const { call } = await worldWithTopics();
    const request = { topics: named('nope', 'a', 'a b', 'a'), allowAutoTopicCreation: false };
    const { topics } = await call(metadataApi, 12, request);
    expect(topics.map(({ name, errorCode: code }) => [name, code])).toEqual([
      ['nope', errorCode.UNKNOWN_TOPIC_OR_PARTITION],
      ['a', 0],
      ['a b', errorCode.INVALID_TOPIC_EXCEPTION],
    ]);
  });

  test('from version 12 on topics are found by id, and then names do not count', async () => {
    const { call, b } = await worldWithTopics();
    const { topics } = await call(metadataApi, 12, {
      topics: [
        { topicId: OTHER_ID, name: null },
        { topicId: b.topicId, name: null },
        { topicId: NO_ID, name: 'a' },
      ],
    });
    expect(topics.map(({ name, topicId, errorCode: code }) => [name, topicId, code])).toEqual([
      [null, OTHER_ID, errorCode.UNKNOWN_TOPIC_ID],
      ['b', b.topicId, 0],
    ]);
  });

  test.each([10, 11])('version %i refuses ids', async (version) => {
    const { call, b } = await worldWithTopics();
    const response = await call(metadataApi, version, { topics: [{ topicId: b.topicId, name: null }] });
    expect(response.brokers).toEqual([]);
    expect(response.topics).toMatchObject([{ errorCode: errorCode.INVALID_REQUEST, topicId: b.topicId, name: '' }]);
  });

  test('authorized operations are told to who asks', async () => {
    const { call } = await worldWithTopics();
    const response = await call(metadataApi, 9, {
      topics: named('a'),
      includeTopicAuthorizedOperations: true,
      includeClusterAuthorizedOperations: true,
    });
    expect(response.topics[0]?.topicAuthorizedOperations).toBe(3576);
    expect(response.clusterAuthorizedOperations).toBe(8096);
  });
});

describe('auto-creation by Metadata', () => {
  const ask = { topics: named('new', 'bad name', '__consumer_offsets') };

  test.each([3, 13])('version %i creates a topic with the default partitions and tells it at once', async (version) => {
    const { call, catalog } = await openTopicWorld();
    const { topics } = await call(metadataApi, version, ask);
    expect(topics.map(({ name, errorCode: code, partitions }) => [name, code, partitions.length])).toEqual([
      ['new', 0, 2],
      ['bad name', errorCode.INVALID_TOPIC_EXCEPTION, 0],
      ['__consumer_offsets', errorCode.UNKNOWN_TOPIC_OR_PARTITION, 0],
    ]);
    expect(catalog.byName('new')?.partitions).toBe(2);
  });

  test('not when the client forbids it, not when the broker does', async () => {
    const forbidden = await openTopicWorld({ autoCreate: false });
    const unknown = [{ name: 'new', errorCode: errorCode.UNKNOWN_TOPIC_OR_PARTITION }];
    expect((await forbidden.call(metadataApi, 12, { topics: named('new') })).topics).toMatchObject(unknown);
    const allowed = await openTopicWorld();
    const request = { topics: named('new'), allowAutoTopicCreation: false };
    expect((await allowed.call(metadataApi, 12, request)).topics).toMatchObject(unknown);
    expect(allowed.catalog.all()).toEqual([]);
  });

  test('many clients that ask at once get the same topic', async () => {
    const { call, catalog } = await openTopicWorld();
    const answers = await Promise.all(Array.from({ length: 5 }, () => call(metadataApi, 12, { topics: named('new') })));
    const ids = new Set(answers.map(({ topics }) => topics[0]?.topicId));
    expect([...ids]).toEqual([catalog.byName('new')?.topicId]);
    expect(answers.every(({ topics }) => topics[0]?.errorCode === 0)).toBe(true);
  });

  test('a request for more topics than CreateTopics may create at once creates none', async () => {
    const { call, catalog } = await worldWithTopics();
    const many = named('a', ...Array.from({ length: 5001 }, (_, at) => `new-${at}`));
    const response = await call(metadataApi, 13, { topics: many, allowAutoTopicCreation: true });
    expect(new Set(response.topics.map((topic) => topic.errorCode))).toEqual(
      new Set([errorCode.NONE, errorCode.UNKNOWN_TOPIC_OR_PARTITION]),
    );
    expect(catalog.all().map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('of two colliding names in one request the first is created', async () => {
    const { call } = await openTopicWorld();
    const { topics } = await call(metadataApi, 12, { topics: named('a.b', 'a_b') });
    expect(topics.map(({ errorCode: code }) => code)).toEqual([0, errorCode.INVALID_TOPIC_EXCEPTION]);
  });
});
