import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { EXPIRES_FIELD, LiveIndex } from '../../../src/fulltext/live-index.ts';
import { LiveView } from '../../../src/fulltext/live-view.ts';
import type { Query, SortKey, TextSearch } from '../../../src/fulltext/query.ts';
import { LocalTextSearcher, type SealedSegment } from '../../../src/fulltext/searcher.ts';
import { SegmentCache } from '../../../src/fulltext/segment-cache.ts';
import { liveIndex, recordOf, segmentOf } from './oracle/sealed.ts';

const values = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `record ${from + i} ${(from + i) % 2 === 0 ? 'even' : 'odd'}`);

interface Setting {
  readonly live?: readonly LiveIndex[];
  readonly lately?: readonly SealedSegment[];
  readonly objects?: ReadonlyMap<string, Uint8Array>;
}

function searcherOf({ live = [], lately = [], objects = new Map() }: Setting): LocalTextSearcher {
  const indexes = {
    indexedUpTo: () => 0,
    sealedLately: () => lately,
    views: () =>
      live.map((index) => ({ from: index.baseOffset, to: index.endOffset, view: () => new LiveView(index) })),
  };
  const read = (key: string) => (from: number, length: number) =>
    Promise.resolve(objects.get(key)!.subarray(from, from + length));
  return new LocalTextSearcher(indexes, new SegmentCache((key) => ({ read: read(key) }), 1), systemClock);
}

const request = (query: Query, more: Partial<TextSearch>): TextSearch => ({
  query,
  ranges: [{ topicId: 't', partition: 0, from: 0, to: 100 }],
  segments: [],
  sort: [{ by: 'offset', descending: false }],
  limit: 1000,
  timeoutMs: 10_000,
  ...more,
});

async function sealed(from: number, to: number, objectKey: string): Promise<[SealedSegment, Uint8Array]> {
  const bytes = await segmentOf(liveIndex(values(from, to), from));
  return [
    {
      topicId: 't',
      partition: 0,
      baseOffset: from,
      lastOffset: to - 1,
      generation: 0,
      objectKey,
      position: 0,
      length: bytes.length,
    },
    bytes,
  ];
}

const all: Query = { kind: 'all' };

test('an offset that is sealed, sealed lately and in memory is found once', async () => {
  const [first, a] = await sealed(0, 60, 'a');
  const [second, b] = await sealed(50, 80, 'b');
  const searcher = searcherOf({
    live: [liveIndex(values(40, 100), 40)],
    lately: [second],
    objects: new Map([
      ['a', a],
      ['b', b],
    ]),
  });
  const result = await searcher.search(request(all, { segments: [first] }));
  expect(result).toMatchObject({ total: 100, exact: true, failures: [] });
  expect(result.hits.map(({ offset }) => offset)).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test('when a record expires is asked for by its name alone', async () => {
  const index = new LiveIndex(0, 0, 1);
  index.add(recordOf(0, '{"n":5000}'), 7000);
  index.add(recordOf(1, '{"m":3}'), 5000);
  const searcher = searcherOf({ live: [index] });
  const found = async (query: Query): Promise<number[]> =>
    (await searcher.search(request(query, {}))).hits.map(({ offset }) => offset);
  expect(await found({ kind: 'match', fields: [], text: '5000', operator: 'or' })).toEqual([0]);
  expect(await found({ kind: 'range', field: '*', gte: 4000 })).toEqual([0]);
  expect(await found({ kind: 'range', field: EXPIRES_FIELD, gte: 4000 })).toEqual([0, 1]);
});

test('a count over many segments has few of them in memory', async () => {
  const segments = await Promise.all(Array.from({ length: 100 }, (_, i) => sealed(i * 10, i * 10 + 10, `object-${i}`)));
  let most = 0;
  const cache = new SegmentCache(
    (key) => ({
      read(from, length) {
        most = Math.max(most, cache.bytes);
        const [, bytes] = segments[Number(key.slice('object-'.length))]!;
        return Promise.resolve(bytes.subarray(from, from + length));
      },
    }),
    1,
  );
  const searcher = new LocalTextSearcher(
    { indexedUpTo: () => 0, sealedLately: () => [], views: () => [] },
    cache,
    systemClock,
  );
  const ranges = [{ topicId: 't', partition: 0, from: 0, to: 1000 }];
  const wanted = { ranges, segments: segments.map(([segment]) => segment), limit: 0, sort: [] };
  expect(await searcher.search(request(all, wanted))).toMatchObject({ total: 1000, exact: true });
  const one = await new SegmentCache(
    () => ({ read: async (from, length) => segments[0]![1].subarray(from, from + length) }),
    1,
  ).get(segments[0]![0]);
  expect(most).toBeLessThan(40 * one.bytes.bytes);
});

test('offsets that are nowhere make the total a lower bound', async () => {
  const searcher = searcherOf({ live: [liveIndex(values(0, 40), 0), liveIndex(values(50, 100), 50)] });
  expect(await searcher.search(request(all, {}))).toMatchObject({ total: 90, exact: false });
  const visible = [{ topicId: 't', partition: 0, from: 60, to: 90 }];
  expect(await searcher.search(request(all, { ranges: visible }))).toMatchObject({ total: 30, exact: true });
});

test('nothing visible is exactly nothing', async () => {
  const visible = [{ topicId: 't', partition: 0, from: 7, to: 7 }];
  const result = await searcherOf({}).search(request(all, { ranges: visible }));
  expect(result).toMatchObject({ total: 0, exact: true, maxScore: null, hits: [] });
});

test.each<[string, SortKey[], number[]]>([
  ['the newest', [{ by: 'timestamp', descending: true }], [99, 98, 97]],
  ['the oldest', [{ by: 'timestamp', descending: false }], [0, 1, 2]],
  ['the last offsets', [{ by: 'offset', descending: true }], [99, 98, 97]],
  ['the first of equal scores', [{ by: 'score', descending: true }], [0, 1, 2]],
  [
    'equal scores by time',
    [
      { by: 'score', descending: true },
      { by: 'timestamp', descending: true },
    ],
    [99, 98, 97],
  ],
])('of many hits %s come first', async (_, sort, expected) => {
  const [segment, bytes] = await sealed(0, 60, 'a');
  const searcher = searcherOf({ live: [liveIndex(values(60, 100), 60)], objects: new Map([['a', bytes]]) });
  const result = await searcher.search(request(all, { segments: [segment], sort, limit: 3 }));
  expect(result.hits.map(({ offset }) => offset)).toEqual(expected);
  expect(result.total).toBe(100);
});

test('a limit of 0 counts without hits and scores', async () => {
  const searcher = searcherOf({ live: [liveIndex(values(0, 100))] });
  const even: Query = { kind: 'match', fields: [], text: 'even', operator: 'or' };
  expect(await searcher.search(request(even, { limit: 0 }))).toMatchObject({ total: 50, hits: [], maxScore: null });
});

test('scores are those of BM25 with the lengths that norms keep', async () => {
  const searcher = searcherOf({ live: [liveIndex(['apple', 'apple apple pear', 'pear plum'])] });
  const apple: Query = { kind: 'match', fields: ['message'], text: 'apple', operator: 'or', boost: 2 };
  const ranges = [{ topicId: 't', partition: 0, from: 0, to: 3 }];
  const { hits, maxScore } = await searcher.search(
    request(apple, { ranges, sort: [{ by: 'score', descending: true }] }),
  );
  const idf = Math.log(1 + (3 - 2 + 0.5) / (2 + 0.5));
  const score = (frequency: number, length: number): number =>
    (2 * idf * frequency) / (frequency + 1.2 * (1 - 0.75 + (0.75 * length) / 2));
  expect(hits.map(({ offset }) => offset)).toEqual([0, 1]);
  expect(hits[0]!.score).toBeCloseTo(score(1, 1), 5);
  expect(hits[1]!.score).toBeCloseTo(score(2, 3), 5);
  expect(maxScore).toBe(hits[0]!.score);
});

test('an aborted search ends at once', async () => {
  const searcher = searcherOf({ live: [liveIndex(values(0, 100))] });
  expect(await searcher.search(request(all, {}), AbortSignal.abort())).toMatchObject({ timedOut: true, exact: false });
});
