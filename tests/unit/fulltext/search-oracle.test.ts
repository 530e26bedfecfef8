import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { below, seededRandom } from '../../../src/base/random.ts';
import { LivePartitions } from './oracle/live-partitions.ts';
import type { Query, TextSearch, TextSearchResult } from '../../../src/fulltext/query.ts';
import { LocalTextSearcher } from '../../../src/fulltext/searcher.ts';
import { SegmentCache } from '../../../src/fulltext/segment-cache.ts';
import { writeTextSegment } from '../../../src/fulltext/segment-writer.ts';
import type { DocumentRecord } from '../../../src/fulltext/document.ts';
import { randomQuery, randomRecords } from './oracle/generate.ts';
import { naiveDocument, naiveMatch } from './oracle/naive.ts';

const TOPIC = 'topic';

interface World {
  readonly searcher: LocalTextSearcher;
  readonly segments: TextSearch['segments'];
}

/** Indexes records, sealing after each record number in `cuts`. */
async function build(partitions: readonly (readonly DocumentRecord[])[], cuts: readonly number[]): Promise<World> {
  const live = new LivePartitions(() => 42);
  const objects = new Map<string, Uint8Array>();
  const segments: TextSearch['segments'][number][] = [];
  for (const [partition, records] of partitions.entries()) {
    for (const [i, record] of records.entries()) {
      live.open(TOPIC, partition, 0).add(record);
      const frozen = cuts.includes(i) ? live.freeze(TOPIC, partition) : undefined;
      if (frozen === undefined) continue;
      const bytes = await writeTextSegment(frozen.index, () => Promise.resolve());
      const objectKey = `object-${objects.size}`;
      // The segment lies in the middle of an object.
      objects.set(objectKey, Buffer.concat([Buffer.alloc(17, 7), bytes, Buffer.alloc(5, 9)]));
      const { baseOffset, endOffset } = frozen.index;
      const segment = {
        topicId: TOPIC,
        partition,
        baseOffset,
        lastOffset: endOffset - 1,
        generation: 0,
        objectKey,
        position: 17,
        length: bytes.length,
      };
      live.sealed(frozen, segment);
      segments.push(segment);
    }
  }
  const readerOf = (key: string) => ({
    read: (from: number, length: number) => Promise.resolve(objects.get(key)!.subarray(from, from + length)),
  });
  return { searcher: new LocalTextSearcher(live, new SegmentCache(readerOf, 1e6), systemClock), segments };
}

function search(world: World, query: Query, ranges: TextSearch['ranges'], limit = 10_000): Promise<TextSearchResult> {
  const sort = [{ by: 'score', descending: true }] as const;
  return world.searcher.search({ query, ranges, segments: world.segments, sort, limit, timeoutMs: 60_000 });
}

const ids = (result: TextSearchResult): string[] =>
  result.hits.map(({ partition, offset }) => `${partition}:${offset}`).sort();

test.each([1, 2, 3, 4])(
  'random queries find what a naive scan finds, live, sealed and mixed (seed %i)',
  async (seed) => {
    const random = seededRandom(seed);
    const partitions = [randomRecords(random, 120), randomRecords(random, 60)];
    const worlds = [
      await build(partitions, []),
      await build(partitions, [0, 20, 59, 119]),
      await build(partitions, [40, 55]),
    ];
    const documents = partitions.flatMap((records, partition) =>
      records.map((record) => naiveDocument(record, partition)),
    );
    for (let round = 0; round < 60; round++) {
      const query = randomQuery(random, 2);
      const ends = partitions.map((records) => records.at(-1)!.offset + 1);
      const ranges = ends.map((end, partition) => {
        const from = round % 2 === 0 ? 0 : below(random, end);
        return { topicId: TOPIC, partition, from, to: round % 3 === 0 ? end : from + below(random, end - from + 1) };
      });
      const visible = documents.filter(
        ({ partition, offset }) => offset >= ranges[partition]!.from && offset < ranges[partition]!.to,
      );
      const expected = visible
        .filter((document) => naiveMatch(document, query))
        .map(({ partition, offset }) => `${partition}:${offset}`)
        .sort();
      const results = await Promise.all(worlds.map((world) => search(world, query, ranges)));
      // With all of them asked, statistics are the same however the records are sealed: so are scores and order.
      if (round % 6 === 0) for (const result of results) expect(result.hits).toEqual(results[0]!.hits);
      for (const result of results) {
        expect({ query, ids: ids(result) }).toEqual({ query, ids: expected });
        expect(result).toMatchObject({ total: expected.length, exact: true, failures: [], timedOut: false });
      }
    }
  },
);
