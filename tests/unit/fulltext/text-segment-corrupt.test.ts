import { expect, test } from 'vitest';
import { below, seededRandom } from '../../../src/base/random.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { CorruptTextSegment } from '../../../src/fulltext/bytes.ts';
import type { Query } from '../../../src/fulltext/query.ts';
import { LocalTextSearcher } from '../../../src/fulltext/searcher.ts';
import { SegmentCache } from '../../../src/fulltext/segment-cache.ts';
import { LivePartitions } from './oracle/live-partitions.ts';
import { liveIndex, openSegment, segmentOf } from './oracle/sealed.ts';

const values = Array.from({ length: 300 }, (_, i) => JSON.stringify({ level: 'INFO', text: `word${i} hello`, n: i }));

function search(objects: ReadonlyMap<string, Uint8Array>, query: Query, timeoutMs = 10_000, hangs = false) {
  const segments = [...objects].map(([objectKey, { length }], i) => {
    return {
      topicId: 't',
      partition: 0,
      baseOffset: 300 * i,
      lastOffset: 300 * i + 299,
      generation: 0,
      objectKey,
      position: 0,
      length,
    };
  });
  const read = (key: string) => (from: number, length: number) =>
    hangs && key === 'b'
      ? new Promise<Uint8Array>(() => undefined)
      : Promise.resolve(objects.get(key)!.subarray(from, from + length));
  const cache = new SegmentCache((key) => ({ read: read(key) }), 1e6);
  const searcher = new LocalTextSearcher(new LivePartitions(() => 1), cache, systemClock);
  const ranges = [{ topicId: 't', partition: 0, from: 0, to: 300 * objects.size }];
  return searcher.search({ query, ranges, segments, sort: [{ by: 'score', descending: true }], limit: 10, timeoutMs });
}

const hello: Query = { kind: 'match', fields: ['text'], text: 'hello', operator: 'or' };

test('a segment cut anywhere is refused, naming the object', async () => {
  const bytes = await segmentOf(liveIndex(values));
  for (let length = 0; length < bytes.length; length += 1 + (length % 61)) {
    await expect(openSegment(bytes.subarray(0, length))).rejects.toThrow(CorruptTextSegment);
    await expect(openSegment(bytes.subarray(0, length))).rejects.toThrow('the-object');
  }
});

test('a flipped bit anywhere is an error or is never looked at', async () => {
  const good = await segmentOf(liveIndex(values));
  const random = seededRandom(2);
  for (let round = 0; round < 300; round++) {
    const bytes = Uint8Array.from(good);
    bytes[below(random, bytes.length)]! ^= 1 << below(random, 8);
    const result = await search(new Map([['bad', bytes]]), hello);
    if (result.failures.length === 0) expect(result).toMatchObject({ total: 300, exact: true });
    else expect(result).toMatchObject({ total: 0, exact: false, failures: [{ objectKey: 'bad' }] });
  }
});

test('a segment that cannot be read leaves the others searched, and the total a lower bound', async () => {
  const first = await segmentOf(liveIndex(values));
  const second = Uint8Array.from(await segmentOf(liveIndex(values, 300)));
  second[second.length - 1]! ^= 1;
  const result = await search(
    new Map([
      ['a', first],
      ['b', second],
    ]),
    hello,
  );
  expect(result).toMatchObject({ total: 300, exact: false, timedOut: false, failures: [{ objectKey: 'b' }] });
  expect(result.failures[0]!.reason).toContain('is not a text segment');
});

test('a read that hangs ends with the time of the search', async () => {
  const first = await segmentOf(liveIndex(values));
  const second = await segmentOf(liveIndex(values, 300));
  const result = await search(
    new Map([
      ['a', first],
      ['b', second],
    ]),
    hello,
    50,
    true,
  );
  expect(result).toMatchObject({ exact: false, timedOut: true, failures: [] });
});

test('a query that cannot be run is refused as a whole', async () => {
  const objects = new Map([['a', await segmentOf(liveIndex(values))]]);
  const bad: Query = { kind: 'regexp', fields: [], value: '(' };
  await expect(search(objects, bad)).rejects.toMatchObject({ name: 'QueryRejected' });
});
