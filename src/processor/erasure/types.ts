import type { AbortedRange } from '../../log/committed-read.ts';
import type { ExpiryRule } from '../../log/record-expiry.ts';
import type { SectionRow, TextSegmentRow } from '../../metadata/types.ts';
import type { ActiveProducer } from '../compaction/types.ts';
import type { BuiltSection } from '../packs/builder.ts';
import type { SealedText } from '../text/types.ts';

/** A key whose records below an offset go. */
export interface KeyEnd {
  readonly key: Uint8Array;
  readonly below: number;
}

/** One pass over a partition that takes keys out. Plain data: it crosses threads. */
export interface ErasureTask {
  readonly topicId: string;
  readonly partition: number;
  /** All sections of offsets that a key, or one of the text segments, reaches; by offset. */
  readonly sections: readonly SectionRow[];
  /** All text segments that begin below the end of a key. */
  readonly texts: readonly TextSegmentRow[];
  readonly keys: readonly KeyEnd[];
  /** Text segments made since, ms since the epoch, are made anew in any case: they may come from what the log held before an earlier attempt. */
  readonly textsSince: number;
  readonly producers: readonly ActiveProducer[];
  readonly aborted: readonly AbortedRange[];
  /** Until when records count; where something is rewritten those that no longer do go, too. */
  readonly expiry?: ExpiryRule | undefined;
  /** Sections of which this share of the records is past its time are made anew, too. */
  readonly expiredShare?: number;
  /** When the pass began, ms since the epoch. */
  readonly now: number;
  readonly maxBytesPerSecond: number;
}

/** What takes the place of the text segments of the offsets [from, to). */
export interface TextSwap {
  readonly topicId: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly text: readonly SealedText[];
}

/** What takes the place of one section. */
export interface SectionSwap {
  readonly replaced: SectionRow;
  readonly section: BuiltSection & { readonly objectKey: string };
}

/** What a pass did. */
export interface ErasureDone {
  /** Records that went, by key in the order of the task. */
  readonly removed: readonly number[];
  readonly sections: number;
  readonly texts: number;
  /** By section of the task, where a share was given: when that share of its records will be past its time. */
  readonly due: readonly number[];
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** What a pass needs of the thread that owns log and registry. */
export interface ErasureHost {
  /** Durable when resolved: from here on a crash leaves no unknown object. */
  announce(objectKey: string): Promise<void>;
  /** Nothing refers to what is there under this key, and nothing will. */
  abandon(objectKey: string): void;
  /** In one transaction. Rejects when the old section is no longer there. */
  swapSection(swap: SectionSwap): Promise<void>;
  /** In one transaction. */
  swapText(swap: TextSwap): Promise<void>;
}

/** Takes keys out of packs and text segments, here or in another thread. */
export interface Erasing {
  /** One pass. Rejects when it cannot go on; what was swapped by then stays, and the next pass does the rest. */
  erase(task: ErasureTask, host: ErasureHost): Promise<ErasureDone>;
}
