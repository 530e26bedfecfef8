import { describe, expect, test } from 'vitest';
import { errorCode } from '../../../../protocol/errors.ts';
import { deleteTopicsApi } from '../../../../protocol/messages/index.ts';
import { openTopicWorld } from './topic-world.ts';

const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const OTHER_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

async function worldWith(...names: string[]) {
  const world = await openTopicWorld();
  for (const name of names) await world.catalog.create({ name, partitions: 1, configs: [] });
  const idOf = (name: string): string => world.catalog.byName(name)!.topicId;
  return { ...world, idOf };
}

describe('DeleteTopics', () => {
  test.each([1, 3, 5])('version %i deletes by name', async (version) => {
    const { call, catalog } = await worldWith('a', 'b');
    const { responses } = await call(deleteTopicsApi, version, { topicNames: ['a', 'nope'], timeoutMs: 1000 });
    expect(responses.map((result) => [result.name, result.errorCode])).toEqual([
      ['a', 0],
      ['nope', errorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ]);
    expect(catalog.all().map(({ name }) => name)).toEqual(['b']);
  });

  test('version 6 deletes by name or id, each for itself', async () => {
    const { call, catalog, idOf } = await worldWith('a', 'b', 'c', 'd');
    const [b, c] = [idOf('b'), idOf('c')];
    const { responses } = await call(deleteTopicsApi, 6, {
      topics: [
        { name: 'a', topicId: NO_ID },
        { name: null, topicId: b },
        { name: null, topicId: OTHER_ID },
        { name: 'c', topicId: c },
        { name: null, topicId: NO_ID },
        { name: 'd', topicId: NO_ID },
        { name: 'd', topicId: NO_ID },
      ],
      timeoutMs: 1000,
    });
    expect(responses.map((result) => [result.name, result.errorCode])).toEqual([
      ['a', 0],
      ['b', 0],
      [null, errorCode.UNKNOWN_TOPIC_ID],
      ['c', errorCode.INVALID_REQUEST],
      [null, errorCode.INVALID_REQUEST],
      ['d', errorCode.INVALID_REQUEST],
    ]);
    expect(responses[1]?.topicId).toBe(b);
    expect(catalog.all().map(({ name }) => name)).toEqual(['c', 'd']);
  });

  test.each([
    [1, errorCode.INVALID_REQUEST],
    [5, errorCode.TOPIC_DELETION_DISABLED],
  ])('with delete.topic.enable=false version %i answers %i', async (version, code) => {
    const { call, catalog } = await openTopicWorld({ deleteEnabled: false });
    await catalog.create({ name: 'a', partitions: 1, configs: [] });
    const { responses } = await call(deleteTopicsApi, version, { topicNames: ['a'], timeoutMs: 1000 });
    expect(responses.map((result) => result.errorCode)).toEqual([code]);
    expect(catalog.byName('a')).toBeDefined();
  });
});
