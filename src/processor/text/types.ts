import type { LiveIndex } from '../../fulltext/live-index.ts';
import type { TextSegmentRow } from '../../metadata/types.ts';
import type { WalPosition } from '../../wal/segment-reader.ts';
import { type ExpiryRule, ruleText } from '../../log/record-expiry.ts';
import type { CommittedRead } from '../../log/committed-read.ts';

/** Offsets [from, to). */
export interface OffsetRange {
  readonly from: number;
  readonly to: number;
}

/** A partition as the text sink takes it up. */
export interface TextPartitionSpec {
  readonly partition: number;
  readonly logStart: number;
  /** The high watermark when the specification was made. */
  readonly end: number;
  /** What registered text segments hold, by offset, without overlaps. */
  readonly covered: readonly OffsetRange[];
}

/** A topic to be searched. Plain data: it crosses threads. */
export interface TextTopicSpec {
  readonly topicId: string;
  /** Taken up now: all partitions of a topic, or those that came later. */
  readonly partitions: readonly TextPartitionSpec[];
  /** Everything at or after `end` of a partition lies at or after this place in the WAL. */
  readonly since: WalPosition;
  /** One 64-bit word per partition: offsets below are indexed. Shared with the main thread. */
  readonly indexedUpTo: SharedArrayBuffer;
  /** Until when records count. */
  readonly expiry?: ExpiryRule | undefined;
}

/** A text segment that is stored and not yet registered. */
export type SealedText = Omit<TextSegmentRow, 'created' | 'generation'>;

/** What is registered of an index, but for where it lies. */
export function describeIndex(
  { topicId, partition }: { readonly topicId: string; readonly partition: number },
  index: LiveIndex,
  expiry: ExpiryRule | undefined,
): Omit<SealedText, 'objectKey' | 'position' | 'length'> {
  const { documents, baseOffset, endOffset } = index;
  const lastOffset = endOffset - 1;
  const { minTimestamp, maxTimestamp } = documents === 0 ? { minTimestamp: -1, maxTimestamp: -1 } : index;
  const rule = ruleText(expiry);
  const facts = { topicId, partition, baseOffset, lastOffset, documents, minTimestamp, maxTimestamp };
  return { ...facts, ...(rule !== '' && { rule }) };
}

/** How far partitions reach: every offset below an `end` lies before `since` in the WAL. */
export interface TextFrontier {
  readonly since: WalPosition;
  readonly ends: readonly { readonly topicId: string; readonly partition: number; readonly end: number }[];
}

/** What the sink needs of the thread that owns log and registry. */
export interface TextHost {
  /** Durable when resolved: from here on a crash leaves no unknown object. */
  announce(objectKey: string): Promise<void>;
  /** The upload failed: whatever is there under this key may go. */
  abandon(objectKey: string): void;
  /** Enters the segments of one object. */
  register(objectKey: string, segments: readonly SealedText[]): Promise<void>;
  /** The log of a partition from `offset` on, up to the last stable offset. */
  readLog(topicId: string, partition: number, offset: number): Promise<CommittedRead>;
  /** The high watermarks of those partitions that exist. */
  frontier(partitions: readonly { topicId: string; partition: number }[]): Promise<TextFrontier>;
  /** Every record of WAL segments below `sequence` is in a registered text segment, or never will be. */
  doneBelow(sequence: number): void;
}

/** What the text sink says of itself. */
export interface TextSinkStatus {
  readonly paused: boolean;
  /** Where it reads in the WAL. */
  readonly position: WalPosition;
  /** Records added to live indexes, and their bytes as stored. */
  readonly records: number;
  readonly bytesRead: number;
  /** Text segments and bytes written to the object store. */
  readonly indexes: number;
  readonly bytesWritten: number;
  readonly errors: number;
  readonly corrupt: number;
  /** Memory of live indexes. */
  readonly memoryBytes: number;
  /** Offsets that wait to be indexed from the log because the WAL no longer had them. */
  readonly backlog: number;
  /** Why sealing last failed, until it works again. */
  readonly failing: string | undefined;
}

/** Sizes in bytes, times in ms. */
export interface TextSinkSettings {
  readonly memoryBytes: number;
  /** Pause between two looks for live indexes that are old enough to be sealed. */
  readonly sealIntervalMs: number;
  /** Age of a live index's first record at which it is sealed. */
  readonly sealAgeMs: number;
  /** False: live indexes are sealed only when asked for, and not at the end. */
  readonly sealByItself: boolean;
  /** Entries of the WAL read between two turns of the event loop, in which searches are answered. */
  readonly batchEntries: number;
  /** Longest sleep without a sign from the WAL. */
  readonly idleMs: number;
  /** Prefix of object keys. */
  readonly basePath: string;
  /** Most bytes of one batch when decompressed. */
  readonly decompressedLimitBytes: number;
}
