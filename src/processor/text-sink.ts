import type { Codecs } from '../../protocol/records/index.ts';
import { type Clock, every, sleep, type Timer } from '../base/clock.ts';
import type { Disk } from '../base/disk.ts';
import type { Logger } from '../base/logger.ts';
import { below, type Random, uuidToString } from '../base/random.ts';
import { LocalTextSearcher, type LiveIndexes } from '../fulltext/searcher.ts';
import { LiveView } from '../fulltext/live-view.ts';
import type { RangeReader } from '../fulltext/segment-bytes.ts';
import { SegmentCache } from '../fulltext/segment-cache.ts';
import type { TextSearch, TextSearchResult } from '../fulltext/query.ts';
import type { ObjectStore } from '../objects/types.ts';
import { segmentPath } from '../wal/files.ts';
import { batchOf } from '../wal/record-entry.ts';
import { type CorruptRange, type WalEntry, WalFollower, type WalPosition } from '../wal/segment-reader.ts';
import type { DurableWatermark } from '../wal/watermark.ts';
import { TextBackfill } from './text-backfill.ts';
import { TextIndexer } from './text-indexer.ts';
import { TextPartition } from './text-partition.ts';
import { TextSealer } from './text-sealer.ts';
import type { TextHost, TextSinkSettings, TextSinkStatus, TextTopicSpec } from './text-types.ts';

/** Entries and bytes read between two turns of the event loop, in which searches are answered. */
const BATCH_ENTRIES = 1000;
const BATCH_BYTES = 512 * 1024;
/** Longest sleep without a sign from the WAL. */
const IDLE_MS = 1000;
/** Memory for what was read of sealed segments. */
const CACHE_BYTES = 32 * 1024 * 1024;
/** Memory above which the sink stops reading until something is sealed, in multiples of its limit. */
const STALL_FACTOR = 2;

export interface TextSinkParts {
  readonly disk: Disk;
  readonly walFolder: string;
  readonly watermark: DurableWatermark;
  readonly store: ObjectStore;
  readonly host: TextHost;
  readonly codecs: Codecs;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly settings: TextSinkSettings;
}

interface Topic {
  readonly partitions: Map<number, TextPartition>;
  indexedUpTo: BigInt64Array;
}

/**
 * Follows the durable part of the WAL, indexes the records of searched topics in memory, seals indexes by age and size, and answers
 * searches over both. What is registered is its progress: after a crash it goes on from there.
 */
export class TextSink {
  readonly #parts: TextSinkParts;
  readonly #topics = new Map<string, Topic>();
  readonly #indexer: TextIndexer;
  readonly #sealer: TextSealer;
  readonly #backfill: TextBackfill;
  readonly #searcher: LocalTextSearcher;
  readonly #stop = new AbortController();
  #follower: WalFollower;
  #loop: Promise<void> | undefined;
  #sealing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #wake: (() => void) | undefined;
  #paused = false;
  #corrupt = 0;
  #done = 0;

  constructor(parts: TextSinkParts) {
    const { codecs, settings, logger, watermark } = parts;
    this.#parts = parts;
    this.#indexer = new TextIndexer(codecs, settings.decompressedLimitBytes, logger);
    this.#sealer = new TextSealer({ ...parts, basePath: settings.basePath });
    this.#searcher = new LocalTextSearcher(
      this.#live(),
      new SegmentCache(rangesOf(parts.store), CACHE_BYTES),
      parts.clock,
    );
    this.#backfill = new TextBackfill({
      host: parts.host,
      indexer: this.#indexer,
      clock: parts.clock,
      logger,
      next: () => this.#nextGap(),
      onProgress: (partition) => this.#publish(partition),
    });
    this.#follower = this.#followFrom(watermark.read());
  }

  #followFrom(position: WalPosition): WalFollower {
    const { disk, walFolder } = this.#parts;
    return new WalFollower(disk, walFolder, position, (range) => this.#onCorrupt(range));
  }

  #onCorrupt(range: CorruptRange): void {
    this.#corrupt++;
    this.#parts.logger.error(
      { ...range },
      'a stretch of the write-ahead log is corrupt; its records are not found by search',
    );
  }

  /** Follows from now on. */
  start(): void {
    const { clock, settings } = this.#parts;
    this.#loop = this.#follow();
    this.#backfill.start();
    const pause = Math.min(settings.sealIntervalMs, Math.max(50, settings.sealAgeMs / 2));
    this.#timer = every(clock, pause, () => this.#sealOld());
  }

  /** Takes up a topic, or more partitions of one that is known. */
  addTopic(spec: TextTopicSpec): void {
    const topic = this.#topics.get(spec.topicId) ?? { partitions: new Map(), indexedUpTo: new BigInt64Array(0) };
    topic.indexedUpTo = new BigInt64Array(spec.indexedUpTo);
    this.#topics.set(spec.topicId, topic);
    for (const one of spec.partitions) {
      if (topic.partitions.has(one.partition)) continue;
      const made = new TextPartition(spec.topicId, one, below(this.#parts.random, 2 ** 32));
      // What the WAL no longer gives to a follower that starts at `since` has to come from the log.
      made.reach(one.end, one.end);
      topic.partitions.set(one.partition, made);
    }
    for (const partition of topic.partitions.values()) this.#publish(partition);
    this.#rewind(spec.since);
    this.#backfill.wake();
  }

  #rewind(to: WalPosition): void {
    const { segment, position } = this.#follower.position;
    if (segment < to.segment || (segment === to.segment && position <= to.position)) return;
    this.#follower.close();
    this.#follower = this.#followFrom(to);
    this.#wake?.();
  }

  /** Forgets a topic: deleted, or no longer searched. */
  removeTopic(topicId: string): void {
    this.#topics.delete(topicId);
    this.#reportDone();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake?.();
  }

  /** The WAL is too large: goes past segments below `sequence`, whose records are then indexed from the log. */
  skipTo(sequence: number): void {
    if (this.#follower.position.segment < sequence) {
      this.#follower.close();
      this.#follower = this.#followFrom({ segment: sequence, position: 0 });
    }
    this.#done = Math.max(this.#done, sequence);
    this.#parts.host.doneBelow(this.#done);
  }

  /** Rejects with QueryRejected. */
  search(request: TextSearch, signal?: AbortSignal): Promise<TextSearchResult> {
    return this.#searcher.search(request, signal);
  }

  #live(): LiveIndexes {
    const at = (topicId: string, partition: number) => this.#topics.get(topicId)?.partitions.get(partition);
    return {
      indexedUpTo: (topicId, partition) => at(topicId, partition)?.indexedUpTo ?? 0,
      sealedLately: (topicId, partition) => at(topicId, partition)?.sealedLately ?? [],
      views: (topicId, partition) =>
        (at(topicId, partition)?.slices ?? []).map(({ index }) => ({
          from: index.baseOffset,
          to: index.endOffset,
          view: () => new LiveView(index),
        })),
    };
  }

  /** Seals everything now and stops. What cannot be sealed in time is indexed again at the next start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#timer?.cancel();
    this.#wake?.();
    await this.#backfill.stop();
    await this.#loop;
    await this.#sealing;
    await this.#seal(() => true);
    this.#follower.close();
  }

  /** Seals all live indexes now. */
  async sealNow(): Promise<void> {
    await this.#sealing;
    await this.#seal(() => true);
  }

  status(): TextSinkStatus {
    const { records, bytes, errors } = this.#indexer;
    return {
      paused: this.#paused,
      position: this.#follower.position,
      records,
      bytesRead: bytes,
      indexes: this.#sealer.indexes,
      bytesWritten: this.#sealer.bytes,
      errors: errors + this.#sealer.errors,
      corrupt: this.#corrupt,
      memoryBytes: this.#sum((partition) => partition.bytes),
      backlog: this.#sum((partition) => partition.backlog),
      failing: this.#sealer.failing,
    };
  }

  *#partitions(): IterableIterator<TextPartition> {
    for (const topic of this.#topics.values()) yield* topic.partitions.values();
  }

  #sum(of: (partition: TextPartition) => number): number {
    let sum = 0;
    for (const partition of this.#partitions()) sum += of(partition);
    return sum;
  }

  #nextGap(): TextPartition | undefined {
    if (this.#paused) return undefined;
    for (const partition of this.#partitions()) if (partition.gaps.length > 0) return partition;
    return undefined;
  }

  #publish(partition: TextPartition): void {
    const words = this.#topics.get(partition.topicId)?.indexedUpTo;
    if (words !== undefined && partition.partition < words.length)
      Atomics.store(words, partition.partition, BigInt(partition.indexedUpTo));
  }

  async #follow(): Promise<void> {
    const { watermark, logger } = this.#parts;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const version = watermark.version;
      try {
        const busy = !this.#paused && this.#step(watermark.read());
        if (busy) await this.#breathe();
        else await this.#idle(version);
      } catch (err) {
        logger.error(
          { err, ...this.#follower.position },
          'the write-ahead log cannot be read for search; will try again',
        );
        await sleep(this.#parts.clock, IDLE_MS, signal);
      }
    }
  }

  /** Sleeps until the WAL has more, or somebody wakes the sink. */
  async #idle(version: number): Promise<void> {
    const { watermark } = this.#parts;
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([watermark.changed(version, IDLE_MS), woken]);
    this.#wake = undefined;
  }

  /** Lets searches be answered; when memory is far over its limit, waits until something was sealed. */
  async #breathe(): Promise<void> {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    const limit = this.#parts.settings.memoryBytes;
    const pending = this.#sum((partition) => partition.bytes);
    if (pending > limit)
      this.#sealing ??= this.#seal((slice) => slice.bytes * 4 > limit / this.#count()).finally(
        () => (this.#sealing = undefined),
      );
    if (pending > limit * STALL_FACTOR) await this.#sealing;
  }

  #count(): number {
    let count = 0;
    for (const partition of this.#partitions()) count += partition.slices.length;
    return Math.max(1, count);
  }

  /** Reads on, some entries at most; false when all that is durable has been read. */
  #step(durable: WalPosition): boolean {
    if (this.#topics.size === 0) return this.#passBy(durable);
    const { disk, walFolder } = this.#parts;
    const before = this.#follower.position;
    const exists = (sequence: number): boolean => disk.exists(segmentPath(walFolder, sequence));
    const touched = new Set<TextPartition>();
    let bytes = 0;
    let entries = 0;
    while (entries < BATCH_ENTRIES && bytes < BATCH_BYTES) {
      const entry = this.#follower.next(durable, exists);
      if (entry === undefined) break;
      entries++;
      bytes += entry.length;
      const partition = this.#index(entry);
      if (partition !== undefined) touched.add(partition);
    }
    for (const partition of touched) this.#publish(partition);
    if (this.#follower.position.segment !== before.segment) this.#reportDone();
    return entries > 0;
  }

  /** No topic is searched: nothing of the WAL has to be read. */
  #passBy(durable: WalPosition): boolean {
    const { segment } = this.#follower.position;
    this.#follower.close();
    this.#follower = this.#followFrom(durable);
    if (segment !== durable.segment) this.#reportDone();
    return false;
  }

  #index(entry: WalEntry): TextPartition | undefined {
    const partition = this.#topics.get(uuidToString(entry.topicId))?.partitions.get(entry.partition);
    if (partition === undefined) return undefined;
    const batch = batchOf(entry);
    if (batch === undefined) return undefined;
    const gaps = partition.gaps.length;
    const next = this.#indexer.follow(partition, batch, this.#follower.position.segment, this.#parts.clock.monotonic());
    if (partition.gaps.length > gaps) this.#backfill.wake();
    return next ? partition : undefined;
  }

  async #sealOld(): Promise<void> {
    const { clock, settings } = this.#parts;
    const now = clock.monotonic();
    if (this.#sealing !== undefined || this.#paused) return;
    this.#sealing = this.#seal((_index, started) => now - started >= settings.sealAgeMs);
    await this.#sealing;
    this.#sealing = undefined;
  }

  /** Freezes the growing slices that `wanted` names and seals all that is frozen. */
  async #seal(wanted: (index: { readonly bytes: number }, started: number) => boolean): Promise<void> {
    const partitions = [...this.#partitions()];
    for (const partition of partitions)
      for (const slice of partition.slices)
        if (
          slice.state === 'growing' &&
          slice.index.endOffset > slice.index.baseOffset &&
          wanted(slice.index, slice.started)
        )
          partition.freeze(slice);
    await this.#sealer.seal(partitions);
    this.#reportDone();
  }

  #reportDone(): void {
    let oldest = this.#follower.position.segment;
    for (const partition of this.#partitions()) oldest = Math.min(oldest, partition.oldestWalSegment);
    if (oldest <= this.#done) return;
    this.#done = oldest;
    this.#parts.host.doneBelow(oldest);
  }
}

/** Ranged reads of objects. */
const rangesOf =
  (store: ObjectStore) =>
  (objectKey: string): RangeReader => ({ read: (from, length) => store.get(objectKey, { from, length }) });
