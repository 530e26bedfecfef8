import { copyOf } from '../../base/bytes.ts';
import type { Disk, DiskFile } from '../../base/disk.ts';
import type { BatchIndex } from '../../wal/batch-index.ts';
import { extractRange } from '../../wal/durable-copy.ts';
import { WalUnavailable } from '../../wal/errors.ts';
import { quarantinePath, segmentPath } from '../../wal/files.ts';
import { ENTRY_HEADER_BYTES, entryVersion } from '../../wal/format.ts';
import type { WalPartition } from '../../wal/partition.ts';
import { PartitionTable } from '../../wal/partition-table.ts';
import { batchOf } from '../../wal/record-entry.ts';
import { addIndexed, addScanned } from '../../wal/replay.ts';
import { scanSegment } from '../../wal/scan.ts';
import { SegmentIndex } from '../../wal/segment-index.ts';
import { type CorruptRange, readSegmentHeader } from '../../wal/segment-reader.ts';
import { entryIs } from '../../wal/store.ts';

/** Bytes of batches in memory at a time. Partitions are gathered in groups of so many bytes, with one walk over the segment for each. */
const GROUP_BYTES = 8 * 1024 * 1024;
/** Bytes read at once; entries that lie no further apart than the gap are read together. */
const RUN_BYTES = 1024 * 1024;
const MAX_GAP = 16 * 1024;

/** One partition's share of a WAL segment. */
export interface WalShare {
  /** 16 bytes. */
  readonly topicId: Uint8Array;
  readonly partition: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
}

/** Some batches of a share, checked, in offset order; those of one share come one after another. They hold until the next piece is asked for. */
export interface WalPiece {
  readonly share: WalShare;
  readonly batches: readonly Uint8Array[];
  /** No more pieces of this share come. */
  readonly last: boolean;
}

interface Source extends WalShare {
  readonly owner: WalPartition;
  readonly index: BatchIndex;
}

/** The batches [from, to) of a partition, by number. */
interface Selection {
  readonly source: Source;
  readonly from: number;
  readonly to: number;
}

/** Reads one sealed WAL segment partition by partition. What is corrupt is noted, kept aside and left out. */
export class WalSegmentBatches {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #sequence: number;
  readonly #corrupt: CorruptRange[] = [];
  readonly #file: DiskFile;
  readonly #sources: Source[] = [];
  #salt = 0;
  #run = Buffer.alloc(0);
  /** What the pieces of one walk lie in; filled again by the next. */
  #room = Buffer.alloc(0);

  /** Throws WalUnavailable when the segment's header is not whole, WalFormatError, or the disk's error. */
  constructor(disk: Disk, folder: string, sequence: number) {
    this.#disk = disk;
    this.#folder = folder;
    this.#sequence = sequence;
    this.#file = disk.open(segmentPath(folder, sequence), 'read');
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
    this.#salt = salt;
    if (index !== undefined && index.directory.salt === salt && this.#enterIndexed(index)) return;
    if (header === undefined) throw new WalUnavailable(`WAL segment ${this.#sequence} has no readable header`);
    const partitions = new PartitionTable();
    const scan = scanSegment(this.#file, header, true, (entry) => {
      const partition = partitions.obtain(entry.topicId, entry.partition);
      if (addScanned(partition, this.#sequence, entry, new Set()) !== undefined) return;
      this.#note({ sequence: this.#sequence, from: entry.position, to: entry.position + entry.length });
    });
    for (const range of scan.corrupt) this.#note(range);
    for (const partition of partitions) this.#add(partition, partition.parts[0]?.index);
  }

  /** False when a part of the index is damaged. */
  #enterIndexed(index: SegmentIndex): boolean {
    const columns = index.directory.partitions.map((one) => index.columns(one));
    if (columns.includes(undefined)) return false;
    const partitions = new PartitionTable();
    addIndexed(partitions, index);
    for (const [i, one] of index.directory.partitions.entries())
      this.#add(partitions.obtain(one.topicId, one.partition), columns[i]);
    return true;
  }

  #add(owner: WalPartition, index: BatchIndex | undefined): void {
    if (index === undefined || index.count === 0) return;
    const { topicId, partition } = owner;
    const baseOffset = index.offsets[0] ?? 0;
    this.#sources.push({ owner, index, topicId, partition, baseOffset, lastOffset: index.lastOffset(index.count - 1) });
  }

  /** The batches of every share that is wanted, share after share, some megabytes at a time. */
  *pieces(wanted: (share: WalShare) => boolean): Generator<WalPiece> {
    let group: Selection[] = [];
    let bytes = 0;
    for (const source of this.#sources) {
      if (!wanted(source)) continue;
      for (const selection of cut(source)) {
        const more = bytesOf(selection);
        if (group.length > 0 && bytes + more > GROUP_BYTES) {
          yield* this.#gather(group);
          group = [];
          bytes = 0;
        }
        group.push(selection);
        bytes += more;
      }
    }
    yield* this.#gather(group);
  }

  /** Reads what is selected with one walk over the segment, so that many partitions of small batches cost no read for each batch. */
  *#gather(group: readonly Selection[]): Generator<WalPiece> {
    const batches = group.map((): Uint8Array[] => []);
    const next = group.map((selection) => selection.from);
    const room = this.#roomFor(group.reduce((sum, selection) => sum + bytesOf(selection), 0));
    let used = 0;
    const keys = inFileOrder(group);
    let runAt = 0;
    let runEnd = 0;
    for (const [i, key] of keys.entries()) {
      const slot = key % MAX_GROUP;
      const { source } = group[slot]!;
      const batch = next[slot]!++;
      const position = source.index.positions[batch]!;
      const length = source.index.lengths[batch]!;
      if (position + length > runEnd) {
        runAt = position;
        runEnd = this.#read(group, keys, i, next);
      }
      const payload = this.#take(source, batch, position - runAt, length);
      if (payload === undefined) continue;
      if (used + payload.length > room.length) batches[slot]!.push(copyOf(payload));
      else {
        room.set(payload, used);
        batches[slot]!.push(room.subarray(used, used + payload.length));
        used += payload.length;
      }
    }
    for (const [slot, { source, to }] of group.entries())
      yield { share: source, batches: batches[slot]!, last: to === source.index.count };
  }

  #roomFor(bytes: number): Buffer {
    if (this.#room.length < bytes) this.#room = Buffer.allocUnsafeSlow(Math.max(bytes, GROUP_BYTES));
    return this.#room;
  }

  /** Fills the run buffer from the entry of key `i` on, as far as entries lie close to each other. The position after the run. */
  #read(group: readonly Selection[], keys: Float64Array, i: number, next: readonly number[]): number {
    const ahead = next.slice();
    ahead[keys[i]! % MAX_GROUP]!--;
    let start = -1;
    let end = 0;
    for (let at = i; at < keys.length; at++) {
      const slot = keys[at]! % MAX_GROUP;
      const { index } = group[slot]!.source;
      const batch = ahead[slot]!++;
      const position = index.positions[batch]!;
      const stop = position + index.lengths[batch]!;
      if (start >= 0 && (position - end > MAX_GAP || stop - start > RUN_BYTES)) break;
      if (start < 0) start = position;
      end = stop;
    }
    if (this.#run.length < end - start) this.#run = Buffer.allocUnsafeSlow(Math.max(RUN_BYTES, end - start));
    const count = this.#file.readSync(this.#run.subarray(0, end - start), start);
    // Bytes of an earlier run must not pass for what the file no longer has.
    this.#run.fill(0, count, end - start);
    return end;
  }

  #take(source: Source, batch: number, at: number, length: number): Uint8Array | undefined {
    const offset = source.index.offsets[batch]!;
    const bytes = this.#run;
    if (entryIs(bytes, at, length, this.#salt, source.owner, offset)) {
      const payload = bytes.subarray(at + ENTRY_HEADER_BYTES, at + length);
      const found = batchOf({ version: entryVersion(bytes, at), baseOffset: offset, payload });
      if (found !== undefined) return found;
    }
    const from = source.index.positions[batch]!;
    this.#note({ sequence: this.#sequence, from, to: from + length });
    return undefined;
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
    this.#file.close();
  }
}

/** Selections of one walk; the key of an entry holds its position and the number of its selection. */
const MAX_GROUP = 2 ** 20;

/** Position and selection of every entry, in the order of the file. Within a selection that is the order of its batches. */
function inFileOrder(group: readonly Selection[]): Float64Array {
  const keys = new Float64Array(group.reduce((sum, { from, to }) => sum + to - from, 0));
  let at = 0;
  for (const [slot, { source, from, to }] of group.entries())
    for (let batch = from; batch < to; batch++) keys[at++] = source.index.positions[batch]! * MAX_GROUP + slot;
  return group.length > 1 ? keys.sort() : keys;
}

/** A share in selections of at most a group's bytes, at least one batch each. */
function* cut(source: Source): Generator<Selection> {
  const { count, lengths } = source.index;
  for (let from = 0; from < count; ) {
    let bytes = lengths[from]!;
    let to = from + 1;
    while (to < count && bytes + lengths[to]! <= GROUP_BYTES) bytes += lengths[to++]!;
    yield { source, from, to };
    from = to;
  }
}

function bytesOf({ source, from, to }: Selection): number {
  let bytes = 0;
  for (let batch = from; batch < to; batch++) bytes += source.index.lengths[batch]!;
  return bytes;
}
