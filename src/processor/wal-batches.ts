import type { Disk, DiskFile } from '../base/disk.ts';
import { extractRange } from '../wal/durable-copy.ts';
import { WalUnavailable } from '../wal/errors.ts';
import { quarantinePath, segmentPath } from '../wal/files.ts';
import type { Part, WalPartition } from '../wal/partition.ts';
import { PartitionTable } from '../wal/partition-table.ts';
import { addIndexed, addScanned } from '../wal/replay.ts';
import { scanSegment } from '../wal/scan.ts';
import { SegmentIndex } from '../wal/segment-index.ts';
import { type CorruptRange, readSegmentHeader } from '../wal/segment-reader.ts';
import { SegmentStore } from '../wal/store.ts';

/** Bytes of batches in memory at a time. */
const READ_BYTES = 4 * 1024 * 1024;

/** One partition's share of a WAL segment. */
export interface WalShare {
  /** 16 bytes. */
  readonly topicId: Uint8Array;
  readonly partition: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** Its batches in offset order, checked, some megabytes at a time. */
  batches(): AsyncGenerator<readonly Uint8Array[]>;
}

/** Reads one sealed WAL segment partition by partition. What is corrupt is noted, kept aside and left out. */
export class WalSegmentBatches {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #sequence: number;
  readonly #corrupt: CorruptRange[] = [];
  readonly #file: DiskFile;
  readonly #store: SegmentStore;
  readonly #partitions = new PartitionTable();

  /** Throws WalUnavailable when the segment's header is not whole, WalFormatError, or the disk's error. */
  constructor(disk: Disk, folder: string, sequence: number) {
    this.#disk = disk;
    this.#folder = folder;
    this.#sequence = sequence;
    this.#file = disk.open(segmentPath(folder, sequence), 'read');
    this.#store = new SegmentStore(disk, folder, 0, (range) => this.#note(range));
    try {
      this.#enter();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The index tells where everything is. When it cannot be read, the segment itself is read once more than otherwise. */
  #enter(): void {
    const header = readSegmentHeader(this.#file);
    const index = SegmentIndex.read(this.#disk, this.#folder, this.#sequence);
    const salt = header?.salt ?? index?.directory.salt;
    if (salt === undefined || (header !== undefined && header.sequence !== this.#sequence))
      throw new WalUnavailable(`WAL segment ${this.#sequence} has no readable header`);
    this.#store.add({ sequence: this.#sequence, salt });
    if (index !== undefined && index.directory.salt === salt && this.#columnsAreWhole(index)) {
      addIndexed(this.#partitions, index);
      return;
    }
    if (header === undefined) throw new WalUnavailable(`WAL segment ${this.#sequence} has no readable header`);
    const scan = scanSegment(this.#file, header, true, (entry) => {
      const partition = this.#partitions.obtain(entry.topicId, entry.partition);
      if (addScanned(partition, this.#sequence, entry, new Set()) !== undefined) return;
      this.#note({ sequence: this.#sequence, from: entry.position, to: entry.position + entry.length });
    });
    for (const range of scan.corrupt) this.#note(range);
  }

  #columnsAreWhole(index: SegmentIndex): boolean {
    return index.directory.partitions.every((one) => index.columns(one) !== undefined);
  }

  /** What each partition has in the segment. */
  *shares(): Generator<WalShare> {
    for (const partition of this.#partitions) {
      const [part] = partition.parts;
      if (part === undefined) continue;
      const { topicId, partition: number } = partition;
      const { baseOffset, lastOffset } = part;
      const batches = (): AsyncGenerator<readonly Uint8Array[]> => this.#read(partition, part);
      yield { topicId, partition: number, baseOffset, lastOffset, batches };
    }
  }

  async *#read(partition: WalPartition, part: Part): AsyncGenerator<readonly Uint8Array[]> {
    for (let from = 0; ; ) {
      const read = await this.#store.read(partition, part, from, READ_BYTES, Number.POSITIVE_INFINITY, true);
      if (read === undefined) throw new WalUnavailable(`WAL segment ${this.#sequence} is gone`);
      if (read.seen === 0) return;
      from += read.seen;
      yield read.batches;
    }
  }

  #note(range: CorruptRange): void {
    if (!this.#corrupt.some((known) => known.from === range.from)) this.#corrupt.push(range);
  }

  /** What was found corrupt so far, each stretch copied into the quarantine folder. */
  async quarantine(): Promise<readonly CorruptRange[]> {
    for (const { from, to } of this.#corrupt) {
      const path = quarantinePath(this.#folder, this.#sequence, from);
      if (!this.#disk.exists(path)) await extractRange(this.#disk, this.#file, from, to, path);
    }
    return this.#corrupt;
  }

  close(): void {
    this.#store.close();
    this.#file.close();
  }
}
