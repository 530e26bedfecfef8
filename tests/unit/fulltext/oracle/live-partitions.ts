import { LiveIndex } from '../../../../src/fulltext/live-index.ts';
import { LiveView } from '../../../../src/fulltext/live-view.ts';
import type { LiveIndexes, SealedSegment } from '../../../../src/fulltext/searcher.ts';
import type { SegmentView } from '../../../../src/fulltext/view.ts';

/** What is in memory of one partition: indexes over offsets that follow each other, the last of which grows. */
interface LivePartition {
  readonly topicId: string;
  readonly partition: number;
  /** Oldest first; all but the last are frozen, to be sealed. */
  readonly indexes: LiveIndex[];
  /** Segments registered lately, for searches that took their registry snapshot before. */
  readonly sealed: SealedSegment[];
}

/** A frozen index on its way to an object. */
export interface FrozenIndex {
  readonly topicId: string;
  readonly partition: number;
  readonly index: LiveIndex;
}

/** Segments remembered per partition after they were registered: searches under way know at least those before. */
const REMEMBERED = 16;

function keyOf(topicId: string, partition: number): string {
  return `${topicId}/${partition}`;
}

/** The live indexes of all partitions. */
export class LivePartitions implements LiveIndexes {
  readonly #partitions = new Map<string, LivePartition>();
  readonly #seed: () => number;

  /** `seed` gives a number for each index that makes its hashes unforeseeable. */
  constructor(seed: () => number) {
    this.#seed = seed;
  }

  /** The index that takes the next records; the partition is new when there is none: it covers offsets from `baseOffset`. */
  open(topicId: string, partition: number, baseOffset: number): LiveIndex {
    const key = keyOf(topicId, partition);
    let live = this.#partitions.get(key);
    if (live === undefined) {
      live = { topicId, partition, indexes: [], sealed: [] };
      this.#partitions.set(key, live);
    }
    if (live.indexes.length === 0) live.indexes.push(new LiveIndex(partition, baseOffset, this.#seed()));
    return live.indexes.at(-1)!;
  }

  indexedUpTo(topicId: string, partition: number): number {
    return this.#partitions.get(keyOf(topicId, partition))?.indexes.at(-1)?.endOffset ?? 0;
  }

  /**
   * Ends the growing index of a partition, so that it can be sealed; later records go to a new one. Undefined when it has no documents:
   * then it goes on growing.
   */
  freeze(topicId: string, partition: number): FrozenIndex | undefined {
    const live = this.#partitions.get(keyOf(topicId, partition));
    const index = live?.indexes.at(-1);
    if (live === undefined || index === undefined || index.documents === 0) return undefined;
    live.indexes.push(new LiveIndex(partition, index.endOffset, this.#seed()));
    return { topicId, partition, index };
  }

  /** A frozen index is now `segment`, registered: memory lets it go, and searches that do not know of the segment are told. */
  sealed({ topicId, partition, index }: FrozenIndex, segment: SealedSegment): void {
    const live = this.#partitions.get(keyOf(topicId, partition));
    const at = live?.indexes.indexOf(index) ?? -1;
    if (live === undefined || at < 0) return; // Dropped meanwhile.
    live.indexes.splice(at, 1);
    live.sealed.push(segment);
    if (live.sealed.length > REMEMBERED) live.sealed.shift();
  }

  /** Segments of a partition that were registered lately. */
  sealedLately(topicId: string, partition: number): readonly SealedSegment[] {
    return this.#partitions.get(keyOf(topicId, partition))?.sealed ?? [];
  }

  /** What is in memory of a partition: views, and the offsets [from, to) that each covers. */
  views(topicId: string, partition: number): { from: number; to: number; view: () => SegmentView }[] {
    const indexes = this.#partitions.get(keyOf(topicId, partition))?.indexes ?? [];
    return indexes.map((index) => ({ from: index.baseOffset, to: index.endOffset, view: () => new LiveView(index) }));
  }
}
