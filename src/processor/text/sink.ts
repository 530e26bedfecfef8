import type { Codecs } from '../../../protocol/records/index.ts';
import { type Clock, every, sleep, type Timer } from '../../base/clock.ts';
import type { Disk } from '../../base/disk.ts';
import type { Logger } from '../../base/logger.ts';
import { below, type Random, uuidToString } from '../../base/random.ts';
import { LocalTextSearcher, type LiveIndexes } from '../../fulltext/searcher.ts';
import { LiveView } from '../../fulltext/live-view.ts';
import type { RangeReader } from '../../fulltext/segment-bytes.ts';
import { SegmentCache } from '../../fulltext/segment-cache.ts';
import type { TextSearch, TextSearchResult } from '../../fulltext/query.ts';
import type { ExpiryRule } from '../../log/record-expiry.ts';
import type { ObjectStore } from '../../objects/types.ts';
import { segmentPath } from '../../wal/files.ts';
import { batchOf } from '../../wal/record-entry.ts';
import { type CorruptRange, type WalEntry, WalFollower, type WalPosition } from '../../wal/segment-reader.ts';
import type { DurableWatermark } from '../../wal/watermark.ts';
import { TextAudit } from './audit.ts';
import { TextBackfill } from './backfill.ts';
import { TextIndexer } from './indexer.ts';
import { TextPartition } from './partition.ts';
import { TextSealer } from './sealer.ts';
import { TextSeals } from './seals.ts';
import type { TextTransactions } from './transactions.ts';
import type { TextHost, TextSinkSettings, TextSinkStatus, TextTopicSpec } from './types.ts';

/** Bytes read between two turns of the event loop, however few entries they are. */
const BATCH_BYTES = 512 * 1024;
/** Pause after the WAL could not be read. */
const TROUBLE_MS = 1000;
/** Memory for what was read of sealed segments. */
const CACHE_BYTES = 32 * 1024 * 1024;
/** How long batches wait for the end of a transaction while they keep a sealed WAL segment, and with it what all partitions have in it. */
const HELD_MS = 5000;
/** Pause between two looks for such batches. */
const HELD_LOOK_MS = 1000;
/** How long the end waits for indexes to be stored: an object store that is down must not hold it up. */
const STOP_PATIENCE_MS = 3000;

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
  readonly #seals: TextSeals;
  readonly #audit: TextAudit;
  readonly #backfill: TextBackfill;
  readonly #searcher: LocalTextSearcher;
  readonly #stop = new AbortController();
  #follower: WalFollower;
  #loop: Promise<void> | undefined;
  readonly #timers: Timer[] = [];
  #wake: (() => void) | undefined;
  #paused = false;
  #corrupt = 0;
  #done = 0;
  #turn = 0;
  #trouble: string | undefined;

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
    this.#seals = new TextSeals({
      sealer: this.#sealer,
      clock: parts.clock,
      memoryBytes: settings.memoryBytes,
      partitions: () => this.#partitions(),
      onSealed: () => this.#reportDone(),
      byItself: () => settings.sealByItself && !this.#paused,
    });
    this.#audit = new TextAudit({
      host: parts.host,
      logger,
      partitions: () => this.#partitions(),
      onAnswer: () => this.#wake?.(),
    });
    this.#backfill = new TextBackfill({
      host: parts.host,
      indexer: this.#indexer,
      clock: parts.clock,
      logger,
      next: () => this.#nextGap(),
      room: () => this.#seals.room(),
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
    this.#audit.request();
  }

  /** Follows from now on. */
  start(): void {
    const { clock, settings } = this.#parts;
    this.#loop = this.#follow();
    this.#backfill.start();
    const pause = Math.min(settings.sealIntervalMs, Math.max(50, settings.sealAgeMs / 2));
    this.#timers.push(
      every(clock, pause, () => this.#seals.olderThan(settings.sealAgeMs)),
      every(clock, HELD_LOOK_MS, () => this.#passOverHeld()),
    );
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
    for (const partition of topic.partitions.values()) {
      partition.expiry = spec.expiry;
      this.#publish(partition);
    }
    this.#rewind(spec.since);
    this.#backfill.wake();
  }

  /** Records that come from now on count until then. Resolves when what was indexed before is stored, if it can be. */
  expire({ topicId, expiry }: { topicId: string; expiry: ExpiryRule | undefined }): Promise<void> {
    for (const partition of this.#topics.get(topicId)?.partitions.values() ?? []) partition.expiry = expiry;
    return this.#seals.all();
  }

  #rewind(to: WalPosition): void {
    const { segment, position } = this.#follower.position;
    if (segment < to.segment || (segment === to.segment && position <= to.position)) return;
    // Segments that were reported as done may be gone, or be another segment by now.
    if (to.segment < this.#done) this.#jump({ segment: this.#done, position: 0 });
    else this.#goTo(to);
  }

  #goTo(position: WalPosition): void {
    this.#follower.close();
    this.#follower = this.#followFrom(position);
    this.#wake?.();
  }

  /** Goes on at `position` without having read all that lies before. */
  #jump(position: WalPosition): void {
    this.#goTo(position);
    this.#audit.request();
  }

  /** Forgets a topic: deleted, or no longer searched. */
  removeTopic(topicId: string): void {
    for (const partition of this.#topics.get(topicId)?.partitions.values() ?? []) partition.removed = true;
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
    if (this.#follower.position.segment < sequence) this.#jump({ segment: sequence, position: 0 });
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
    for (const timer of this.#timers) timer.cancel();
    this.#seals.stop();
    this.#wake?.();
    const over = new AbortController();
    await Promise.race([this.#finish(), sleep(this.#parts.clock, STOP_PATIENCE_MS, over.signal)]);
    over.abort();
    this.#sealer.abandon();
    this.#follower.close();
  }

  async #finish(): Promise<void> {
    await this.#backfill.stop();
    await this.#loop;
    if (this.#parts.settings.sealByItself) await this.#seals.all();
  }

  /** Seals all live indexes now. */
  sealNow(): Promise<void> {
    return this.#seals.all();
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
    const now = this.#parts.clock.monotonic();
    const waiting = [...this.#partitions()].filter(
      ({ gaps, unstableUntil }) => gaps.length > 0 && unstableUntil <= now,
    );
    return waiting[this.#turn++ % Math.max(1, waiting.length)];
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
        this.#trouble = undefined;
        if (busy) await this.#breathe();
        else await this.#idle(version);
      } catch (err) {
        const { message } = err as Error;
        if (message !== this.#trouble)
          logger.error(
            { err, ...this.#follower.position },
            'the write-ahead log cannot be read for search; will try again',
          );
        this.#trouble = message;
        await sleep(this.#parts.clock, TROUBLE_MS, signal);
      }
    }
  }

  /** Sleeps until the WAL has more, or somebody wakes the sink. */
  async #idle(version: number): Promise<void> {
    const { watermark, settings } = this.#parts;
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([watermark.changed(version, settings.idleMs), woken]);
    this.#wake = undefined;
  }

  /** Lets searches be answered; when memory is far over its limit, waits until something was sealed. Sealing makes no room of what is held. */
  async #breathe(): Promise<void> {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    const held = this.#sum(({ transactions }) => transactions.bytes);
    if (held > this.#parts.settings.memoryBytes) this.#letGo(({ bytes }) => bytes > 0);
    await this.#seals.room();
  }

  /** Reads on, some entries at most; false when all that is durable has been read. */
  #step(durable: WalPosition): boolean {
    if (this.#topics.size === 0) return this.#passBy(durable);
    const { disk, walFolder, settings } = this.#parts;
    const before = this.#follower.position;
    const exists = (sequence: number): boolean => {
      const there = disk.exists(segmentPath(walFolder, sequence));
      if (!there && sequence < durable.segment) this.#audit.request();
      return there;
    };
    const touched = new Set<TextPartition>();
    let bytes = 0;
    let entries = 0;
    try {
      while (entries < settings.batchEntries && bytes < BATCH_BYTES) {
        const entry = this.#follower.next(durable, exists);
        if (entry === undefined) break;
        entries++;
        bytes += entry.length;
        const partition = this.#index(entry);
        if (partition !== undefined) touched.add(partition);
      }
    } finally {
      for (const partition of touched) this.#publish(partition);
    }
    this.#auditEnds();
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
    const { unstableUntil } = partition;
    const gaps = partition.gaps.length;
    const next = this.#indexer.follow(partition, batch, this.#follower.position.segment, this.#parts.clock.monotonic());
    if (partition.gaps.length > gaps || partition.unstableUntil < unstableUntil) this.#backfill.wake();
    return next ? partition : undefined;
  }

  /** Notes as gaps what the follower should have seen by now and has not. */
  #auditEnds(): void {
    for (const { topicId, partition, end } of this.#audit.due(this.#follower.position)?.ends ?? []) {
      const found = this.#topics.get(topicId)?.partitions.get(partition);
      if (found === undefined || found.followed >= end) continue;
      found.reach(end, end);
      this.#publish(found);
      this.#backfill.wake();
    }
  }

  /** Leaves to the log what has waited for too long for the end of a transaction: the WAL must not be kept for it. */
  #passOverHeld(): void {
    const { segment } = this.#follower.position;
    const before = this.#parts.clock.monotonic() - HELD_MS;
    this.#letGo(({ oldestWalSegment, since }) => oldestWalSegment < segment && since <= before);
    this.#reportDone();
  }

  #letGo(ofThese: (held: TextTransactions) => boolean): void {
    for (const partition of this.#partitions()) {
      if (!ofThese(partition.transactions)) continue;
      partition.passOverHeld();
      this.#backfill.wake();
    }
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
