import type { ExpiryRule } from '../../log/record-expiry.ts';
import type { LogConfig } from '../../log/types.ts';
import type { SectionRow } from '../../metadata/types.ts';
import type { BuiltSection } from '../packs/builder.ts';
import type { SealedText } from '../text/types.ts';
import type { AbortedRange } from '../../log/committed-read.ts';

/** What the log remembers of a producer that may still write. */
export interface ActiveProducer {
  readonly id: number;
  readonly epoch: number;
  /** The last offset of its last batch; missing when only a marker is known. */
  readonly lastOffset?: number;
}

/** A partition of the log, as compaction sees it. */
export interface CompactablePartition {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly config: LogConfig;
  readonly logStartOffset: number;
  readonly lastStableOffset: number;
  /** Offsets below are in packs, and no longer in the WAL. */
  readonly packedBelow: number;
  activeProducers(): readonly ActiveProducer[];
  /** Aborted transactions that begin below `offset`. */
  abortedBelow(offset: number): readonly AbortedRange[];
  /** Nothing is left of the aborted transactions that end at these offsets, but for their markers. */
  forgetAborted(markers: readonly number[]): void;
  /** Sections up to `upTo` were replaced; the new ones have so many bytes more. */
  compacted(upTo: number, bytes: number): void;
}

/** One pass over a partition. Plain data: it crosses threads. */
export interface CompactionTask {
  readonly topicId: string;
  readonly partition: number;
  /** All sections from the log start up to where the pass ends, by offset. */
  readonly sections: readonly SectionRow[];
  readonly logStart: number;
  /** Offsets from here on were never compacted. */
  readonly dirtyFrom: number;
  /** When the pass began, ms since the epoch. */
  readonly now: number;
  readonly deleteRetentionMs: number;
  readonly producers: readonly ActiveProducer[];
  readonly aborted: readonly AbortedRange[];
  /** Bytes of the sections that become one, at most. */
  readonly groupBytes: number;
  /** Time that the records of sections which become one may span, ms. */
  readonly groupMs: number;
  /** Memory for keys. */
  readonly keyBytes: number;
  readonly maxBytesPerSecond: number;
  /** Until when records count; those that no longer do go. */
  readonly expiry?: ExpiryRule | undefined;
  /** Whether text segments are made of what is left. */
  readonly searched: boolean;
}

/** What takes the place of some neighbouring sections. Plain data: it crosses threads. */
export interface CompactionSwap {
  readonly topicId: string;
  readonly partition: number;
  readonly replaced: readonly SectionRow[];
  /** Missing when nothing is left. */
  readonly section?: BuiltSection & { readonly objectKey: string };
  /** Offsets [from, to) that the sections and the gaps before them held. */
  readonly from: number;
  readonly to: number;
  /** Text segments that cover exactly these offsets; none when the topic is not searched. */
  readonly text: readonly SealedText[];
}

/** What a pass did. */
export interface CompactionDone {
  /** Of two records with the same key below this offset only the later one is left. */
  readonly cleanedUpTo: number;
  /** Sections before and after. */
  readonly sectionsBefore: number;
  readonly sectionsAfter: number;
  readonly recordsRead: number;
  readonly recordsKept: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Offsets of abort markers of whose transactions nothing was left before this pass. */
  readonly emptied: readonly number[];
}

/** What a pass needs of the thread that owns log and registry. */
export interface CompactionHost {
  /** Durable when resolved: from here on a crash leaves no unknown object. */
  announce(objectKey: string): Promise<void>;
  /** Nothing refers to what is there under this key, and nothing will. */
  abandon(objectKey: string): void;
  /** Puts the new in the place of the old, in one transaction. Rejects when the old is no longer there. */
  swap(swap: CompactionSwap): Promise<void>;
}

/** Compacts, here or in another thread. */
export interface Compacting {
  /** One pass. Rejects when it cannot go on; what was swapped by then stays, and the next pass does the rest. */
  compact(task: CompactionTask, host: CompactionHost): Promise<CompactionDone>;
  /** Cuts off what is under way. */
  close(): Promise<void>;
}
