import { type Clock, sleep } from '../base/clock.ts';
import type { Disk } from '../base/disk.ts';
import { indexPath, segmentPath } from './files.ts';
import type { PartitionBatches } from './index-format.ts';
import type { SealedSegment } from './options.ts';
import type { Part, WalPartition } from './partition.ts';
import { SegmentIndex, writeIndex } from './segment-index.ts';

const RETRY_MS = 1000;

/** A segment on its way to being sealed: all of it is durable, its index is still to be written. */
export interface Finished {
  readonly sequence: number;
  readonly salt: number;
  readonly end: number;
  readonly entries: number;
  readonly bytes: number;
  readonly sealedAt: number;
  readonly touched: readonly WalPartition[];
  /** The log's state at the end of the segment. */
  readonly state: Uint8Array;
}

/** The sealed segments: writes their indexes, tells who waits for them, and knows what they hold. */
export class SealedSegments {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #onTrouble: (error: Error, sequence: number) => void;
  readonly #segments = new Map<number, SealedSegment & { readonly touched: readonly WalPartition[] }>();
  /** Sequences of those without an index. */
  readonly #unfinished = new Set<number>();
  readonly #listeners = new Set<(segment: SealedSegment) => void>();
  readonly #closed = new AbortController();
  /** Indexes are written one after another, in the order of the log. */
  #writing: Promise<void> = Promise.resolve();
  #newest = 0;
  /** The newest index whose segment is gone. */
  #orphan: number | undefined;

  constructor(disk: Disk, folder: string, clock: Clock, onTrouble: (error: Error, sequence: number) => void) {
    this.#disk = disk;
    this.#folder = folder;
    this.#clock = clock;
    this.#onTrouble = onTrouble;
  }

  /** By sequence. Whoever takes them in order misses none: those behind one whose index is still to be written are not among them. */
  list(): SealedSegment[] {
    const end = Math.min(...this.#unfinished);
    const finished = [...this.#segments.values()].filter(({ sequence }) => sequence < end);
    return finished.sort((a, b) => a.sequence - b.sequence);
  }

  /** How many segments have no index yet. */
  get unfinished(): number {
    return this.#unfinished.size;
  }

  /** Calls `listener` with each segment that gets sealed, until the returned function is called. */
  listen(listener: (segment: SealedSegment) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get bytes(): number {
    let bytes = 0;
    for (const segment of this.#segments.values()) bytes += segment.bytes;
    return bytes;
  }

  /** Enters a segment that has its index. */
  add(segment: Omit<SealedSegment, 'path' | 'indexPath'>, touched: readonly WalPartition[]): void {
    const { sequence } = segment;
    this.#newest = Math.max(this.#newest, sequence);
    const paths = { path: segmentPath(this.#folder, sequence), indexPath: indexPath(this.#folder, sequence) };
    const entered = { ...segment, ...paths, touched };
    this.#segments.set(sequence, entered);
    for (const listener of this.#listeners) listener(entered);
  }

  /** An index without segment that recovery found: removed when a newer one is there. */
  adopt(orphan: number | undefined): void {
    this.#orphan = orphan;
    this.#newest = Math.max(this.#newest, orphan ?? 0);
  }

  /** Writes the index of a segment, trying until it works; then the segment counts as sealed. */
  finish(segment: Finished): Promise<void> {
    this.#unfinished.add(segment.sequence);
    this.#writing = this.#writing.then(() => this.#write(segment));
    return this.#writing;
  }

  async #write(segment: Finished): Promise<void> {
    const { sequence, touched } = segment;
    const parts = touched.flatMap((partition) => partition.parts.filter((part) => part.sequence === sequence));
    const batches = touched.flatMap((partition) =>
      partition.parts.filter((part) => part.sequence === sequence).map((part) => batchesOf(partition, part)),
    );
    for (;;) {
      try {
        await writeIndex(this.#disk, this.#folder, segment, batches, segment.state);
        const directory = SegmentIndex.read(this.#disk, this.#folder, sequence)?.directory;
        if (directory === undefined) throw new Error(`the index of segment ${sequence} is not readable after writing`);
        for (const [i, part] of parts.entries()) {
          part.indexed = directory.partitions[i];
          part.index = undefined;
        }
        this.#unfinished.delete(sequence);
        this.add(segment, touched);
        this.#dropOrphan();
        return;
      } catch (error) {
        this.#onTrouble(error as Error, sequence);
        if (!(await sleep(this.#clock, RETRY_MS, this.#closed.signal))) return;
      }
    }
  }

  /** Forgets a segment; gives what each partition had in it, or undefined when there is no such sealed segment. */
  remove(sequence: number): [WalPartition, Part][] | undefined {
    const segment = this.#segments.get(sequence);
    if (segment === undefined) return undefined;
    this.#segments.delete(sequence);
    return segment.touched.flatMap((partition) => {
      const held = partition.parts.filter((part) => part.sequence === sequence);
      partition.parts = partition.parts.filter((part) => part.sequence !== sequence);
      return held.map((part): [WalPartition, Part] => [partition, part]);
    });
  }

  /** Removes the index of a segment that is gone; the newest stays until there is a newer one: it holds the log's state. */
  removeIndex(sequence: number): void {
    if (sequence < this.#newest) this.#disk.remove(indexPath(this.#folder, sequence));
    else this.#orphan = sequence;
  }

  #dropOrphan(): void {
    if (this.#orphan === undefined) return;
    this.#disk.remove(indexPath(this.#folder, this.#orphan));
    this.#orphan = undefined;
  }

  /** Resolves when no index is being written; those that cannot be written now are left to the next start. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#writing;
  }
}

function batchesOf(partition: WalPartition, part: Part): PartitionBatches {
  const { topicId, partition: number } = partition;
  const { bytes, maxTimestamp, index } = part;
  if (index === undefined) throw new Error(`segment ${part.sequence} has lost an index before it was written`);
  return { topicId, partition: number, bytes, maxTimestamp, index };
}
