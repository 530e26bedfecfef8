import type { Clock } from '../src/base/clock.ts';
import type { LocalPartition } from '../src/log/partition.ts';
import type { CompactionRegistration } from '../src/processor/compaction/registration.ts';
import { mergeHost } from '../src/processor/merging/segment-merges.ts';
import type { Merging } from '../src/processor/merging/types.ts';

export interface ErasureIndexerParts {
  readonly merging: Pick<Merging, 'mergeText' | 'mergePacks'>;
  readonly registration: CompactionRegistration;
  readonly partitions: () => readonly LocalPartition[];
  readonly uploads: Set<string>;
  readonly clock: Clock;
}

/** Stands for the text sink: indexes what is in packs and stable, with what the product makes text segments anew. */
export class ErasureIndexer {
  readonly #parts: ErasureIndexerParts;
  readonly #upTo = new Map<number, number>();

  constructor(parts: ErasureIndexerParts) {
    this.#parts = parts;
  }

  /** Only as far as it was looked at since the start; then everything that is in packs is indexed. */
  indexedUpTo(partition: number): number {
    return this.#upTo.get(partition) ?? 0;
  }

  /** Indexes what is new; the reason when it could not. */
  async run(): Promise<string | undefined> {
    const { merging, registration, partitions } = this.#parts;
    const host = mergeHost(this.#parts);
    for (const found of partitions()) {
      const { topicId, partition } = found;
      const texts = await registration.textsOf(topicId, partition, 0, Number.MAX_SAFE_INTEGER);
      const from = texts.reduce((end, { lastOffset }) => Math.max(end, lastOffset + 1), 0);
      const packed = await registration.sections.overlapping(topicId, partition, from, Number.MAX_SAFE_INTEGER);
      const to = Math.min(found.lastStableOffset, (packed.at(-1)?.lastOffset ?? -1) + 1);
      if (to > from) {
        const sections = packed.filter(({ baseOffset }) => baseOffset < to);
        const task = { topicId, partition, from, to, sections, aborted: found.abortedBelow(to) };
        await merging.mergeText({ ...task, maxBytesPerSecond: Number.MAX_VALUE }, host);
      }
      this.#upTo.set(partition, Math.max(from, to));
    }
    return undefined;
  }
}
