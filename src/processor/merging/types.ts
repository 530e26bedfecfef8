import type { AbortedRange } from '../../log/committed-read.ts';
import type { ExpiryRule } from '../../log/record-expiry.ts';
import type { SectionRow } from '../../metadata/types.ts';
import type { CompactionHost } from '../compaction/types.ts';
import type { TextSwap } from '../erasure/types.ts';
import type { BuiltSection } from '../packs/builder.ts';

/** Small packs become one. Plain data: it crosses threads. */
export interface PackMergeTask {
  /** Sections in the order in which they lie in the new pack; those of a group become one, and follow each other without a gap. */
  readonly groups: readonly (readonly SectionRow[])[];
  readonly maxBytesPerSecond: number;
}

/** Sections that moved to another object. */
export interface PackSwap {
  readonly replaced: readonly SectionRow[];
  readonly sections: readonly (BuiltSection & { readonly objectKey: string })[];
}

/** The text segments of the offsets [from, to) of a partition become few. Plain data: it crosses threads. */
export interface TextMergeTask {
  readonly topicId: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  /** All sections that reach into the offsets, in their order. */
  readonly sections: readonly SectionRow[];
  readonly aborted: readonly AbortedRange[];
  /** Until when records count; searches pass over the others. */
  readonly expiry?: ExpiryRule | undefined;
  readonly maxBytesPerSecond: number;
}

/** What a merge read and wrote. */
export interface MergeDone {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Sections or text segments after it. */
  readonly made: number;
}

/** What a merge needs of the thread that owns log and registry. Each swap is one transaction, which fails when something of the old is gone. */
export type MergeHost = Pick<CompactionHost, 'announce' | 'abandon'> & {
  swapPack(swap: PackSwap): Promise<void>;
  swapText(swap: TextSwap): Promise<void>;
};

/** Merges, here or in another thread. */
export interface Merging {
  /** Rejects when it cannot be done; then nothing has changed. */
  mergePacks(task: PackMergeTask, host: MergeHost): Promise<MergeDone>;
  mergeText(task: TextMergeTask, host: MergeHost): Promise<MergeDone>;
}
