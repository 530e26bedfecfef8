import type { ExpiryRule } from './record-expiry.ts';
/** Names one partition. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Error of the log, by Kafka's name; the front door turns it into the code (`protocol/errors.ts`). */
export type LogErrorName =
  | 'OFFSET_OUT_OF_RANGE'
  | 'POLICY_VIOLATION'
  | 'CORRUPT_MESSAGE'
  | 'INVALID_RECORD'
  | 'MESSAGE_TOO_LARGE'
  | 'RECORD_LIST_TOO_LARGE'
  | 'INVALID_TIMESTAMP'
  | 'UNSUPPORTED_FOR_MESSAGE_FORMAT'
  | 'UNSUPPORTED_COMPRESSION_TYPE'
  | 'OUT_OF_ORDER_SEQUENCE_NUMBER'
  | 'INVALID_PRODUCER_EPOCH'
  | 'UNKNOWN_PRODUCER_ID'
  | 'INVALID_TXN_STATE'
  | 'TRANSACTION_COORDINATOR_FENCED'
  | 'NOT_LEADER_OR_FOLLOWER'
  | 'UNKNOWN_TOPIC_OR_PARTITION'
  | 'KAFKA_STORAGE_ERROR';

export type Isolation = 'read_uncommitted' | 'read_committed';

/** Answer to an append; `durable` resolves after fdatasync covers it and rejects (LogError KAFKA_STORAGE_ERROR) when it never will. */
export interface Appended {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** LogAppendTime in ms, or -1 with CreateTime. */
  readonly logAppendTime: number;
  readonly logStartOffset: number;
  /** True when the batch had been appended before (idempotent retry): the offsets are the old ones. */
  readonly duplicate: boolean;
  readonly durable: Promise<void>;
}

/** Result of a read: whole batches, byte for byte, in offset order. `chunks` are slices that must not be changed. */
export interface ReadResult {
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** Aborted transactions that overlap the range (read_committed only). */
  readonly abortedTransactions: readonly {
    readonly producerId: number;
    readonly firstOffset: number;
    /** Offset of the marker. */
    readonly lastOffset: number;
  }[];
}

/** A record located by time. */
export interface TimestampOffset {
  readonly timestamp: number;
  readonly offset: number;
  readonly leaderEpoch: number;
}

/** Which offset ListOffsets asks for. */
export type OffsetTarget = 'earliest' | 'latest' | 'max-timestamp' | { readonly timestamp: number };

/** What a topic's settings mean to its log; built from Kafka's topic configs (`retention.ms` …). */
export interface LogConfig {
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly maxMessageBytes: number;
  /** 'producer' keeps what came; another name rewrites. */
  readonly compressionType: 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  readonly timestampBeforeMaxMs: number;
  readonly timestampAfterMaxMs: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  /** How long compaction keeps the marker of a deleted key (KIP-534). */
  readonly deleteRetentionMs: number;
  /** Compaction leaves records alone that are younger. */
  readonly minCompactionLagMs: number;
  /** Records that are older have to be compacted (KIP-354). */
  readonly maxCompactionLagMs: number;
  /** Share of uncompacted bytes above which a partition is compacted. */
  readonly minCleanableRatio: number;
  readonly compact: boolean;
  readonly delete: boolean;
  /** Until when single records count; missing: all do. */
  readonly expiry?: ExpiryRule | undefined;
}

/** One record at fault in a batch that was refused, by its index in the batch (KIP-467). */
export interface RecordFault {
  readonly index: number;
  readonly message: string;
}

/** Thrown or rejected by the log. `message` is a sentence for people. */
export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: LogErrorName;
  /** Single records at fault, where the fault lies in single records. */
  readonly faults: readonly RecordFault[];

  constructor(code: LogErrorName, message: string, options?: ErrorOptions & { faults?: readonly RecordFault[] }) {
    super(message, options);
    this.code = code;
    this.faults = options?.faults ?? [];
  }
}

/**
 * Who appends: a client's Produce request, one in a transaction of version 2 (which numbers its batches from 0 on in every partition), or the
 * transaction coordinator with its markers.
 */
export type AppendOrigin = 'client' | 'transaction' | 'coordinator';

/** How a transaction ends in a partition. */
export interface TransactionEnd {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly commit: boolean;
  readonly coordinatorEpoch: number;
  /** The end raises the epoch (KIP-890): one that does not is of an earlier transaction. */
  readonly raisesEpoch: boolean;
}

/** What a partition remembers of a producer. -1 stands for none. */
export interface KnownProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  /** When it last appended, ms since the epoch by the broker's clock. */
  readonly lastTimestamp: number;
  readonly coordinatorEpoch: number;
  readonly transactionStart: number;
}

/** One partition, as the front doors and the processor see it. */
export interface PartitionLog {
  readonly topic: string;
  /** Kafka's text form of the topic's UUID. */
  readonly topicId: string;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logEndOffset: number;
  /** Until when records count, by what they say themselves. Reads give the others, too, until a rewriting drops them. */
  readonly expiry?: ExpiryRule | undefined;
  /**
   * Appends one or more record batches (the `records` bytes of a Produce request). Validates magic, CRC, counts, size, timestamps and
   * producer sequences; patches base offset and leader epoch in place (the caller gives the bytes away). Synchronous up to
   * the WAL queue, so that sequence check and offset assignment are atomic; throws LogError. `origin` is 'client' unless given.
   */
  append(records: Uint8Array, origin?: AppendOrigin): Appended;
  /**
   * Appends the marker that ends a producer's transaction. With `onlyIfOpenBelow` only when a transaction of an epoch below that is open here,
   * else undefined: what was done before is not done again. Throws LogError.
   */
  endTransaction(end: TransactionEnd, onlyIfOpenBelow?: number): Appended | undefined;
  /** The producers that are remembered, in no order. */
  readonly knownProducers: readonly KnownProducer[];
  /**
   * Whole batches from the one that holds `offset`, at most `maxBytes` but at least one batch when `atLeastOne`.
   * Synchronous from the tail; a promise when WAL or packs must be read. Throws/rejects OFFSET_OUT_OF_RANGE.
   * With a lease the chunks may be slices of memory that holds until it ends; without one they are the caller's.
   */
  read(
    offset: number,
    maxBytes: number,
    isolation: Isolation,
    atLeastOne: boolean,
    lease?: ReadLease,
  ): ReadResult | Promise<ReadResult>;
  /** Undefined when no record has such a timestamp. */
  findOffset(target: OffsetTarget, isolation: Isolation): Promise<TimestampOffset | undefined>;
  /** Offsets below were deleted because somebody asked for it: their records are to be nowhere. The log start may be higher. */
  readonly deletedBelow: number;
  /** Raises the log start because somebody asks for it (DeleteRecords). -1 means the high watermark. Durable when resolved. */
  deleteRecordsBefore(offset: number): Promise<number>;
  /** Calls `listener` after the high watermark rose, until the returned function is called. */
  onAdvance(listener: () => void): () => void;
  /** Bytes held for this partition (WAL and packs). */
  readonly sizeBytes: number;
}

export interface TopicSpec {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: number;
  readonly config: LogConfig;
}

/** Keeps memory from being used again that was read under it. Must be ended, when no read is under way; ending it twice changes nothing. */
export interface ReadLease {
  /** Memory of exactly `size` bytes that may be used until the end. */
  take(size: number): Uint8Array;
  /** Takes over memory that was taken before, until the end. */
  hold(pieces: readonly Uint8Array[]): void;
  end(): void;
}

/** The log: all partitions of this broker. One engine here (one machine); cluster mode brings the second. */
export interface Log {
  /** Undefined for an unknown topic or partition. */
  partition(topic: string, partition: number): PartitionLog | undefined;
  partitionById(topicId: string, partition: number): PartitionLog | undefined;
  /** Begins a lease for reads whose chunks are sent on without a copy. */
  beginRead(): ReadLease;
  createTopic(spec: TopicSpec): void;
  addPartitions(topicId: string, total: number): void;
  configureTopic(topicId: string, config: LogConfig): void;
  /** Forgets the topic; WAL bytes and objects are released in the background. */
  deleteTopic(topicId: string): void;
  /** Resolves when every append so far is durable. Rejects when the WAL stopped. */
  flush(): Promise<void>;
  /** The transactions that are open in any partition. */
  openTransactions(): Iterable<TopicPartition & { topicId: string; producerId: number; producerEpoch: number }>;
  /** Undefined while appends are welcome; else a promise that resolves when they are again (too many bytes wait for the disk). */
  readonly backpressure: Promise<void> | undefined;
  /** Why the log no longer accepts appends, or undefined. */
  readonly failure: Error | undefined;
  close(): Promise<void>;
}
