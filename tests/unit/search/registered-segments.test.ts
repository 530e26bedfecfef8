import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMetadata } from '../../../src/metadata/open.ts';
import { textSegmentRegistry } from '../../../src/metadata/registry.ts';
import { createTopic } from '../../../src/metadata/topics.ts';
import type { SqlEngine } from '../../../src/metadata/types.ts';
import { registeredSegments } from '../../../src/search/registered-segments.ts';

const TOPICS = Array.from({ length: 30 }, (_, index) => `topic-${index}`);
let sql: SqlEngine;

beforeAll(async () => {
  sql = await openMetadata('memory:');
  const registry = textSegmentRegistry(sql);
  for (const topicId of TOPICS) {
    await sql.transaction(createTopic({ topicId, name: topicId, partitions: 1, created: 1 }, []));
    const row = { topicId, partition: 0, generation: 0, objectKey: 'k', position: 0, length: 9, documents: 10 };
    const times = { minTimestamp: 0, maxTimestamp: 9, created: 1 };
    await sql.transaction(
      [0, 10, 20].map((baseOffset) => registry.insert({ ...row, ...times, baseOffset, lastOffset: baseOffset + 9 })),
    );
  }
});
afterAll(() => sql.close());

test.each([0, 1, 3, 20, 30])('the segments of %i topics are all there, and no others', async (count) => {
  const wanted = TOPICS.slice(0, count);
  const found = await registeredSegments(textSegmentRegistry(sql)).textSegments(wanted);
  expect(found.map(({ topicId, baseOffset }) => `${topicId}/${baseOffset}`).sort()).toEqual(
    wanted.flatMap((topicId) => [0, 10, 20].map((baseOffset) => `${topicId}/${baseOffset}`)).sort(),
  );
});

test('a new segment is seen by the next call', async () => {
  const registry = textSegmentRegistry(sql);
  const source = registeredSegments(registry);
  expect(await source.textSegments(['topic-0'])).toHaveLength(3);
  const [row] = await source.textSegments(['topic-0']);
  await sql.transaction([registry.insert({ ...row!, baseOffset: 30, lastOffset: 39 })]);
  expect(await source.textSegments(['topic-0'])).toHaveLength(4);
});
