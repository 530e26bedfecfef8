import { buildMarker, patchBatch } from '../../protocol/records/index.ts';
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { crc32c } from '../base/crc32c.ts';
import type { DeletedBy } from '../metadata/partitions.ts';
import { WalUnavailable } from '../wal/errors.ts';
import { batchBytes, type Part } from '../wal/partition.ts';
import { baseOffsetOf, lastOffsetOf, producerIdOf } from './batch-fields.ts';
import { type BatchSources, orStorageError, readStored, readTail } from './batch-reader.ts';
import type { ColdSection, LogOptions, PartitionFacts } from './options.ts';
import { type AbortedTransaction, ProducerStates } from './producer-states.ts';
import type { ReadAhead } from './read-ahead.ts';
import type { ExpiryRule } from './record-expiry.ts';
import type { TailCache } from './tail.ts';
import { findLatest, findTimestamp } from './time-lookup.ts';
import {
  type AppendOrigin,
  type Appended,
  type Isolation,
  type KnownProducer,
  type LogConfig,
  LogError,
  type OffsetTarget,
  type PartitionLog,
  type ReadLease,
  type ReadResult,
  type TimestampOffset,
  type TransactionEnd,
} from './types.ts';
import { type ReadyBatch, readyBatches } from './validation.ts';

/** What partitions share. */
export interface PartitionParts {
  readonly options: LogOptions;
  readonly clock: Clock;
  readonly tailCache: TailCache;
  readonly readAhead: ReadAhead;
  /** Told when somebody had records deleted. */
  readonly onDeleted: (topicId: string) => void;
}

/** One broker leads every partition for ever. */
const LEADER_EPOCH = 0;
const DURABLE = Promise.resolve();

/** One partition of the log. Appends are synchronous up to the WAL's queue; the high watermark follows its syncs. */
export class LocalPartition implements PartitionLog {
  readonly topic: string;
  readonly leaderEpoch = LEADER_EPOCH;
  readonly sources: BatchSources;
  readonly producers: ProducerStates;
  readonly #parts: PartitionParts;
  /** `TOPIC-NUMBER`. */
  readonly #name: string;
  readonly #listeners = new Set<() => void>();
  #config: LogConfig;
  #logStart: number;
  #deletedBelow: number;
  #logEnd: number;
  #highWatermark: number;
  #lastStable: number;
  #coldBytes: number;
  #compactedUpTo: number;
  #deleted = false;

  /** `facts` are missing for a partition that is new. `nextOffset` is what the WAL remembers. */
  constructor(
    topic: string,
    config: LogConfig,
    sources: BatchSources,
    producers: ProducerStates,
    parts: PartitionParts,
    facts: PartitionFacts | undefined,
    nextOffset: number,
  ) {
    this.topic = topic;
    this.#name = `${topic}-${sources.partition}`;
    this.sources = sources;
    this.producers = producers;
    this.#config = config;
    this.#parts = parts;
    this.#logStart = facts?.logStartOffset ?? 0;
    this.#deletedBelow = facts?.deletedBelow ?? 0;
    const { parts: inWal } = sources.walPartition;
    const packedUpTo = facts?.packedUpTo ?? 0;
    // What was packed and is still in the WAL counts there until it goes.
    const twice = inWal.filter(({ lastOffset }) => this.#logStart <= lastOffset && lastOffset < packedUpTo);
    this.#coldBytes = 0;
    this.addColdBytes(twice.reduce((rest, part) => rest - batchBytes(part), facts?.packedBytes ?? 0));
    this.#compactedUpTo = facts?.compactedUpTo ?? 0;
    this.#logEnd = Math.max(this.#logStart, packedUpTo, (inWal.at(-1)?.lastOffset ?? -1) + 1, nextOffset);
    this.#highWatermark = this.#logEnd;
    producers.advance(this.#highWatermark);
    this.#lastStable = Math.min(this.#highWatermark, producers.firstUnstable ?? this.#highWatermark);
    sources.walPartition.onDurable = (end) => this.#advance(end);
  }

  get topicId(): string {
    return this.sources.topicId;
  }

  get partition(): number {
    return this.sources.partition;
  }

  get logStartOffset(): number {
    return this.#logStart;
  }

  get deletedBelow(): number {
    return this.#deletedBelow;
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  get lastStableOffset(): number {
    // Records may be deleted below the start of a transaction that is open.
    return Math.max(this.#lastStable, this.#logStart);
  }

  get logEndOffset(): number {
    return this.#logEnd;
  }

  get config(): LogConfig {
    return this.#config;
  }

  set config(config: LogConfig) {
    this.#config = config;
  }

  get expiry(): ExpiryRule | undefined {
    return this.#config.expiry;
  }

  get sizeBytes(): number {
    return this.sources.walPartition.bytes + this.#coldBytes;
  }

  append(records: Uint8Array, origin: AppendOrigin = 'client'): Appended {
    this.#checkExists();
    const { clock, options } = this.#parts;
    const now = clock.now();
    const { codecs, settings } = options;
    const { decompressedLimitBytes } = settings;
    const partition = this.#name;
    const ready = readyBatches(records, {
      config: this.#config,
      now,
      codecs,
      decompressedLimitBytes,
      origin,
      partition,
    });
    return this.#duplicate(ready, origin) ?? this.#appendAll(ready, origin, now);
  }

  endTransaction(end: TransactionEnd, onlyIfOpenBelow?: number): Appended | undefined {
    const { producerId, producerEpoch, commit, coordinatorEpoch, raisesEpoch } = end;
    if (onlyIfOpenBelow !== undefined && !this.producers.isOpenBelow(producerId, onlyIfOpenBelow)) return undefined;
    if (raisesEpoch && this.producers.isOpenAt(producerId, producerEpoch))
      throw new LogError(
        'INVALID_PRODUCER_EPOCH',
        `the open transaction of producer ${producerId} began after this end`,
      );
    const { clock, options } = this.#parts;
    const batch = { baseOffset: 0, timestamp: clock.now(), producerId, producerEpoch };
    const type = commit ? 'commit' : 'abort';
    return this.append(buildMarker(batch, { type, coordinatorEpoch }, options.codecs, crc32c), 'coordinator');
  }

  get knownProducers(): readonly KnownProducer[] {
    return this.producers.known;
  }

  /** The answer to a retry of something that is in the log already; it may still be on its way to the disk. */
  #duplicate(ready: readonly ReadyBatch[], origin: AppendOrigin): Appended | undefined {
    if (origin === 'coordinator') return undefined;
    for (const { header } of ready) {
      const earlier = this.producers.duplicate(header);
      if (earlier === undefined) continue;
      const { baseOffset, lastOffset, timestamp } = earlier;
      const durable = lastOffset < this.#highWatermark ? DURABLE : this.#pending();
      const logAppendTime = this.#config.timestampType === 'LogAppendTime' ? timestamp : -1;
      return { baseOffset, lastOffset, logAppendTime, logStartOffset: this.#logStart, duplicate: true, durable };
    }
    return undefined;
  }

  /** What covers everything appended so far. */
  #pending(): Promise<void> {
    const { wal } = this.sources;
    const pending = wal.failure === undefined ? wal.pending : Promise.reject(wal.failure);
    return asStorageError(pending ?? DURABLE);
  }

  #appendAll(ready: readonly ReadyBatch[], origin: AppendOrigin, now: number): Appended {
    const baseOffset = this.#logEnd;
    let durable: Promise<void> = DURABLE;
    for (const { bytes, header } of ready) durable = this.#appendOne(bytes, header, origin, now);
    return {
      baseOffset,
      lastOffset: this.#logEnd - 1,
      logAppendTime: this.#config.timestampType === 'LogAppendTime' ? now : -1,
      logStartOffset: this.#logStart,
      duplicate: false,
      durable,
    };
  }

  #appendOne(bytes: Uint8Array, header: ReadyBatch['header'], origin: AppendOrigin, now: number): Promise<void> {
    const baseOffset = this.#logEnd;
    this.producers.prepare(bytes, header, baseOffset, now, origin);
    patchBatch(bytes, 0, { baseOffset, leaderEpoch: LEADER_EPOCH });
    const { wal, walPartition, tail } = this.sources;
    try {
      const appended = wal.append(walPartition, baseOffset, bytes);
      this.producers.commit();
      this.#logEnd = baseOffset + header.lastOffsetDelta + 1;
      this.#parts.tailCache.add(tail, this.#logEnd - 1, bytes);
      return asStorageError(appended.durable);
    } catch (cause) {
      if (!(cause instanceof WalUnavailable)) throw cause;
      throw new LogError('KAFKA_STORAGE_ERROR', cause.message, { cause });
    }
  }

  #advance(end: number): void {
    assert(end >= this.#highWatermark && end <= this.#logEnd, 'the high watermark moves within the log, forward');
    this.#highWatermark = end;
    this.producers.advance(end);
    const stable = Math.min(end, this.producers.firstUnstable ?? end);
    assert(stable >= this.#lastStable, 'the last stable offset never goes back');
    this.#lastStable = stable;
    this.#notify();
  }

  #notify(): void {
    for (const listener of Array.from(this.#listeners)) listener();
  }

  onAdvance(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  read(
    offset: number,
    maxBytes: number,
    isolation: Isolation,
    atLeastOne: boolean,
    lease?: ReadLease,
  ): ReadResult | Promise<ReadResult> {
    this.#checkExists();
    if (offset < this.#logStart || offset > this.#logEnd) throw this.#outOfRange(offset);
    const below = this.#bound(isolation);
    if (offset >= below) return this.#result(offset, [], isolation);
    const wanted = { offset, below, maxBytes, atLeastOne, take: lease && ((size: number) => lease.take(size)) };
    const found =
      readTail(this.sources, wanted, lease !== undefined) ??
      (lease === undefined
        ? readStored(this.sources, wanted)
        : this.#parts.readAhead.read(this.sources, wanted, isolation, lease));
    if (!(found instanceof Promise)) return this.#result(offset, found, isolation);
    // What compaction or retention lets go meanwhile is forgotten, and may yet be what is found.
    const { aborted } = this.producers;
    return found.then(
      (chunks) => this.#result(offset, chunks, isolation, aborted),
      (error: unknown) => {
        throw offset < this.#logStart ? this.#outOfRange(offset) : error;
      },
    );
  }

  #outOfRange(offset: number): LogError {
    const range = `[${this.#logStart}, ${this.#logEnd}]`;
    return new LogError('OFFSET_OUT_OF_RANGE', `offset ${offset} is outside of ${range} of ${this.#name}`);
  }

  #bound(isolation: Isolation): number {
    return isolation === 'read_committed' ? this.lastStableOffset : this.#highWatermark;
  }

  #result(
    offset: number,
    chunks: readonly Uint8Array[],
    isolation: Isolation,
    known = this.producers.aborted,
  ): ReadResult {
    let bytes = 0;
    for (const chunk of chunks) bytes += chunk.length;
    const last = chunks.at(-1);
    const aborted =
      isolation === 'read_committed' && last !== undefined
        ? this.#abortedIn(offset, lastOffsetOf(last) + 1, chunks, known)
        : [];
    return {
      chunks,
      bytes,
      highWatermark: this.#highWatermark,
      lastStableOffset: this.lastStableOffset,
      logStartOffset: this.#logStart,
      abortedTransactions: aborted,
    };
  }

  /**
   * Aborted transactions of which a reader must know. Compaction removes the records of one first and its marker later: without the marker a reader
   * that was told of it would pass over what the producer committed afterwards.
   */
  #abortedIn(
    from: number,
    to: number,
    batches: readonly Uint8Array[],
    known: readonly AbortedTransaction[],
  ): AbortedTransaction[] {
    const aborted = this.producers.abortedIn(from, to, known);
    if (aborted.length === 0 || from >= this.#compactedUpTo) return aborted;
    return aborted.filter(
      ({ producerId, firstOffset, lastOffset }) =>
        lastOffset >= this.#compactedUpTo ||
        batches.some((batch) => {
          const baseOffset = baseOffsetOf(batch);
          return firstOffset <= baseOffset && baseOffset < lastOffset && producerIdOf(batch) === producerId;
        }),
    );
  }

  async findOffset(target: OffsetTarget, isolation: Isolation): Promise<TimestampOffset | undefined> {
    this.#checkExists();
    const below = this.#bound(isolation);
    if (target === 'earliest') return { timestamp: -1, offset: this.#logStart, leaderEpoch: LEADER_EPOCH };
    if (target === 'latest') return { timestamp: -1, offset: below, leaderEpoch: LEADER_EPOCH };
    const { codecs, settings } = this.#parts.options;
    const { decompressedLimitBytes } = settings;
    const bounds = { from: this.#logStart, below, codecs, decompressedLimitBytes };
    if (bounds.from >= below) return undefined;
    return orStorageError(this.sources, () =>
      target === 'max-timestamp'
        ? findLatest(this.sources, bounds)
        : findTimestamp(this.sources, target.timestamp, bounds),
    );
  }

  async deleteRecordsBefore(offset: number): Promise<number> {
    const start = await this.#raiseStart(offset, 'request');
    this.#parts.onDeleted(this.topicId);
    return start;
  }

  /** Raises the log start because the topic's settings say so. */
  letGoBefore(offset: number): Promise<number> {
    return this.#raiseStart(offset, 'retention');
  }

  async #raiseStart(offset: number, by: DeletedBy): Promise<number> {
    this.#checkExists();
    if (!this.#config.delete)
      throw new LogError('POLICY_VIOLATION', `the cleanup policy of ${this.topic} lets no record be deleted`);
    const wanted = offset === -1 ? this.#highWatermark : offset;
    if (wanted < 0 || wanted > this.#highWatermark)
      throw new LogError('OFFSET_OUT_OF_RANGE', `offset ${offset} is above the high watermark ${this.#highWatermark}`);
    // What retention has let go may still be rows of a table: who asks for their deletion means them, too.
    const isNew = wanted > this.#logStart || (by === 'request' && wanted > this.#deletedBelow);
    if (isNew) {
      const sections = await this.sources.cold.sections(this.topicId, this.partition, this.#logStart, wanted);
      this.#checkExists();
      await this.#parts.options.saveLogStart(this.topicId, this.partition, wanted, by);
      const before = this.#logStart;
      this.#logStart = Math.max(before, wanted);
      this.#letGo(sections.filter(({ lastOffset }) => before <= lastOffset && lastOffset < this.#logStart));
      if (by === 'request') this.#deletedBelow = Math.max(this.#deletedBelow, wanted);
      this.#notify();
    }
    return this.#logStart;
  }

  /** Sections are no longer part of the log. The bytes of one that is in the WAL as well were not counted with it. */
  #letGo(sections: readonly ColdSection[]): void {
    const { walPartition } = this.sources;
    for (const { baseOffset, lastOffset, length } of sections) {
      const part = walPartition.partAt(baseOffset);
      if (part === undefined || part.baseOffset > lastOffset) this.addColdBytes(-length);
    }
  }

  /** A part of the WAL went: what it held is in packs only. */
  drained(part: Part): void {
    if (part.lastOffset >= this.#logStart) this.addColdBytes(batchBytes(part));
  }

  /** Offsets below this are in packs, and no longer in the WAL. */
  get packedBelow(): number {
    return this.sources.walPartition.parts[0]?.baseOffset ?? this.#logEnd;
  }

  /** The producers that may still write: the epoch of each, and the last offset of its last batch unless only a marker is known. */
  activeProducers(): { readonly id: number; readonly epoch: number; readonly lastOffset?: number }[] {
    return this.producers.all.producers.map(({ id, epoch, batches }) => {
      const lastOffset = batches.at(-1)?.lastOffset;
      return lastOffset === undefined ? { id, epoch } : { id, epoch, lastOffset };
    });
  }

  /** Aborted transactions that begin below `offset`. */
  abortedBelow(offset: number): AbortedTransaction[] {
    return this.producers.abortedIn(0, offset);
  }

  /** Nothing is left in the log of the aborted transactions that end at these offsets, but for their markers. */
  forgetAborted(markers: readonly number[]): void {
    this.producers.forgetAborted(markers);
  }

  /** Sections up to `upTo` were replaced by compacted ones, which have so many bytes more (or fewer, when negative): nobody reads what was in them. */
  compacted(upTo: number, bytes: number): void {
    const { tail, cold, topicId, partition } = this.sources;
    this.#compactedUpTo = Math.max(this.#compactedUpTo, upTo);
    this.addColdBytes(bytes);
    tail.dropBefore(upTo);
    cold.replaced(topicId, partition);
    this.#parts.readAhead.forget(this.sources);
  }

  /** Sections moved to other objects, byte for byte: readers that have one open look again. */
  sectionsMoved(): void {
    this.sources.cold.replaced(this.sources.topicId, this.sources.partition);
  }

  /** Packs hold so many bytes more, or fewer, that are not in the WAL as well. */
  addColdBytes(bytes: number): void {
    this.#coldBytes = Math.max(0, this.#coldBytes + bytes);
  }

  /** The topic is gone: whoever waits is woken, everything else is refused. */
  delete(): void {
    this.#deleted = true;
    this.sources.walPartition.onDurable = undefined;
    this.#notify();
  }

  #checkExists(): void {
    if (this.#deleted) throw new LogError('UNKNOWN_TOPIC_OR_PARTITION', `${this.topic}-${this.partition} was deleted`);
  }
}

const wrapped = new WeakMap<Promise<void>, Promise<void>>();

/** The promise with its error as the log's; one for all appends of a group. */
function asStorageError(durable: Promise<void>): Promise<void> {
  if (durable === DURABLE) return durable;
  let promise = wrapped.get(durable);
  if (promise === undefined) {
    promise = durable.catch((cause: Error) => {
      throw new LogError('KAFKA_STORAGE_ERROR', cause.message, { cause });
    });
    promise.catch(() => {});
    wrapped.set(durable, promise);
  }
  return promise;
}
