import type { Clock } from '../../base/clock.ts';
import type { CompactionRegistration } from '../compaction/registration.ts';
import type { CompactablePartition } from '../compaction/types.ts';
import type { MergeHost, Merging } from './types.ts';

/** A partition of the log, as merging sees it. */
export type MergeablePartition = Pick<
  CompactablePartition,
  'topic' | 'topicId' | 'partition' | 'config' | 'logStartOffset' | 'lastStableOffset' | 'packedBelow' | 'abortedBelow'
> & {
  /** Sections moved to other objects; their batches are the same. */
  sectionsMoved(): void;
};

/** What merging of packs and of text segments share. */
export interface SegmentMergeParts {
  readonly merging: Merging;
  readonly registration: CompactionRegistration;
  readonly partitions: (topicId: string) => readonly MergeablePartition[];
  readonly clock: Clock;
  /** Keys that are being uploaded; the garbage sweep leaves them alone. */
  readonly uploads: Set<string>;
}

/** Nothing at or above this is merged: it is of open transactions, or in the WAL, where readers look first. */
export const mergedBelow = ({ lastStableOffset, packedBelow }: MergeablePartition): number =>
  Math.min(lastStableOffset, packedBelow);

/** The host of merges: registers what they made, and has readers look again. */
export function mergeHost({ registration, partitions, uploads }: SegmentMergeParts): MergeHost {
  return {
    announce(objectKey) {
      uploads.add(objectKey);
      return registration.announce(objectKey);
    },
    abandon: (objectKey) => void uploads.delete(objectKey),
    async swapPack(swap) {
      await registration.swapPack(swap);
      for (const { topicId, partition, objectKey } of swap.sections) {
        partitions(topicId)[partition]?.sectionsMoved();
        uploads.delete(objectKey);
      }
    },
    async swapText(swap) {
      await registration.swapText(swap);
      for (const { objectKey } of swap.text) uploads.delete(objectKey);
    },
  };
}
