import { describe, expect, test } from 'vitest';
import { errorCode } from '../../../../protocol/errors.ts';
import { createPartitionsApi } from '../../../../protocol/messages/index.ts';
import { openTopicWorld } from './topic-world.ts';

async function grow(
  topics: { name: string; count: number; assignments: { brokerIds: number[] }[] | null }[],
  validateOnly = false,
) {
  const world = await openTopicWorld();
  await world.catalog.create({ name: 'a', partitions: 2, configs: [] });
  const { results } = await world.call(createPartitionsApi, 3, { topics, timeoutMs: 1000, validateOnly });
  return { results, codes: results.map((result) => result.errorCode), ...world };
}

const to = (count: number, assignments: number[][] | null = null) => ({
  name: 'a',
  count,
  assignments: assignments === null ? null : assignments.map((brokerIds) => ({ brokerIds })),
});

describe('CreatePartitions', () => {
  test('the topic has the partitions asked for', async () => {
    const { codes, catalog, log } = await grow([to(5)]);
    expect(codes).toEqual([0]);
    expect(catalog.byName('a')?.partitions).toBe(5);
    expect(log.calls.at(-1)).toBe('partitions 5');
  });

  test('validateOnly changes nothing', async () => {
    const { codes, catalog } = await grow([to(5)], true);
    expect(codes).toEqual([0]);
    expect(catalog.byName('a')?.partitions).toBe(2);
  });

  test.each([
    ['as many as there are', to(2), errorCode.INVALID_PARTITIONS],
    ['fewer', to(1), errorCode.INVALID_PARTITIONS],
    ['a negative number', to(-5), errorCode.INVALID_PARTITIONS],
    ['partitions of no topic', { ...to(5), name: 'nope' }, errorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['partitions on this broker', to(4, [[1], [1]]), 0],
    ['too few assignments', to(4, [[1]]), errorCode.INVALID_REPLICA_ASSIGNMENT],
    ['another broker', to(3, [[7]]), errorCode.INVALID_REPLICA_ASSIGNMENT],
    ['no replicas', to(3, [[]]), errorCode.INVALID_REPLICA_ASSIGNMENT],
    ['more than 10,000', to(10_003), errorCode.POLICY_VIOLATION],
  ])('asked for %s', async (_, topic, code) => {
    expect((await grow([topic])).codes).toEqual([code]);
  });

  test('a topic named twice is refused once', async () => {
    const { results, catalog } = await grow([to(3), to(4)]);
    expect(results).toEqual([{ name: 'a', errorCode: 42, errorMessage: 'Duplicate topic name.' }]);
    expect(catalog.byName('a')?.partitions).toBe(2);
  });
});
