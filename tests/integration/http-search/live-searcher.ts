import { decodeRecords } from '../../../protocol/records/index.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { codecs } from '../../../src/base/compression.ts';
import { LiveIndex } from '../../../src/fulltext/live-index.ts';
import { LiveView } from '../../../src/fulltext/live-view.ts';
import { SegmentCache } from '../../../src/fulltext/segment-cache.ts';
import { LocalTextSearcher } from '../../../src/fulltext/searcher.ts';
import type { MemoryPartition, World } from './world.ts';

interface Indexed {
  readonly index: LiveIndex;
  batches: number;
  endOffset: number;
}

/** Makes `world` search with the real executor, over live indexes of whatever its partitions hold at the time. */
export function searchForReal(world: World): void {
  const indexes = new Map<string, Indexed>();
  const indexedOf = (topicId: string, partition: number): Indexed => {
    const name = world.topics.find((topic) => topic.topicId === topicId)!.name;
    const key = `${topicId}/${partition}`;
    const known = indexes.get(key) ?? { index: new LiveIndex(partition, 0, 1), batches: 0, endOffset: 0 };
    indexes.set(key, known);
    catchUp(known, world.partition(name, partition));
    return known;
  };
  const live = {
    indexedUpTo: (topicId: string, partition: number) => indexedOf(topicId, partition).endOffset,
    sealedLately: () => [],
    views: (topicId: string, partition: number) => {
      const { index, endOffset } = indexedOf(topicId, partition);
      return [{ from: 0, to: endOffset, view: () => new LiveView(index) }];
    },
  };
  const cache = new SegmentCache(() => ({ read: () => Promise.reject(new Error('nothing is sealed')) }), 1 << 20);
  Object.assign(world.deps.search, { searcher: new LocalTextSearcher(live, cache, systemClock) });
}

function catchUp(known: Indexed, partition: MemoryPartition): void {
  for (; known.batches < partition.batches.length; known.batches++) {
    const { bytes, last } = partition.batches[known.batches]!;
    decodeRecords(bytes, codecs, 1 << 20, (view) => known.index.add(view));
    known.endOffset = last + 1;
  }
}
