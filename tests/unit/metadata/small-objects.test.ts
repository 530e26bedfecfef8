import { expect, test } from 'vitest';
import { sectionRegistry } from '../../../src/metadata/registry.ts';
import { smallObjects } from '../../../src/metadata/small-objects.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import { createTopic } from '../../../src/metadata/topics.ts';
import type { SectionRow } from '../../../src/metadata/types.ts';

const TOPIC = 'AAAAAAAAAAAAAAAAAAAAAQ';

function section(at: number, length: number): SectionRow {
  return {
    topicId: TOPIC,
    partition: 0,
    baseOffset: at,
    lastOffset: at,
    generation: 0,
    objectKey: `packs/${at}`,
    position: 0,
    length,
    records: 1,
    created: at,
    minTimestamp: 0,
    maxTimestamp: 0,
  };
}

test('small packs are found behind any number of older ones that are nearly large enough', async () => {
  const sql = openInlineSqlite(':memory:');
  const sections = sectionRegistry(sql);
  await sql.transaction(createTopic({ topicId: TOPIC, name: 'logs', partitions: 1, created: 1 }, []));
  const old = Array.from({ length: 2500 }, (_none, at) => section(at, 250));
  const fresh = Array.from({ length: 4 }, (_none, at) => section(10_000 + at, 10));
  await sql.transaction([...old, ...fresh].map((row) => sections.insert(row)));
  const found = await smallObjects(sql, [TOPIC], 256);
  expect(found.slice(0, 5).map(({ bytes }) => bytes)).toEqual([10, 10, 10, 10, 250]);
  await sql.close();
});
