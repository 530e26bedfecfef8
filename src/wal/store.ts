import type { Disk, DiskFile } from '../base/disk.ts';
import type { BatchIndex } from './batch-index.ts';
import { WalUnavailable } from './errors.ts';
import { segmentPath } from './files.ts';
import {
  bodyIsWhole,
  ENTRY_HEADER_BYTES,
  entryBaseOffset,
  entryLength,
  entryPartition,
  entryVersion,
  headerIsWhole,
  headerSpan,
} from './format.ts';
import type { Part, WalPartition } from './partition.ts';
import { batchOf } from './record-entry.ts';
import { SegmentIndex } from './segment-index.ts';
import type { CorruptRange } from './segment-reader.ts';

/** Entries of one partition that lie no further apart are read in one piece with what is between. */
const MAX_GAP = 16 * 1024;
const MAX_RUN_BYTES = 4 * 1024 * 1024;
/** Most bytes read for each byte asked for. Where many partitions have small batches nearly all that is read is theirs, and it takes memory until the answer is sent. */
const MAX_READ_ALONG = 2;
/** Pieces read by one call; the caller comes again for the rest. */
const MAX_RUNS = 64;
const MAX_OPEN_FILES = 128;

/** Facts of one segment that readers can use. */
export interface StoredSegment {
  readonly sequence: number;
  readonly salt: number;
}

/** What to read of a part. */
export interface StoredRead {
  /** Number of the first batch. */
  readonly from: number;
  readonly maxBytes: number;
  /** Only batches that end before this offset. */
  readonly below: number;
  /** One batch even when it is larger than `maxBytes`. */
  readonly atLeastOne: boolean;
  /** Gives the memory to read into: exactly so many bytes. */
  readonly take: (size: number) => Uint8Array;
}

/** Batches as read. */
export interface StoredBatches {
  readonly batches: Uint8Array[];
  /** How many batches of the index were looked at: more than are given when some were corrupt. */
  readonly seen: number;
}

interface Held extends StoredSegment {
  file: DiskFile | undefined;
  readers: number;
  /** Set when the segment is to go: called when nobody reads it any more. */
  release: (() => void) | undefined;
  index: SegmentIndex | undefined;
}

interface Run {
  readonly from: number;
  to: number;
  readonly batches: number[];
}

/** Reads batches from WAL segments by their index, and keeps what it needs for that within bounds: open files, loaded indexes. */
export class SegmentStore {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #cacheBytes: number;
  readonly #onCorrupt: (range: CorruptRange) => void;
  readonly #segments = new Map<number, Held>();
  /** Loaded columns, least recently used first. */
  readonly #loaded = new Map<Part, BatchIndex>();
  #loadedBytes = 0;

  constructor(disk: Disk, folder: string, cacheBytes: number, onCorrupt: (range: CorruptRange) => void) {
    this.#disk = disk;
    this.#folder = folder;
    this.#cacheBytes = cacheBytes;
    this.#onCorrupt = onCorrupt;
  }

  add(segment: StoredSegment): void {
    this.#segments.set(segment.sequence, {
      ...segment,
      file: undefined,
      readers: 0,
      release: undefined,
      index: undefined,
    });
  }

  /** Lets a segment go: it is not read any more; `release` is called when the last reader is done. */
  remove(sequence: number, release: () => void): void {
    const held = this.#segments.get(sequence);
    if (held === undefined) return;
    held.release = release;
    this.#segments.delete(sequence);
    if (held.readers === 0) this.#finish(held);
  }

  /** Where the batches of a part lie. Undefined when the segment is gone, or its index cannot be read. */
  index(part: Part): BatchIndex | undefined {
    if (part.index !== undefined) return part.index;
    const loaded = this.#loaded.get(part);
    if (loaded !== undefined) {
      this.#loaded.delete(part);
      this.#loaded.set(part, loaded);
      return loaded;
    }
    const held = this.#segments.get(part.sequence);
    if (held === undefined || part.indexed === undefined) return undefined;
    held.index ??= SegmentIndex.read(this.#disk, this.#folder, part.sequence);
    const columns = held.index?.columns(part.indexed);
    if (columns === undefined) throw new WalUnavailable(`the index of WAL segment ${part.sequence} cannot be read`);
    this.#keep(part, columns);
    return columns;
  }

  #keep(part: Part, columns: BatchIndex): void {
    this.#loaded.set(part, columns);
    this.#loadedBytes += columns.bytes;
    for (const [oldest, index] of this.#loaded) {
      if (this.#loadedBytes <= this.#cacheBytes || oldest === part) break;
      this.#loaded.delete(oldest);
      this.#loadedBytes -= index.bytes;
    }
  }

  /**
   * The batches of a part from number `from` on: as many as fit `maxBytes` and end before offset `below`, at least one with `atLeastOne`.
   * What is corrupt is reported and left out. Undefined when the segment is gone meanwhile. Rejects with the disk's error.
   */
  async read(
    partition: WalPartition,
    part: Part,
    { from, maxBytes, below, atLeastOne, take }: StoredRead,
  ): Promise<StoredBatches | undefined> {
    const held = this.#segments.get(part.sequence);
    const index = this.index(part);
    if (held === undefined || index === undefined) return undefined;
    held.readers += 1;
    try {
      const file = this.#open(held);
      const batches: Uint8Array[] = [];
      let seen = from;
      const reads = plan(index, from, maxBytes, below, atLeastOne).map((run) => {
        const bytes = take(run.to - run.from);
        return { run, bytes, reading: file.read(bytes, run.from) };
      });
      // All of them, before the file may be closed and the memory used again: also when one fails.
      await Promise.allSettled(reads.map(({ reading }) => reading));
      for (const { run, bytes, reading } of reads) {
        const count = await reading;
        this.#take(held, partition, index, run, bytes.subarray(0, count), batches);
        seen += run.batches.length;
      }
      return { batches, seen: seen - from };
    } finally {
      held.readers -= 1;
      if (held.readers === 0 && held.release !== undefined) this.#finish(held);
    }
  }

  #take(
    held: Held,
    partition: WalPartition,
    index: BatchIndex,
    run: Run,
    bytes: Uint8Array,
    found: Uint8Array[],
  ): void {
    for (const batch of run.batches) {
      const position = index.positions[batch]!;
      const length = index.lengths[batch]!;
      const at = position - run.from;
      const stands = entryStands(bytes, at, length, held.salt, partition, index.offsets[batch]!);
      // A body that was whole once is not checked again: the batch has its checksum for whoever takes it.
      const whole = stands && (index.isWhole(batch) || bodyIsWhole(bytes, at));
      if (whole) index.noteWhole(batch);
      const payload = whole
        ? batchOf({
            version: entryVersion(bytes, at),
            baseOffset: index.offsets[batch]!,
            payload: bytes.subarray(at + ENTRY_HEADER_BYTES, at + length),
          })
        : undefined;
      if (payload !== undefined) found.push(payload);
      else this.#onCorrupt({ sequence: held.sequence, from: position, to: position + length });
    }
  }

  #open(held: Held): DiskFile {
    if (held.file === undefined) {
      held.file = this.#disk.open(segmentPath(this.#folder, held.sequence), 'read');
      this.#closeIdle();
    }
    return held.file;
  }

  #closeIdle(): void {
    let open = 0;
    for (const held of this.#segments.values()) if (held.file !== undefined) open += 1;
    for (const held of this.#segments.values()) {
      if (open <= MAX_OPEN_FILES) return;
      if (held.file === undefined || held.readers > 0) continue;
      held.file.close();
      held.file = undefined;
      open -= 1;
    }
  }

  #finish(held: Held): void {
    held.file?.close();
    held.file = undefined;
    for (const [part, index] of this.#loaded)
      if (part.sequence === held.sequence) {
        this.#loaded.delete(part);
        this.#loadedBytes -= index.bytes;
      }
    held.release?.();
  }

  close(): void {
    for (const held of this.#segments.values()) {
      held.file?.close();
      held.file = undefined;
    }
  }
}

/** Which bytes to read for the batches wanted, in pieces. */
function plan(index: BatchIndex, from: number, maxBytes: number, below: number, atLeastOne: boolean): Run[] {
  const runs: Run[] = [];
  let [bytes, read] = [0, 0];
  for (let batch = from; batch < index.count && index.lastOffset(batch) < below; batch++) {
    const position = index.positions[batch]!;
    const length = index.lengths[batch]!;
    bytes += length - ENTRY_HEADER_BYTES;
    if (bytes > maxBytes && !(atLeastOne && batch === from)) break;
    const run = runs.at(-1);
    const joins = run !== undefined && position - run.to <= MAX_GAP && position + length - run.from <= MAX_RUN_BYTES;
    read += joins ? position + length - run.to : length;
    if (run !== undefined && read > MAX_READ_ALONG * maxBytes) break;
    if (joins) {
      run.to = position + length;
      run.batches.push(batch);
    } else if (runs.length < MAX_RUNS) runs.push({ from: position, to: position + length, batches: [batch] });
    else break;
  }
  return runs;
}

/** Whether the entry that the index promises really stands there, whole. */
export function entryIs(
  bytes: Uint8Array,
  at: number,
  length: number,
  salt: number,
  partition: WalPartition,
  baseOffset: number,
): boolean {
  return entryStands(bytes, at, length, salt, partition, baseOffset) && bodyIsWhole(bytes, at);
}

/** The same, but for the body of a batch. */
function entryStands(
  bytes: Uint8Array,
  at: number,
  length: number,
  salt: number,
  partition: WalPartition,
  baseOffset: number,
): boolean {
  if (bytes.length < at + length || headerSpan(bytes, at) === 0 || entryLength(bytes, at) !== length) return false;
  if (!headerIsWhole(bytes, at, salt)) return false;
  return (
    entryBaseOffset(bytes, at) === baseOffset &&
    entryPartition(bytes, at) === partition.partition &&
    partition.topicId.every((byte, i) => bytes[at + 16 + i] === byte)
  );
}
