import type { Clock } from '../base/clock.ts';
import type { Disk } from '../base/disk.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Processes } from '../base/processes.ts';
import type { Random } from '../base/random.ts';
import type { WalPartition } from './partition.ts';

/** What the owner of the WAL adds to its indexes and takes back at recovery: the producers' state, opaque here. */
export interface WalState {
  /** The state right now: after every batch appended so far. */
  readonly snapshot: () => Uint8Array;
  /** Recovery: replaces the state by an earlier `snapshot`. `partition` finds the WAL's partition by 16 bytes of topic id and a number. */
  readonly load: (snapshot: Uint8Array, partition: (topicId: Uint8Array, partition: number) => WalPartition) => void;
  /** Recovery: a batch that comes on top of the state. The bytes hold until the call returns. */
  readonly replay: (partition: WalPartition, batch: Uint8Array) => void;
}

/** How a WAL runs. Sizes in bytes, times in ms. */
export interface WalOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly processes: Processes;
  /** The caller holds the folder's lock already, and keeps it. */
  readonly locked?: boolean;
  readonly brokerId: number;
  readonly sealBytes: number;
  readonly sealAgeMs: number;
  /** See `Wal.overLimit`. */
  readonly maxBytes: number;
  readonly lingerMs: number;
  /** Files kept ready; 0 lets files grow as they are written (memory, tests). */
  readonly spareFiles: number;
  /** Most files of drained segments kept for the next ones, if more than `spareFiles`; given back to the disk when none is needed for ten minutes. */
  readonly recycledFiles: number;
  /** Appended and not yet durable bytes above which `backpressure` asks callers to wait. */
  readonly maxQueueBytes: number;
  /** Memory for indexes of sealed segments. */
  readonly indexCacheBytes: number;
  /** Sequences below this were used before (a lost folder must not repeat them). */
  readonly minimumSequence: number;
  readonly state: WalState;
  /** Called during recovery; bytes read so far and bytes to read. */
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
  /** Runs a task at the end of the current turn of the event loop; a simulation brings its own. */
  readonly defer: (task: () => void) => void;
}

/** A segment that takes no more appends, is durable and has its index. */
export interface SealedSegment {
  readonly sequence: number;
  readonly path: string;
  readonly indexPath: string;
  /** Position after the last entry. */
  readonly end: number;
  readonly entries: number;
  /** Size of the file. */
  readonly bytes: number;
  /** Milliseconds since the epoch; that of the segment's making for one that is older than this process. */
  readonly sealedAt: number;
}
