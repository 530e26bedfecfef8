import { describe, expect, test } from 'vitest';
import { errorCode } from '../../../../protocol/errors.ts';
import { describeTopicPartitionsApi } from '../../../../protocol/messages/index.ts';
import { describeTopicPartitionsHandler } from '../../../../src/kafka/handlers/75-describe-topic-partitions.ts';
import type { Authorizer } from '../../../../src/security/authorizer.ts';
import { callerOf } from '../call.ts';
import { logOf, openTopicWorld } from './topic-world.ts';

interface Cursor {
  topicName: string;
  partitionIndex: number;
}

async function ask(names: string[], responsePartitionLimit = 2000, cursor: Cursor | null = null) {
  const { call, catalog } = await openTopicWorld();
  for (const [name, partitions] of [
    ['m3', 1],
    ['m1', 3],
    ['m2', 1],
  ] as const) {
    await catalog.create({ name, partitions, configs: [] });
  }
  const topics = names.map((name) => ({ name }));
  const response = await call(describeTopicPartitionsApi, 0, { topics, responsePartitionLimit, cursor });
  const shown = response.topics.map((topic) => [topic.name, topic.partitions.map((part) => part.partitionIndex)]);
  return { shown, next: response.nextCursor, topics: response.topics };
}

const at = (topicName: string, partitionIndex: number): Cursor => ({ topicName, partitionIndex });

describe('DescribeTopicPartitions', () => {
  test('describes topics sorted by name, each once', async () => {
    const { topics, next } = await ask(['m1', 'nope', 'a b', 'm1']);
    expect(topics.map(({ name, errorCode: code }) => [name, code])).toEqual([
      ['a b', errorCode.INVALID_TOPIC_EXCEPTION],
      ['m1', 0],
      ['nope', errorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ]);
    expect(topics[1]).toMatchObject({ topicAuthorizedOperations: 3576, isInternal: false });
    expect(topics[1]?.partitions[0]).toEqual({
      errorCode: 0,
      partitionIndex: 0,
      leaderId: 1,
      leaderEpoch: 4,
      replicaNodes: [1],
      isrNodes: [1],
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
      offlineReplicas: [],
    });
    expect(next).toBeNull();
  });

  test.each<[string, string[], number, Cursor | null, unknown, Cursor | null]>([
    ['within a topic', ['m1', 'm2', 'm3'], 2, null, [['m1', [0, 1]]], at('m1', 2)],
    ['between topics', ['m1', 'm2', 'm3'], 3, null, [['m1', [0, 1, 2]]], at('m2', 0)],
    ['of at least one partition', ['m1', 'm2'], 0, null, [['m1', [0]]], at('m1', 1)],
    [
      'from a cursor',
      ['m1', 'm2', 'm3'],
      2,
      at('m1', 2),
      [
        ['m1', [2]],
        ['m2', [0]],
      ],
      at('m3', 0),
    ],
    [
      'of all topics',
      [],
      4,
      at('m2', 0),
      [
        ['m2', [0]],
        ['m3', [0]],
      ],
      null,
    ],
    ['of all topics from one that is gone', [], 4, at('m2x', 7), [['m3', [0]]], null],
    ['that ends exactly', ['m2'], 1, null, [['m2', [0]]], null],
    [
      'behind the last partition',
      ['m1', 'm2'],
      5,
      at('m1', 9),
      [
        ['m1', []],
        ['m2', [0]],
      ],
      null,
    ],
  ])('gives a page %s', async (_, names, limit, cursor, shown, next) => {
    const page = await ask(names, limit, cursor);
    expect(page.shown).toEqual(shown);
    expect(page.next).toEqual(next);
  });

  test.each([
    ['of a topic that was not asked for', ['m1', 'm3'], at('m2', 0)],
    ['before the first partition', ['m1'], at('m1', -1)],
  ])('refuses a cursor %s', async (_, names, cursor) => {
    const { topics, next } = await ask(names, 2000, cursor);
    expect(topics.map(({ errorCode: code }) => code)).toEqual(names.map(() => errorCode.INVALID_REQUEST));
    expect(next).toBeNull();
  });

  test('answers a request of very many names without a stop', { timeout: 10_000 }, async () => {
    const world = await openTopicWorld();
    const handler = describeTopicPartitionsHandler({ catalog: world.catalog, log: logOf(world), nodeId: 1 });
    const authorize: Authorizer['authorize'] = (_requester, _operation, _type, name) => name.startsWith('a');
    const call = callerOf([handler], { authorize, authorizeAny: () => true });
    const topics = Array.from({ length: 120_000 }, (_, at) => ({ name: `${at % 2 === 0 ? 'a' : 'b'}${at}` }));
    const answer = await call(describeTopicPartitionsApi, 0, { topics, responsePartitionLimit: 1, cursor: null });
    const refused = answer.topics.filter(({ errorCode: code }) => code === errorCode.TOPIC_AUTHORIZATION_FAILED);
    expect([answer.topics.length, refused.length]).toEqual([120_000, 60_000]);
  });
});
