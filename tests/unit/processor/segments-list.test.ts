import { expect, test } from 'vitest';
import { allSegments, listSegments } from '../../../src/processor/segments/listing.ts';
import { A, B, packFixture, sealSome } from './pack-fixture.ts';

test('segments are listed in pages, with ids that name topic, partition, offset and generation', async () => {
  const { wal, sql, start } = await packFixture();
  await sealSome(wal, 0);
  await sealSome(wal, 4);
  await start().sink.run(true);
  const first = await listSegments(sql, { kind: 'pack', limit: 4 });
  const second = await listSegments(sql, { kind: 'pack', limit: 4, after: first.next ?? '' });
  expect([...first.segments, ...second.segments].map((segment) => segment.id)).toEqual([
    'a-0-00000000000000000000-0',
    'a-0-00000000000000000004-0',
    'a-1-00000000000000000000-0',
    'a-1-00000000000000000004-0',
    'b-0-00000000000000000000-0',
    'b-0-00000000000000000004-0',
  ]);
  expect(second.next).toBeUndefined();
  expect(first.segments[1]).toMatchObject({ kind: 'pack', topic: 'a', topicId: A, lastOffset: 7, records: 4 });
});

test('a page that ends exactly at the last segment has no next one', async () => {
  const { wal, sql, start } = await packFixture();
  await sealSome(wal, 0);
  await start().sink.run(true);
  expect((await listSegments(sql, { kind: 'pack', limit: 3 })).next).toBeUndefined();
  expect((await listSegments(sql, { kind: 'pack', limit: 2 })).next).toBeDefined();
});

test('one topic, and the other kind, are listed alone', async () => {
  const { wal, sql, start } = await packFixture();
  await sealSome(wal, 0);
  await start().sink.run(true);
  const { segments } = await listSegments(sql, { kind: 'pack', limit: 10, topicId: B });
  expect(segments.map((segment) => segment.topic)).toEqual(['b']);
  expect(await listSegments(sql, { kind: 'text', limit: 10 })).toEqual({ segments: [] });
  const seen: string[] = [];
  for await (const segment of allSegments(sql, 'pack', { topicId: A })) seen.push(segment.topic);
  expect(seen).toEqual(['a', 'a']);
});

test.each(['', 'x', Buffer.from('[1,2]').toString('base64url'), Buffer.from('["a","b",0,0]').toString('base64url')])(
  "'%s' is no end of a page",
  async (after) => {
    const { sql } = await packFixture();
    await expect(listSegments(sql, { kind: 'pack', limit: 1, after })).rejects.toBeInstanceOf(RangeError);
  },
);
