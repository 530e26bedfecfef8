import type { Codecs } from '../../protocol/records/index.ts';
import type { Clock } from '../base/clock.ts';
import type { Disk } from '../base/disk.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Processes } from '../base/processes.ts';
import type { Random } from '../base/random.ts';
import type { DeletedBy } from '../metadata/partitions.ts';
import type { ColdStore } from './cold-store.ts';
import type { TopicSpec } from './types.ts';

/** What SQL knows of a partition when the log is opened. */
export interface PartitionFacts {
  readonly topicId: string;
  readonly partition: number;
  readonly logStartOffset: number;
  /** Offsets below were deleted because somebody asked for it; missing: none were. */
  readonly deletedBelow?: number;
  /** The offset after the last one that is in a pack; 0 when none is. */
  readonly packedUpTo: number;
  /** Bytes in packs. */
  readonly packedBytes: number;
  /** Offsets below were compacted. */
  readonly compactedUpTo?: number;
}

/** One section of a pack, as retention sees it. */
export interface ColdSection {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** Bytes. */
  readonly length: number;
  /** Milliseconds since the epoch; -1 when no record in it has a timestamp. */
  readonly maxTimestamp: number;
  /** Of it; missing: some. */
  readonly records?: number;
  /** When it was registered, ms since the epoch; missing: not known. */
  readonly created?: number;
}

/** The part of the log's data that lies outside of the WAL. */
export interface ColdData extends ColdStore {
  /** Sections that end at or after `from`, and begin below `below` where it is given, by offset. */
  sections(topicId: string, partition: number, from: number, below?: number): Promise<readonly ColdSection[]>;
  /** Sections of the partition were replaced: what is known of them no longer holds for the next read. */
  replaced(topicId: string, partition: number): void;
}

/** Settings of the log; names and units as in `config/settings.ts`. */
export interface LogSettings {
  readonly brokerId: number;
  readonly sealBytes: number;
  readonly sealAgeMs: number;
  readonly walMaxBytes: number;
  readonly lingerMs: number;
  /** Preallocated files kept ready; 0 lets WAL files grow as they are written. */
  readonly spareFiles: number;
  readonly recycledFiles: number;
  readonly tailMaxBytes: number;
  readonly producerIdExpirationMs: number;
  /** 0: whoever opened the log calls `retain`. */
  readonly retentionCheckIntervalMs: number;
  /** Appended and not yet durable bytes above which `backpressure` asks callers to wait. */
  readonly maxQueueBytes: number;
  /** Memory for indexes of sealed WAL segments. */
  readonly indexCacheBytes: number;
  /** Most bytes that one batch may have when decompressed. */
  readonly decompressedLimitBytes: number;
}

/** Everything that the log needs of the world. */
export interface LogOptions {
  /** Folder of the WAL. */
  readonly folder: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly processes: Processes;
  /** The caller holds the folder's lock already, and keeps it. */
  readonly locked?: boolean;
  readonly codecs: Codecs;
  readonly settings: LogSettings;
  readonly topics: readonly TopicSpec[];
  readonly facts: readonly PartitionFacts[];
  readonly cold: ColdData;
  /** Makes a raised log start durable. */
  readonly saveLogStart: (topicId: string, partition: number, offset: number, by: DeletedBy) => Promise<void>;
  /** WAL segments below this were used before: the highest that SQL knows, plus one; 0 when it knows none. */
  readonly minimumSequence: number;
  /** Called during recovery; bytes read so far and bytes to read. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** Runs a task at the end of the current turn of the event loop; `setImmediate` unless a simulation brings its own. */
  readonly defer?: (task: () => void) => void;
}

/** Defaults for what is seldom set: the numbers of `config/settings.ts`. */
export const defaultLogSettings: LogSettings = {
  brokerId: 1,
  sealBytes: 64 * 1024 * 1024,
  sealAgeMs: 30_000,
  walMaxBytes: 8 * 1024 ** 3,
  lingerMs: 0,
  spareFiles: 2,
  recycledFiles: 2,
  tailMaxBytes: 64 * 1024 * 1024,
  producerIdExpirationMs: 24 * 3_600_000,
  retentionCheckIntervalMs: 300_000,
  maxQueueBytes: 24 * 1024 * 1024,
  indexCacheBytes: 16 * 1024 * 1024,
  decompressedLimitBytes: 128 * 1024 * 1024,
};
