import type { Disk, DiskFile } from '../base/disk.ts';
import { extractRange, rewriteRange } from './durable-copy.ts';
import { indexPath, listWal, quarantinePath, segmentPath, sparePath, type WalFiles } from './files.ts';
import { encodeSealEntry, FORMAT_VERSION, type SegmentHeader } from './format.ts';
import { holdsEntries, type SegmentScan, scanSegment } from './scan.ts';
import { SegmentIndex } from './segment-index.ts';
import { type CorruptRange, readSegmentHeader, type WalEntry } from './segment-reader.ts';

/** A segment that outlived the last run. */
export interface RecoveredSegment {
  readonly sequence: number;
  readonly salt: number;
  /** Position after the last entry. */
  readonly end: number;
  readonly entries: number;
  /** Size of the file. */
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** There was an index beside it, so that its entries were not read. */
  readonly index: SegmentIndex | undefined;
}

/** What recovery did and found. */
export interface RecoveryReport {
  readonly segments: readonly RecoveredSegment[];
  /** The next segment must have at least this sequence. */
  readonly nextSequence: number;
  /** How often this WAL had been opened before. */
  readonly epoch: number;
  readonly scannedBytes: number;
  /** The newest index, when its segment is gone: kept as the state of the log until there is a newer one. */
  readonly orphanIndex: number | undefined;
  readonly corrupt: readonly CorruptRange[];
  /** The end of the log that was being written at the crash; never acknowledged, cut off. */
  readonly torn: CorruptRange | undefined;
  /** Files in which bytes that do not count any more were kept. */
  readonly keptAside: readonly string[];
}

/** Called in the order of the log. */
export interface RecoveryVisitor {
  /** A state of the log, from the index of a segment: what comes later is on top of it, what came before is in it. */
  readonly onState: (index: SegmentIndex) => void;
  /** A segment known by its index. */
  readonly onIndexed: (segment: RecoveredSegment, index: SegmentIndex) => void;
  /** An entry of a segment without index. */
  readonly onEntry: (sequence: number, entry: WalEntry) => void;
  /** All entries of a segment without index were given: it can get its index now. */
  readonly onScanned: (segment: RecoveredSegment) => void;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
}

interface Found {
  readonly sequence: number;
  readonly header: SegmentHeader;
  readonly index: SegmentIndex | undefined;
  readonly bytes: number;
}

/**
 * Brings a WAL folder into order after any kind of end: cuts the torn tail off the last segment, seals it and makes it durable, finds what is
 * corrupt, and walks what has no index. Running it again changes nothing. Nothing appends to an old segment again: entries that were cut
 * off could otherwise come back behind new ones.
 */
export class Recovery {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #visitor: RecoveryVisitor;
  readonly #corrupt: CorruptRange[] = [];
  readonly #keptAside: string[] = [];
  #torn: CorruptRange | undefined;
  #scannedBytes = 0;
  #epoch = 0;

  constructor(disk: Disk, folder: string, visitor: RecoveryVisitor) {
    this.#disk = disk;
    this.#folder = folder;
    this.#visitor = visitor;
  }

  /** Throws WalFormatError when something is of a newer format; rejects with the disk's error. */
  async run(): Promise<RecoveryReport> {
    const files = listWal(this.#disk, this.#folder);
    for (const path of files.leftovers) this.#disk.remove(path);
    const found = await this.#open(files);
    const segments = await this.#walk(found, files);
    await this.#disk.syncDirectory(this.#folder);
    const last = Math.max(0, ...files.segments, ...files.indexes);
    return {
      segments,
      nextSequence: last + 1,
      epoch: this.#epoch,
      scannedBytes: this.#scannedBytes,
      orphanIndex: files.segments.includes(files.indexes.at(-1) ?? 0) ? undefined : files.indexes.at(-1),
      corrupt: this.#corrupt,
      torn: this.#torn,
      keptAside: this.#keptAside,
    };
  }

  /** Segments that hold data, by sequence. Files made for later are turned into spares; what has no readable header is kept aside. */
  async #open(files: WalFiles): Promise<Found[]> {
    const found: Found[] = [];
    let spare = Math.max(0, ...files.spares) + 1;
    for (const sequence of files.segments) {
      const path = segmentPath(this.#folder, sequence);
      const index = SegmentIndex.read(this.#disk, this.#folder, sequence);
      const file = this.#disk.open(path, 'read');
      const header = readSegmentHeader(file) ?? headerFromIndex(index);
      const bytes = file.sizeSync();
      const own = header?.sequence === sequence;
      const matching = own && index?.directory.salt === header.salt ? index : undefined;
      const data = own && (matching !== undefined || holdsEntries(file, header));
      file.close();
      if (header === undefined) await this.#setAside(sequence, bytes);
      else if (data) found.push({ sequence, header, index: matching, bytes });
      else this.#disk.rename(path, sparePath(this.#folder, spare++));
      this.#epoch = Math.max(this.#epoch, header?.epoch ?? 0);
    }
    return found;
  }

  async #walk(found: readonly Found[], files: WalFiles): Promise<RecoveredSegment[]> {
    const total = found.reduce((sum, one) => sum + (one.index === undefined ? one.bytes : 0), 0);
    const segments: RecoveredSegment[] = [];
    let scanned = -1;
    for (const [i, one] of found.entries()) {
      if (one.index !== undefined) {
        const segment = indexed(one, one.index);
        segments.push(segment);
        this.#visitor.onIndexed(segment, one.index);
        continue;
      }
      this.#loadState(files, scanned, one.sequence);
      segments.push(await this.#scan(one, i < found.length - 1));
      scanned = one.sequence;
      this.#visitor.onProgress(this.#scannedBytes, total);
    }
    this.#loadState(files, scanned, Number.MAX_SAFE_INTEGER);
    this.#removeOrphans(files);
    return segments;
  }

  /** Gives the newest state between two segments that have to be read. */
  #loadState(files: WalFiles, after: number, before: number): void {
    for (const sequence of files.indexes.filter((one) => one > after && one < before).reverse()) {
      const index = SegmentIndex.read(this.#disk, this.#folder, sequence);
      if (index === undefined) continue;
      this.#visitor.onState(index);
      return;
    }
  }

  /** An index whose segment is gone serves as the state of the log only while there is no newer one. */
  #removeOrphans(files: WalFiles): void {
    const orphans = files.indexes.filter((sequence) => !files.segments.includes(sequence));
    const newest = files.indexes.at(-1);
    for (const sequence of orphans) if (sequence !== newest) this.#disk.remove(indexPath(this.#folder, sequence));
  }

  async #scan(one: Found, complete: boolean): Promise<RecoveredSegment> {
    const file = this.#disk.open(segmentPath(this.#folder, one.sequence), 'write');
    try {
      const scan = scanSegment(file, one.header, complete, (entry) => this.#visitor.onEntry(one.sequence, entry));
      this.#scannedBytes += one.bytes;
      for (const range of scan.corrupt) await this.#keep(file, range);
      this.#corrupt.push(...scan.corrupt);
      if (!complete) await this.#finish(file, one, scan);
      const segment = {
        sequence: one.sequence,
        salt: one.header.salt,
        created: one.header.created,
        end: scan.end,
        entries: scan.entries,
        bytes: file.sizeSync(),
        index: undefined,
      };
      this.#visitor.onScanned(segment);
      return segment;
    } finally {
      file.close();
    }
  }

  /**
   * Makes the last segment final: what is torn is cut off, the seal written, all of it synced. Bytes that may never have reached the disk
   * are written once more: after a failed sync the system takes them for clean, and would not write them by itself.
   */
  async #finish(file: DiskFile, one: Found, scan: SegmentScan): Promise<void> {
    if (scan.torn !== undefined) {
      await this.#keep(file, scan.torn);
      this.#torn = scan.torn;
    }
    rewriteRange(file, scan.synced, scan.end);
    if (!scan.sealed) file.truncateSync(scan.end);
    file.writeSync([encodeSealEntry(scan.entries, scan.synced, one.header.salt)], scan.end);
    await file.datasync();
  }

  /** Copies bytes that do not count any more to a file of their own. */
  async #keep(file: DiskFile, range: CorruptRange): Promise<void> {
    if (range.to <= range.from) return;
    const path = quarantinePath(this.#folder, range.sequence, range.from);
    await extractRange(this.#disk, file, range.from, range.to, path);
    this.#keptAside.push(path);
  }

  async #setAside(sequence: number, bytes: number): Promise<void> {
    const path = quarantinePath(this.#folder, sequence, 0);
    this.#disk.makeDirectory(path.slice(0, path.lastIndexOf('/')));
    this.#disk.rename(segmentPath(this.#folder, sequence), path);
    this.#corrupt.push({ sequence, from: 0, to: bytes });
    this.#keptAside.push(path);
    await this.#disk.syncDirectory(path.slice(0, path.lastIndexOf('/')));
  }
}

function indexed(one: Found, index: SegmentIndex): RecoveredSegment {
  const { end, entries } = index.directory;
  const { sequence, header, bytes } = one;
  return { sequence, salt: header.salt, created: header.created, end, entries, bytes, index };
}

/** A segment whose own header is gone can be read by the salt that its index remembers. */
function headerFromIndex(index: SegmentIndex | undefined): SegmentHeader | undefined {
  if (index === undefined) return undefined;
  const { sequence, salt, sealedAt } = index.directory;
  return { formatVersion: FORMAT_VERSION, sequence, salt, created: sealedAt, brokerId: -1, epoch: 0, recycled: true };
}
