import { readInt32, readInt64 } from '../../protocol/records/integers.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { BatchIndex } from './batch-index.ts';
import { WalUnavailable } from './errors.ts';
import { BATCH_HEADER_BYTES, ENTRY_HEADER_BYTES, encodeSealEntry, writeBatchEntryHeader } from './format.ts';
import { OpenSegment } from './open-segment.ts';
import { addBatch, type SyncGroup, type WalPartition } from './partition.ts';
import type { SegmentPool } from './pool.ts';
import type { DurableWatermark } from './watermark.ts';

/** Batches up to this size are copied into one buffer with their neighbours; larger ones are written from where they lie. */
const COPY_BELOW = 4096;
const STAGING_BYTES = 128 * 1024;
/** Unit in which the system reads and writes files. */
const BLOCK_BYTES = 4096;
const ZEROES = new Uint8Array(BLOCK_BYTES);

/** What the writer tells its owner. */
export interface WriterEvents {
  /** The segment takes no more appends; what the log knows now is its state at the segment's end. */
  readonly onClosed: (segment: OpenSegment) => void;
  /** All of the segment is durable. */
  readonly onSealed: (segment: OpenSegment) => void;
  readonly onSynced: (segment: OpenSegment, bytes: number, milliseconds: number) => void;
  readonly onFailure: (error: Error) => void;
}

export interface WriterOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly pool: SegmentPool;
  readonly watermark: DurableWatermark;
  readonly sealBytes: number;
  readonly lingerMs: number;
  /** Appended and not yet durable bytes above which callers are asked to wait. */
  readonly maxQueueBytes: number;
  readonly firstSequence: number;
  /** Runs a task at the end of the current turn of the event loop. */
  readonly defer: (task: () => void) => void;
  readonly events: WriterEvents;
}

/** An append as it was taken. */
export interface WalAppend {
  readonly durable: Promise<void>;
}

/**
 * The one writer of the WAL. Everything appended in one turn of the event loop is written at its end by one writev; one fdatasync, in the
 * thread pool, serves all that is written when it starts; what comes meanwhile is written at once and waits for the next.
 */
export class WalWriter {
  readonly #options: WriterOptions;
  /** The last takes appends; those before it wait for their last sync, in order. */
  readonly #segments: OpenSegment[] = [];
  #next: OpenSegment;
  #nextSequence: number;
  #staging = new Uint8Array(0);
  #stagingAt = 0;
  /** Start of the staged bytes that are not yet in the queue. */
  #stagedFrom = 0;
  #deferred = false;
  #syncing: SyncGroup | undefined;
  #syncRunning = false;
  #linger: Timer | undefined;
  #lingered = false;
  #queued = 0;
  #room: { promise: Promise<void>; resolve: () => void } | undefined;
  #settled: { promise: Promise<void>; resolve: () => void } | undefined;
  #failure: Error | undefined;
  #filling: Promise<void> = Promise.resolve();
  #preparing: Promise<void> = Promise.resolve();

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#nextSequence = options.firstSequence;
    this.#segments.push(this.#create());
    this.#next = this.#create();
  }

  /** Resolves when the first segment can be written. */
  async start(): Promise<void> {
    await this.#prepare(this.#active);
    this.#prepareAhead();
  }

  get #active(): OpenSegment {
    return this.#segments[this.#segments.length - 1]!;
  }

  get active(): OpenSegment {
    return this.#active;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Bytes appended and not yet durable. */
  get queuedBytes(): number {
    return this.#queued;
  }

  /** Segments whose files are open for writing. */
  get openSegments(): readonly OpenSegment[] {
    return this.#segments;
  }

  /** Undefined while appends are welcome; else a promise that resolves when they are again. */
  get backpressure(): Promise<void> | undefined {
    if (this.#failure !== undefined || this.#queued <= this.#options.maxQueueBytes) return undefined;
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  /** The promise that covers every append so far; undefined when all are durable. */
  get pending(): Promise<void> | undefined {
    for (let i = this.#segments.length - 1; i >= 0; i--) {
      const pending = this.#segments[i]!.pending;
      if (pending !== undefined) return pending;
    }
    return this.#syncing?.durable;
  }

  /**
   * Appends one batch, whose base offset is set. Synchronous: position and order are decided here. The bytes must not be changed until
   * they are durable. Throws WalUnavailable.
   */
  append(partition: WalPartition, baseOffset: number, batch: Uint8Array): WalAppend {
    const segment = this.#segmentFor(ENTRY_HEADER_BYTES + batch.length);
    const position = segment.position;
    const length = ENTRY_HEADER_BYTES + batch.length;
    const small = batch.length <= COPY_BELOW;
    const at = this.#stage(small ? length : ENTRY_HEADER_BYTES + BATCH_HEADER_BYTES);
    const staging = this.#staging;
    staging.set(small ? batch : batch.subarray(0, BATCH_HEADER_BYTES), at + ENTRY_HEADER_BYTES);
    const { topicId, partition: number } = partition;
    writeBatchEntryHeader(
      staging,
      at,
      { topicId, partition: number, baseOffset, synced: segment.synced },
      batch.length,
      segment.salt,
    );
    if (small) this.#stagingAt = at + length;
    else {
      this.#stagingAt = at + ENTRY_HEADER_BYTES;
      this.#unstage(segment);
      segment.queue.push(batch);
    }
    this.#account(segment, partition, baseOffset, batch, position, length);
    return { durable: segment.group.durable };
  }

  #account(
    segment: OpenSegment,
    partition: WalPartition,
    baseOffset: number,
    batch: Uint8Array,
    position: number,
    length: number,
  ): void {
    if (segment.empty) segment.firstAppend = this.#options.clock.monotonic();
    segment.position = position + length;
    segment.entries += 1;
    this.#queued += length;
    const part = partition.partIn(segment.sequence, () => {
      segment.touched.push(partition);
      return new BatchIndex();
    });
    const lastDelta = readInt32(batch, 23);
    addBatch(part, baseOffset, lastDelta, position, length, readInt64(batch, 35));
    partition.join(segment.group, baseOffset + lastDelta + 1);
    this.#schedule();
  }

  /** Seals the active segment, if it holds anything and the disk has room for the seal, and goes on in the next one. */
  roll(): void {
    const segment = this.#active;
    if (segment.empty || this.#failure !== undefined) return;
    if (this.#options.pool.trouble !== undefined && !hasRoom(segment, ENTRY_HEADER_BYTES)) return;
    this.#unstage(segment);
    const seal = encodeSealEntry(segment.entries, segment.synced, segment.salt);
    segment.queue.push(seal);
    segment.position += seal.length;
    this.#queued += seal.length;
    segment.closed = true;
    this.#segments.push(this.#next);
    this.#next = this.#create();
    this.#prepareAhead();
    this.#options.events.onClosed(segment);
    this.#schedule();
  }

  /** Resolves when everything appended so far is durable; rejects when it never will be. */
  async flush(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#hurry();
    await this.pending;
  }

  /** Writes and syncs what is there without waiting for the end of the turn or for more. */
  #hurry(): void {
    this.#linger?.cancel();
    this.#linger = undefined;
    this.#lingered = true;
    this.#pump();
  }

  /** Resolves when all closed segments are durable to their seal. */
  async settle(): Promise<void> {
    while (this.#segments.length > 1 && this.#failure === undefined) {
      this.#settled ??= Promise.withResolvers<void>();
      await this.#settled.promise;
    }
  }

  /** Ends the writer: no more appends, files closed. Call `flush` before. */
  async close(): Promise<void> {
    this.#failure ??= new WalUnavailable('the write-ahead log is closed');
    this.#linger?.cancel();
    this.#options.pool.close();
    await this.#filling;
    for (const segment of [...this.#segments, this.#next]) {
      segment.closed = true;
      segment.closeFile();
    }
  }

  #create(): OpenSegment {
    const salt = new DataView(this.#options.random.bytes(4).buffer).getUint32(0);
    return new OpenSegment(this.#nextSequence++, salt);
  }

  async #prepare(segment: OpenSegment): Promise<void> {
    if (await this.#options.pool.prepare(segment)) this.#schedule();
  }

  /** In the background: the file of the next segment at once; then blocks for the active and the next one, and spares. */
  #prepareAhead(): void {
    const { pool } = this.#options;
    const active = this.#active;
    const next = this.#next;
    this.#preparing = this.#preparing.then(() => this.#prepare(next));
    this.#filling = Promise.all([this.#filling, this.#preparing])
      .then(() => pool.fill(active))
      .then(() => pool.fill(next))
      .then(() => pool.stock())
      .catch((error: unknown) => this.#fail(error as Error));
  }

  #segmentFor(length: number): OpenSegment {
    if (this.#failure !== undefined) throw this.#failure;
    const { sealBytes, pool } = this.#options;
    const active = this.#active;
    const rolls = active.position + length + ENTRY_HEADER_BYTES > sealBytes && !active.empty;
    const target = rolls ? this.#next : active;
    const { trouble } = pool;
    // A segment that has no room for its seal stays the one that takes appends, though the next one may have all its blocks.
    if (
      trouble !== undefined &&
      (!hasRoom(target, length + ENTRY_HEADER_BYTES) || (rolls && !hasRoom(active, ENTRY_HEADER_BYTES)))
    )
      throw new WalUnavailable(`the write-ahead log has no room on disk: ${trouble.message}`, { cause: trouble });
    if (rolls) this.roll();
    return target;
  }

  /** Room for `length` bytes in the staging buffer. */
  #stage(length: number): number {
    if (this.#stagingAt + length > this.#staging.length) {
      this.#unstage(this.#active);
      this.#staging = new Uint8Array(STAGING_BYTES);
      this.#stagingAt = 0;
      this.#stagedFrom = 0;
    }
    return this.#stagingAt;
  }

  /** Puts what is staged into the queue. */
  #unstage(segment: OpenSegment): void {
    if (this.#stagingAt > this.#stagedFrom)
      segment.queue.push(this.#staging.subarray(this.#stagedFrom, this.#stagingAt));
    this.#stagedFrom = this.#stagingAt;
  }

  #schedule(): void {
    if (this.#deferred) return;
    this.#deferred = true;
    this.#options.defer(() => {
      this.#deferred = false;
      this.#pump();
    });
  }

  /** Writes what can be written and starts a sync when one is due. A segment is not begun before the one before it is durable. */
  #pump(): void {
    if (this.#failure !== undefined) return;
    this.#unstage(this.#active);
    const head = this.#segments[0]!;
    if (head.file === undefined) return;
    try {
      if (head.queue.length > 0) {
        const rest = restOfBlock(head);
        if (rest.length > 0) head.queue.push(rest);
        head.file.writeSync(head.queue, head.written);
        head.queue = [];
        head.written = head.position;
        // Nothing refers to what was staged any more, unless a later segment waits for its turn.
        if (head === this.#active) this.#stagingAt = this.#stagedFrom = 0;
      }
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    if (head.written > head.synced) this.#sync(head);
    else if (head.closed && !this.#syncRunning) this.#retire(head);
  }

  /** All that is appended to `head` is written: starts its sync, after the linger if there is one. */
  #sync(head: OpenSegment): void {
    if (this.#syncRunning || this.#linger !== undefined) return;
    const { lingerMs, clock } = this.#options;
    if (lingerMs === 0 || head.closed || this.#lingered) {
      this.#startSync(head);
      return;
    }
    this.#linger = clock.after(lingerMs, () => {
      this.#linger = undefined;
      this.#lingered = true;
      this.#pump();
    });
  }

  #startSync(head: OpenSegment): void {
    const { clock } = this.#options;
    const upTo = head.written;
    const started = clock.monotonic();
    this.#lingered = false;
    this.#syncRunning = true;
    this.#syncing = head.takeGroup();
    head
      .holding((file) => file.datasync())
      .then(
        () => this.#synced(head, upTo, clock.monotonic() - started),
        (error: unknown) => this.#fail(error as Error),
      );
  }

  #synced(head: OpenSegment, upTo: number, milliseconds: number): void {
    this.#syncRunning = false;
    if (this.#failure !== undefined) return;
    const { watermark, events } = this.#options;
    const bytes = upTo - head.synced;
    head.synced = upTo;
    this.#queued -= bytes;
    watermark.publish(head.sequence, upTo);
    const group = this.#syncing;
    this.#syncing = undefined;
    if (group !== undefined) {
      for (let i = 0; i < group.partitions.length; i++) group.partitions[i]!.onDurable?.(group.ends[i]!);
      group.resolve();
    }
    events.onSynced(head, bytes, milliseconds);
    if (this.#room !== undefined && this.#queued <= this.#options.maxQueueBytes) {
      this.#room.resolve();
      this.#room = undefined;
    }
    // At the end of this turn: more appends may be on their way.
    if (this.#settled === undefined) this.#schedule();
    else this.#pump();
  }

  #retire(head: OpenSegment): void {
    this.#segments.shift();
    this.#options.events.onSealed(head);
    this.#settled?.resolve();
    this.#settled = undefined;
    this.#pump();
  }

  /** After a failed write or sync nobody knows what the disk holds: nothing is written over it, and nothing waits any longer. */
  #fail(cause: Error): void {
    if (this.#failure !== undefined) return;
    const error = new WalUnavailable(`the write-ahead log stopped: ${cause.message}`, { cause });
    this.#failure = error;
    this.#linger?.cancel();
    this.#syncing?.reject(error);
    this.#syncing = undefined;
    for (const segment of this.#segments) segment.takeGroup()?.reject(error);
    this.#room?.resolve();
    this.#room = undefined;
    this.#settled?.resolve();
    this.#options.events.onFailure(error);
  }
}

/**
 * Zeroes up to the end of the block that the next write ends in. A file that is used again is not in the system's cache: it would have to
 * read a block from the disk before it could write a part of it. Where the file grows as it is written there is nothing to read.
 */
function restOfBlock({ position, filled }: OpenSegment): Uint8Array {
  const rest = (BLOCK_BYTES - (position % BLOCK_BYTES)) % BLOCK_BYTES;
  return ZEROES.subarray(0, position + rest <= filled ? rest : 0);
}

/** Whether the file has its blocks for so many more bytes: the seal of a segment needs some too. */
function hasRoom(segment: OpenSegment, bytes: number): boolean {
  return segment.position + bytes <= segment.filled;
}
