import type { Disk, DiskFile } from '../base/disk.ts';
import { segmentPath } from './files.ts';
import {
  bodyIsWhole,
  decodeSegmentHeader,
  ENTRY_HEADER_BYTES,
  entryBaseOffset,
  entryFlags,
  entryLength,
  entryPartition,
  entrySynced,
  entryVersion,
  FLAG_SEAL,
  HEADER_BYTES,
  headerIsWhole,
  headerSpan,
  MARKER,
  MARKER_AT,
  RECORD_ENTRY,
  type SegmentHeader,
} from './format.ts';

const WINDOW_BYTES = 256 * 1024;
/** What a search sums in vain of long entries, in lengths of the segment. Whoever produces can make bytes that look like the header of one at every place. */
const VAIN_SUMS = 8;

/** An entry as read. `topicId` and `payload` are slices of the reader's buffer: they hold until its next step. */
export interface WalEntry {
  /** Where the entry begins in the segment, and its length with its header. */
  readonly position: number;
  readonly length: number;
  /** 1: a bare record. 2: a record batch. */
  readonly version: number;
  /** 16 bytes. */
  readonly topicId: Uint8Array;
  readonly partition: number;
  readonly baseOffset: number;
  /** Bytes of the segment that were durable when the entry was written. */
  readonly synced: number;
  readonly payload: Uint8Array;
}

/** What stands at the reader's place. */
export type Step =
  | { readonly kind: 'entry'; readonly entry: WalEntry }
  /** The entry that seals the segment; `entries` came before it. */
  | { readonly kind: 'seal'; readonly position: number; readonly entries: number; readonly synced: number }
  /** The reader has come to its limit. */
  | { readonly kind: 'limit'; readonly position: number }
  /** No whole entry. `length` is the entry's, when its header can be believed. `cut`: the file or limit ends inside it. */
  | { readonly kind: 'bad'; readonly position: number; readonly length: number | undefined; readonly cut: boolean };

/** Reads the header of a segment file. Undefined when it has none that is whole; throws WalFormatError when it is newer. */
export function readSegmentHeader(file: DiskFile): SegmentHeader | undefined {
  const block = new Uint8Array(HEADER_BYTES);
  return decodeSegmentHeader(block.subarray(0, file.readSync(block, 0)));
}

/** Walks the entries of one segment through a bounded buffer, which grows only to hold a single larger entry. */
export class SegmentReader {
  readonly #file: DiskFile;
  readonly #salt: number;
  #limit: number;
  #position: number;
  #window = Buffer.alloc(0);
  #windowAt = 0;
  #filled = 0;
  /** Bytes summed of what looked like an entry of version 1 and was none. */
  #vain = 0;

  /** Reads from `position` (an entry's beginning) up to `limit`. */
  constructor(file: DiskFile, salt: number, position = HEADER_BYTES, limit = file.sizeSync()) {
    this.#file = file;
    this.#salt = salt;
    this.#position = position;
    this.#limit = limit;
  }

  get position(): number {
    return this.#position;
  }

  /** Lets the reader go further: more of the segment is durable now. */
  extend(limit: number): void {
    this.#limit = Math.max(this.#limit, limit);
  }

  /** Goes on at `position`, an entry's beginning. */
  seek(position: number): void {
    this.#position = position;
  }

  /** The entry at the reader's place, and moves behind it. Stays where it is on anything else. Throws WalFormatError. */
  next(): Step {
    const position = this.#position;
    if (position >= this.#limit) return { kind: 'limit', position };
    const step = this.#judge(position);
    if (step.kind === 'entry') this.#position = position + step.entry.length;
    return step;
  }

  /** The place of the next whole entry after `from`, looked for byte by byte; undefined when there is none before the limit. */
  resync(from: number): number | undefined {
    let at = from + 1;
    for (;;) {
      const marker = this.#findMarker(at + MARKER_AT);
      if (marker === undefined) return undefined;
      at = marker - MARKER_AT;
      if (!this.#headerIsWhole(at)) {
        at += 1;
        continue;
      }
      const step = this.#judge(at);
      if (step.kind === 'entry' || step.kind === 'seal') return at;
      at += 1;
    }
  }

  /** The quick half of `#judge`: old entries of a recycled file pass by here in great numbers. */
  #headerIsWhole(position: number): boolean {
    if (!this.#load(position, ENTRY_HEADER_BYTES)) return false;
    const at = position - this.#windowAt;
    const span = headerSpan(this.#window, at);
    if (span === 0 || position + span > this.#limit) return false;
    // Of an entry of version 1 all has to be summed before anything of it can be believed.
    const isLong = entryVersion(this.#window, at) === RECORD_ENTRY;
    if (isLong && this.#vain > VAIN_SUMS * this.#limit) return false;
    if (!this.#load(position, span)) return false;
    const whole = headerIsWhole(this.#window, position - this.#windowAt, this.#salt);
    if (isLong && !whole) this.#vain += span;
    return whole;
  }

  #findMarker(from: number): number | undefined {
    for (let at = from; at + 1 < this.#limit; ) {
      this.#load(at, Math.min(this.#limit - at, WINDOW_BYTES));
      const start = at - this.#windowAt;
      const end = Math.min(this.#filled, this.#limit - this.#windowAt);
      const found = this.#window.subarray(0, end).indexOf(MARKER, start);
      if (found >= 0) return this.#windowAt + found;
      if (end - start < 2) return undefined;
      at = this.#windowAt + end - 1;
    }
    return undefined;
  }

  #judge(position: number): Step {
    const bad = (length?: number, cut = false): Step => ({ kind: 'bad', position, length, cut });
    if (!this.#load(position, ENTRY_HEADER_BYTES)) return bad(undefined, true);
    let at = position - this.#windowAt;
    const span = headerSpan(this.#window, at);
    if (span === 0) return bad();
    const length = entryLength(this.#window, at);
    if (position + span > this.#limit || !this.#load(position, span)) return bad(undefined, true);
    at = position - this.#windowAt;
    if (!headerIsWhole(this.#window, at, this.#salt)) return bad();
    if (position + length > this.#limit || !this.#load(position, length)) return bad(length, true);
    at = position - this.#windowAt;
    if (!bodyIsWhole(this.#window, at)) return bad(length);
    if ((entryFlags(this.#window, at) & FLAG_SEAL) !== 0)
      return {
        kind: 'seal',
        position,
        entries: entryBaseOffset(this.#window, at),
        synced: entrySynced(this.#window, at),
      };
    return { kind: 'entry', entry: this.#entry(position, at, length) };
  }

  #entry(position: number, at: number, length: number): WalEntry {
    const window = this.#window;
    return {
      position,
      length,
      version: entryVersion(window, at),
      topicId: window.subarray(at + 16, at + 32),
      partition: entryPartition(window, at),
      baseOffset: entryBaseOffset(window, at),
      synced: entrySynced(window, at),
      payload: window.subarray(at + ENTRY_HEADER_BYTES, at + length),
    };
  }

  /** Makes `length` bytes from `position` lie in the window; false when the file or the limit ends before. */
  #load(position: number, length: number): boolean {
    const inside = position >= this.#windowAt && position + length <= this.#windowAt + this.#filled;
    if (inside) return position + length <= this.#limit;
    const room = Math.max(length, Math.min(WINDOW_BYTES, this.#limit - position));
    if (this.#window.length < room) this.#window = Buffer.allocUnsafeSlow(room);
    const wanted = Math.min(this.#window.length, this.#limit - position);
    this.#windowAt = position;
    this.#filled = wanted > 0 ? this.#file.readSync(this.#window.subarray(0, wanted), position) : 0;
    return this.#filled >= length;
  }
}

/** A stretch of a segment that holds no whole entry although it should. */
export interface CorruptRange {
  readonly sequence: number;
  readonly from: number;
  readonly to: number;
}

/** Where a reader that follows the WAL stands: everything before is read. */
export interface WalPosition {
  readonly segment: number;
  readonly position: number;
}

/**
 * Reads the durable part of the WAL in order, across segments; for a worker thread that knows only the disk and the durable watermark. A
 * stretch that is corrupt is reported to `onCorrupt` and skipped. The caller must keep the segment it stands in from being
 * drained.
 */
export class WalFollower {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #onCorrupt: (range: CorruptRange) => void;
  #segment: number;
  #start: number;
  #file: DiskFile | undefined;
  #reader: SegmentReader | undefined;

  constructor(disk: Disk, folder: string, from: WalPosition, onCorrupt: (range: CorruptRange) => void) {
    this.#disk = disk;
    this.#folder = folder;
    this.#segment = from.segment;
    this.#start = Math.max(from.position, HEADER_BYTES);
    this.#onCorrupt = onCorrupt;
  }

  get position(): WalPosition {
    return { segment: this.#segment, position: this.#reader?.position ?? this.#start };
  }

  /**
   * The next entry before `durable`, or undefined when all is read. `exists` tells which segments there are (in order):
   * drained ones are passed over.
   */
  next(durable: WalPosition, exists: (sequence: number) => boolean): WalEntry | undefined {
    for (;;) {
      if (this.#segment > durable.segment) return undefined;
      const reader = this.#open(durable, exists);
      if (reader === undefined) {
        if (this.#segment >= durable.segment) return undefined;
        this.#goTo(this.#segment + 1);
        continue;
      }
      const step = reader.next();
      if (step.kind === 'entry') return step.entry;
      if (step.kind === 'bad') this.#skip(reader, step.position, durable);
      else if (step.kind === 'seal' || this.#segment < durable.segment) this.#goTo(this.#segment + 1);
      else return undefined;
    }
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#reader = undefined;
  }

  #open(durable: WalPosition, exists: (sequence: number) => boolean): SegmentReader | undefined {
    const sealed = this.#segment < durable.segment;
    if (this.#reader === undefined) {
      if (!exists(this.#segment)) return undefined;
      const file = this.#disk.open(segmentPath(this.#folder, this.#segment), 'read');
      const header = readSegmentHeader(file);
      if (header === undefined || header.sequence !== this.#segment) {
        if (sealed) this.#onCorrupt({ sequence: this.#segment, from: 0, to: file.sizeSync() });
        file.close();
        return undefined;
      }
      this.#file = file;
      this.#reader = new SegmentReader(file, header.salt, this.#start, this.#start);
    }
    this.#reader.extend(sealed ? (this.#file?.sizeSync() ?? 0) : durable.position);
    return this.#reader;
  }

  /** Everything before the limit was synced once, and a sealed segment ends with its seal: what is not whole is corrupt. */
  #skip(reader: SegmentReader, position: number, durable: WalPosition): void {
    const sealed = this.#segment < durable.segment;
    if (sealed && position === this.#start && this.#sealEndsAt(reader, position)) {
      this.#goTo(this.#segment + 1);
      return;
    }
    const next = reader.resync(position) ?? (sealed ? undefined : durable.position);
    this.#onCorrupt({ sequence: this.#segment, from: position, to: next ?? position });
    if (next === undefined) this.#goTo(this.#segment + 1);
    else reader.seek(next);
  }

  /** Whether `position` is the end of the segment: the durable watermark stands there until the next segment is begun. */
  #sealEndsAt(reader: SegmentReader, position: number): boolean {
    const seal = position - ENTRY_HEADER_BYTES;
    if (seal < HEADER_BYTES) return false;
    reader.seek(seal);
    const found = reader.next().kind === 'seal';
    reader.seek(position);
    return found;
  }

  #goTo(segment: number): void {
    this.close();
    this.#segment = segment;
    this.#start = HEADER_BYTES;
  }
}
