import {
  patchBatch,
  readBatchHeader,
  validateProducedHeader,
  verifyBatchCrc,
} from '../../../protocol/records/index.ts';
import { crc32c } from '../../../src/base/crc32c.ts';
import {
  type Appended,
  type Isolation,
  type Log,
  LogError,
  type OffsetTarget,
  type PartitionLog,
  type ReadResult,
  type TimestampOffset,
} from '../../../src/log/types.ts';

interface StoredBatch {
  readonly bytes: Uint8Array;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
}

/** A partition in an array: enough of a log for tests of the front door. `hold` keeps appends from becoming durable. */
export class ArrayPartition implements PartitionLog {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly leaderEpoch = 0;
  logStartOffset = 0;
  deletedBelow = 0;
  highWatermark = 0;
  logEndOffset = 0;
  failure: LogError | undefined;
  readonly batches: StoredBatch[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #pending: { lastOffset: number; resolve(): void; reject(error: Error): void }[] = [];
  #held = false;

  constructor(topic: string, topicId: string, partition: number) {
    this.topic = topic;
    this.topicId = topicId;
    this.partition = partition;
  }

  get lastStableOffset(): number {
    return this.highWatermark;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  get sizeBytes(): number {
    return this.batches.reduce((sum, batch) => sum + batch.bytes.length, 0);
  }

  hold(): void {
    this.#held = true;
  }

  /** What was held becomes durable, or fails. */
  release(error?: Error): void {
    this.#held = false;
    for (const pending of this.#pending.splice(0)) {
      if (error === undefined) {
        this.#advance(pending.lastOffset);
        pending.resolve();
      } else pending.reject(error);
    }
  }

  append(records: Uint8Array): Appended {
    if (this.failure !== undefined) throw this.failure;
    const header = readBatchHeader(records, 0);
    validateProducedHeader(header);
    if (!verifyBatchCrc(records, 0, crc32c)) throw new LogError('CORRUPT_MESSAGE', 'wrong CRC');
    const baseOffset = this.logEndOffset;
    const lastOffset = baseOffset + header.lastOffsetDelta;
    patchBatch(records, 0, { baseOffset, leaderEpoch: 0 });
    this.batches.push({ bytes: new Uint8Array(records), baseOffset, lastOffset, maxTimestamp: header.maxTimestamp });
    this.logEndOffset = lastOffset + 1;
    const durable = new Promise<void>((resolve, reject) => {
      this.#pending.push({ lastOffset, resolve, reject });
    });
    if (!this.#held) setImmediate(() => this.#held || this.release());
    return {
      baseOffset,
      lastOffset,
      logAppendTime: -1,
      logStartOffset: this.logStartOffset,
      duplicate: false,
      durable,
    };
  }

  endTransaction(): undefined {}

  readonly knownProducers = [];

  #advance(lastOffset: number): void {
    this.highWatermark = lastOffset + 1;
    for (const listener of Array.from(this.#listeners)) listener();
  }

  read(offset: number, maxBytes: number, _isolation: Isolation, atLeastOne: boolean): ReadResult {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for (const batch of this.batches) {
      if (batch.lastOffset < offset || batch.lastOffset >= this.highWatermark) continue;
      if (bytes + batch.bytes.length > maxBytes && !(atLeastOne && bytes === 0)) break;
      chunks.push(batch.bytes);
      bytes += batch.bytes.length;
    }
    const { highWatermark, lastStableOffset, logStartOffset } = this;
    return { chunks, bytes, highWatermark, lastStableOffset, logStartOffset, abortedTransactions: [] };
  }

  findOffset(target: OffsetTarget): Promise<TimestampOffset | undefined> {
    if (target === 'earliest') return Promise.resolve({ timestamp: -1, offset: this.logStartOffset, leaderEpoch: 0 });
    if (target === 'latest') return Promise.resolve({ timestamp: -1, offset: this.highWatermark, leaderEpoch: 0 });
    const wanted =
      target === 'max-timestamp' ? Math.max(...this.batches.map((batch) => batch.maxTimestamp)) : target.timestamp;
    const found = this.batches.find((batch) => batch.maxTimestamp >= wanted);
    return Promise.resolve(
      found === undefined ? undefined : { timestamp: found.maxTimestamp, offset: found.baseOffset, leaderEpoch: 0 },
    );
  }

  deleteRecordsBefore(offset: number): Promise<number> {
    if (offset < -1 || offset > this.highWatermark)
      return Promise.reject(new LogError('OFFSET_OUT_OF_RANGE', 'outside of the log'));
    this.deletedBelow = Math.max(this.deletedBelow, offset === -1 ? this.highWatermark : offset);
    this.logStartOffset = Math.max(this.logStartOffset, this.deletedBelow);
    return Promise.resolve(this.logStartOffset);
  }

  onAdvance(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Topic 't', with the id of 16 bytes of 7, and its partitions. */
export const TOPIC_ID = Buffer.alloc(16, 7).toString('base64url');

/** A log of one topic named 't'. */
export function arrayLog(partitions = 2): { log: Log; parts: ArrayPartition[] } {
  const parts = Array.from({ length: partitions }, (_, index) => new ArrayPartition('t', TOPIC_ID, index));
  const log: Log = {
    partition: (topic, partition) => (topic === 't' ? parts[partition] : undefined),
    partitionById: (topicId, partition) => (topicId === TOPIC_ID ? parts[partition] : undefined),
    beginRead: () => ({ end() {}, hold() {}, take: (size) => new Uint8Array(size) }),
    createTopic() {},
    addPartitions() {},
    configureTopic() {},
    deleteTopic() {},
    flush: () => Promise.resolve(),
    failure: undefined,
    openTransactions: () => [],
    backpressure: undefined,
    close: () => Promise.resolve(),
  };
  return { log, parts };
}
