import { every, type Timer } from '../base/clock.ts';
import type { BatchIndex } from './batch-index.ts';
import { ENTRY_HEADER_BYTES, HEADER_BYTES } from './format.ts';
import { type DirectoryLock, lockDirectory } from './lock.ts';
import { WalMeters } from './meters.ts';
import type { OpenSegment } from './open-segment.ts';
import type { SealedSegment, WalOptions } from './options.ts';
import type { Part, WalPartition } from './partition.ts';
import { PartitionTable } from './partition-table.ts';
import { SegmentPool } from './pool.ts';
import { type RecoveredSegment, Recovery, type RecoveryReport } from './recovery.ts';
import { addIndexed, addScanned } from './replay.ts';
import { SealedSegments } from './sealed.ts';
import type { CorruptRange } from './segment-reader.ts';
import { SegmentStore, type StoredBatches, type StoredRead } from './store.ts';
import { DurableWatermark } from './watermark.ts';
import { type WalAppend, WalWriter } from './writer.ts';

/**
 * The write-ahead log of one broker: one sequence of segment files that holds the batches of all partitions. Owns the folder.
 * Format: docs/formats/wal.md.
 */
export class Wal {
  readonly watermark = new DurableWatermark();
  readonly folder: string;
  /** See `overLimit`. */
  readonly maxBytes: number;
  readonly #options: WalOptions;
  readonly #lock: DirectoryLock | undefined;
  readonly #partitions = new PartitionTable();
  readonly #sealed: SealedSegments;
  readonly #store: SegmentStore;
  readonly #meters: WalMeters;
  readonly #reported = new Set<string>();
  /** The log's state at the end of segments that are closed and not yet sealed. */
  readonly #states = new Map<number, Uint8Array>();
  #writer!: WalWriter;
  #pool!: SegmentPool;
  #report!: RecoveryReport;
  #readable = 0;
  #ageing: Timer | undefined;
  #recycling: Promise<void> = Promise.resolve();

  private constructor(options: WalOptions, lock: DirectoryLock | undefined) {
    this.#options = options;
    this.#lock = lock;
    this.folder = options.folder;
    this.maxBytes = options.maxBytes;
    const { disk, folder, clock, logger, indexCacheBytes } = options;
    this.#store = new SegmentStore(disk, folder, indexCacheBytes, (range) => this.corrupt(range));
    this.#sealed = new SealedSegments(disk, folder, clock, (err, segment) =>
      logger.warn({ err, segment }, 'cannot write the index of a WAL segment; will try again'),
    );
    this.#meters = new WalMeters(options.metrics, {
      bytesOnDisk: () => this.bytesOnDisk,
      queuedBytes: () => this.#writer.queuedBytes,
    });
  }

  /**
   * Takes the folder, recovers what is in it and is ready for appends. Rejects with DirectoryInUse, WalFormatError or the disk's error; the
   * folder is then free again.
   */
  static async open(options: WalOptions): Promise<Wal> {
    options.disk.makeDirectory(options.folder);
    const lock = options.locked === true ? undefined : lockDirectory(options.disk, options.folder, options.processes);
    try {
      const wal = new Wal(options, lock);
      await wal.#recover();
      await wal.#start();
      return wal;
    } catch (error) {
      lock?.release();
      throw error;
    }
  }

  /** What recovery found. */
  get report(): RecoveryReport {
    return this.#report;
  }

  async #recover(): Promise<void> {
    const { disk, folder, state, onProgress, logger } = this.#options;
    let touched = new Set<WalPartition>();
    const recovery = new Recovery(disk, folder, {
      onProgress,
      onState: (index) => {
        const bytes = index.state();
        if (bytes !== undefined) state.load(bytes, (topicId, number) => this.#partitions.obtain(topicId, number));
        else this.corrupt({ sequence: index.directory.sequence, from: 0, to: 0 });
      },
      onIndexed: (segment, index) => {
        addIndexed(this.#partitions, index);
        const { partitions, sealedAt } = index.directory;
        this.#addSealed(
          segment,
          partitions.map((one) => this.#partitions.obtain(one.topicId, one.partition)),
          sealedAt,
        );
      },
      onEntry: (sequence, entry) => {
        const partition = this.#partitions.obtain(entry.topicId, entry.partition);
        const batch = addScanned(partition, sequence, entry, touched);
        if (batch !== undefined) state.replay(partition, batch);
        else this.corrupt({ sequence, from: entry.position, to: entry.position + entry.length });
      },
      onScanned: (segment) => {
        this.#store.add(segment);
        const finished = { ...segment, sealedAt: segment.created, touched: [...touched], state: state.snapshot() };
        void this.#sealed.finish(finished);
        touched = new Set();
      },
    });
    this.#report = await recovery.run();
    this.#sealed.adopt(this.#report.orphanIndex);
    for (const range of this.#report.corrupt) this.corrupt(range);
    const { torn } = this.#report;
    if (torn !== undefined)
      logger.warn({ ...torn }, 'cut the torn end of the write-ahead log: it was never acknowledged');
  }

  #addSealed(segment: RecoveredSegment, touched: WalPartition[], sealedAt: number): void {
    const { sequence, end, entries, bytes } = segment;
    this.#store.add(segment);
    this.#sealed.add({ sequence, end, entries, bytes, sealedAt }, touched);
  }

  async #start(): Promise<void> {
    const options = this.#options;
    const { disk, folder, clock, brokerId, spareFiles, recycledFiles, sealBytes, sealAgeMs, logger } = options;
    this.#pool = new SegmentPool({
      disk,
      folder,
      clock,
      brokerId,
      epoch: this.#report.epoch + 1,
      preallocate: spareFiles > 0 ? sealBytes : 0,
      spareFiles,
      recycledFiles,
      onTrouble: (err) => {
        this.#meters.failed();
        logger.error({ err }, 'cannot make a WAL file; appends are refused when the ready ones are full');
      },
    });
    const firstSequence = Math.max(this.#report.nextSequence, options.minimumSequence, 1);
    this.#writer = new WalWriter({
      ...options,
      pool: this.#pool,
      watermark: this.watermark,
      firstSequence,
      events: {
        onClosed: (segment) => this.#states.set(segment.sequence, options.state.snapshot()),
        onSealed: (segment) => this.#seal(segment),
        onSynced: (_segment, bytes, milliseconds) => this.#meters.synced(bytes, milliseconds),
        onFailure: (err) => {
          this.#meters.failed();
          logger.error({ err }, 'the write-ahead log stopped; appends fail until the broker is restarted');
        },
      },
    });
    this.watermark.publish(firstSequence, HEADER_BYTES);
    await this.#writer.start();
    this.#ageing = every(clock, Math.max(10, Math.min(1000, sealAgeMs / 4)), () => {
      const { active } = this.#writer;
      if (!active.empty && clock.monotonic() - active.firstAppend >= sealAgeMs) this.#writer.roll();
      return this.#pool
        .release()
        .catch((err: unknown) => logger.warn({ err }, 'cannot remove a spare file of the write-ahead log'));
    });
  }

  #seal(segment: OpenSegment): void {
    const state = this.#states.get(segment.sequence) ?? new Uint8Array();
    this.#states.delete(segment.sequence);
    const { sequence, salt, entries, touched, file } = segment;
    const bytes = file?.sizeSync() ?? segment.position;
    segment.closeFile();
    const end = segment.position - ENTRY_HEADER_BYTES;
    const sealedAt = this.#options.clock.now();
    void this.#sealed.finish({ sequence, salt, entries, touched, state, end, bytes, sealedAt });
  }

  /** The WAL's view of a partition; `topicId` has 16 bytes. */
  partition(topicId: Uint8Array, partition: number): WalPartition {
    return this.#partitions.obtain(topicId, partition);
  }

  /** Forgets a topic: nothing of it is read any more, its bytes go with their segments. */
  forget(topicId: Uint8Array): void {
    this.#partitions.forget(topicId);
  }

  /** Appends one batch whose base offset is set; see `WalWriter.append`. Throws WalUnavailable. */
  append(partition: WalPartition, baseOffset: number, batch: Uint8Array): WalAppend {
    const appended = this.#writer.append(partition, baseOffset, batch);
    const { active } = this.#writer;
    if (active.sequence !== this.#readable) {
      this.#readable = active.sequence;
      this.#store.add(active);
    }
    return appended;
  }

  /** Where the batches of a part lie; undefined when the segment has gone meanwhile. Throws WalUnavailable when it cannot be read. */
  index(part: Part): BatchIndex | undefined {
    return this.#store.index(part);
  }

  /** Batches of a part; see `SegmentStore.read`. */
  read(partition: WalPartition, part: Part, read: StoredRead): Promise<StoredBatches | undefined> {
    return this.#store.read(partition, part, read);
  }

  /** Resolves when everything appended so far is durable; rejects when it never will be. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /** The promise that covers every append so far; undefined when all are durable. */
  get pending(): Promise<void> | undefined {
    return this.#writer.pending;
  }

  /** Undefined while appends are welcome; else a promise that resolves when they are again. */
  get backpressure(): Promise<void> | undefined {
    return this.#writer.backpressure;
  }

  /** Why appends are refused for good, or undefined. */
  get failure(): Error | undefined {
    return this.#writer.failure;
  }

  /** Why no file can be made for appends to come (a full disk, as a rule), or undefined. It is tried again and again. */
  get trouble(): Error | undefined {
    return this.#pool.trouble;
  }

  /** Bytes of all files of the WAL: sealed, open, spare. */
  get bytesOnDisk(): number {
    const open = this.#writer.openSegments.reduce((sum, one) => sum + Math.max(one.position, one.filled), 0);
    return this.#sealed.bytes + open + this.#pool.bytes;
  }

  /** More bytes in segments than `wal.max.bytes`: whoever drains them should hurry, and leave for later what can be done later. */
  get overLimit(): boolean {
    return this.bytesOnDisk - this.#pool.bytes > this.maxBytes;
  }

  /** Sealed segments that are not drained, by sequence. */
  sealedSegments(): SealedSegment[] {
    return this.#sealed.list();
  }

  /** How many segments take no more appends and are not sealed yet, because their indexes are still to be written. */
  get unsealed(): number {
    return this.#sealed.unfinished;
  }

  /** Calls `listener` with each segment that gets sealed, until the returned function is called. */
  onSealed(listener: (segment: SealedSegment) => void): () => void {
    return this.#sealed.listen(listener);
  }

  /** Seals the active segment now, if it holds anything. */
  roll(): void {
    this.#writer.roll();
  }

  /**
   * All that a sealed segment holds is elsewhere: it can go. Reads that are under way end undisturbed; then its file is recycled. Gives what
   * each partition had in it; nothing when there is no such sealed segment.
   */
  drained(sequence: number): readonly (readonly [WalPartition, Part])[] {
    const held = this.#sealed.remove(sequence);
    if (held === undefined) return [];
    this.#store.remove(sequence, () => {
      const before = this.#recycling;
      this.#recycling = this.#recycle(sequence).then(() => before);
    });
    return held;
  }

  async #recycle(sequence: number): Promise<void> {
    try {
      this.#sealed.removeIndex(sequence);
      await this.#pool.recycle(sequence);
    } catch (err) {
      this.#options.logger.warn({ err, sequence }, 'cannot recycle a drained WAL segment; the next start will');
    }
  }

  /** Notes a corrupt stretch that somebody came upon; said once each. */
  corrupt(range: CorruptRange): void {
    const key = `${range.sequence}:${range.from}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#meters.corrupt();
    this.#options.logger.error({ ...range }, 'a stretch of the write-ahead log is corrupt and is left out');
  }

  /** Makes everything durable, seals it and gives the folder back. Rejects with the reason when the WAL had stopped. */
  async close(): Promise<void> {
    this.#ageing?.cancel();
    try {
      this.#writer.roll();
      await this.#writer.flush();
      await this.#writer.settle();
    } finally {
      await this.#sealed.close();
      await this.#writer.close();
      await this.#recycling;
      this.#store.close();
      this.#lock?.release();
    }
  }
}
