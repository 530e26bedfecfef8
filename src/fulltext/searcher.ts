import type { Clock } from '../base/clock.ts';
import type { TextSearch, TextSearcher, TextSearchResult, VisibleRange } from './query.ts';
import type { SegmentView } from './view.ts';
import { SearchRun, type SearchSource } from './search-run.ts';
import type { SegmentCache } from './segment-cache.ts';

/** A sealed segment as a search names it. */
export type SealedSegment = TextSearch['segments'][number];

/** The indexes in memory, as searches see them. */
export interface LiveIndexes {
  /** The offset below which everything is in memory or sealed. */
  indexedUpTo(topicId: string, partition: number): number;
  /** Segments of a partition that were registered lately: searches under way may not know of them. */
  sealedLately(topicId: string, partition: number): readonly SealedSegment[];
  /** What is in memory of a partition: views, and the offsets [from, to) that each covers. */
  views(topicId: string, partition: number): readonly { from: number; to: number; view: () => SegmentView }[];
}

/** Segments that one search opens between two looks at what the cache holds. */
const OPENED = 16;

/** Offsets [from, to). */
interface Interval {
  readonly from: number;
  readonly to: number;
}

/** Searches the live indexes and sealed segments of this thread. */
export class LocalTextSearcher implements TextSearcher {
  readonly #live: LiveIndexes;
  readonly #cache: SegmentCache;
  readonly #clock: Clock;
  #opened = 0;

  constructor(live: LiveIndexes, cache: SegmentCache, clock: Clock) {
    this.#live = live;
    this.#cache = cache;
    this.#clock = clock;
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  indexedUpTo(topicId: string, partition: number): number {
    return this.#live.indexedUpTo(topicId, partition);
  }

  /** Rejects with QueryRejected when the query cannot be run. */
  async search(request: TextSearch, signal?: AbortSignal): Promise<TextSearchResult> {
    const sources: SearchSource[] = [];
    const segments = byPartition(request.segments);
    let complete = true;
    for (const range of request.ranges) {
      const named = segments.get(`${range.topicId}/${range.partition}`) ?? [];
      if (!this.#cover(range, named, sources)) complete = false;
    }
    try {
      return await new SearchRun(request, this.#clock, signal).run(sources, complete);
    } finally {
      this.#cache.trim();
    }
  }

  /** A search over many segments would else have all of them in memory until it ends. */
  #open(segment: SealedSegment): Promise<SegmentView> {
    if (++this.#opened % OPENED === 0) this.#cache.trim();
    return this.#cache.get(segment);
  }

  /**
   * Adds what holds the offsets of `range`, each offset once: the segments that the request names, the highest generation first, then those sealed
   * since it was made, then memory. False when some offsets are nowhere.
   */
  #cover(range: VisibleRange, named: readonly SealedSegment[], sources: SearchSource[]): boolean {
    const { topicId, partition } = range;
    let missing: readonly Interval[] = range.to > range.from ? [range] : [];
    const claim = (holder: Interval, objectKey: string, open: SearchSource['open']): void => {
      for (const { from, to } of missing) {
        const part = { from: Math.max(from, holder.from), to: Math.min(to, holder.to) };
        if (part.from < part.to) sources.push({ topicId, partition, ...part, objectKey, open });
      }
      missing = missing.flatMap((interval) => without(interval, holder));
    };
    const rewritten = named.toSorted((a, b) => b.generation - a.generation);
    for (const segment of [...rewritten, ...this.#live.sealedLately(topicId, partition)]) {
      const holder = { from: segment.baseOffset, to: segment.lastOffset + 1 };
      claim(holder, segment.objectKey, () => this.#open(segment));
    }
    for (const { view, ...holder } of this.#live.views(topicId, partition)) {
      claim(holder, '', () => Promise.resolve(view()));
    }
    return missing.length === 0;
  }
}

function byPartition(segments: TextSearch['segments']): Map<string, SealedSegment[]> {
  const groups = new Map<string, SealedSegment[]>();
  for (const segment of segments) {
    const key = `${segment.topicId}/${segment.partition}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [segment]);
    else group.push(segment);
  }
  return groups;
}

/** What is left of an interval outside another. */
function without({ from, to }: Interval, taken: Interval): Interval[] {
  const parts = [
    { from, to: Math.min(to, taken.from) },
    { from: Math.max(from, taken.to), to },
  ];
  return parts.filter((part) => part.from < part.to);
}
