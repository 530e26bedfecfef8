import { crc32c } from '../base/crc32c.ts';
import { CorruptTextSegment } from './bytes.ts';
import { type Region, readDirectory, readFooter, type TextDirectory, textFormat } from './format.ts';

/** Reads ranges of the object that holds a segment. Positions count from the start of the object. */
export interface RangeReader {
  /** Exactly these bytes; rejects when they cannot be had. */
  read(from: number, length: number): Promise<Uint8Array>;
}

/** Where a segment lies. */
export interface SegmentPlace {
  readonly objectKey: string;
  readonly position: number;
  readonly length: number;
}

/** Bytes fetched to open a segment: most directories are in them. */
const OPENING = 64 * 1024;

/** Pages that are read at once to be checked. */
const VERIFY_PAGES = 128;

/** Pages this near to each other are fetched by one request. */
const GAP_PAGES = 4;

/** The bytes of one segment: its directory, and its body by pages, which are checked and kept. */
export class SegmentBytes {
  readonly directory: TextDirectory;
  readonly objectKey: string;
  readonly #reader: RangeReader;
  readonly #position: number;
  readonly #bodyLength: number;
  readonly #pages = new Map<number, Promise<Uint8Array>>();
  readonly #directoryBytes: number;

  private constructor(reader: RangeReader, place: SegmentPlace, directory: TextDirectory, bodyLength: number) {
    this.directory = directory;
    this.objectKey = place.objectKey;
    this.#reader = reader;
    this.#position = place.position;
    this.#bodyLength = bodyLength;
    this.#directoryBytes = place.length - bodyLength;
  }

  /** Opens a segment by its last bytes. Rejects with `CorruptTextSegment`. */
  static async open(reader: RangeReader, place: SegmentPlace): Promise<SegmentBytes> {
    const { objectKey, position, length } = place;
    if (length < textFormat.footerBytes) throw new CorruptTextSegment(objectKey, 'is shorter than a footer');
    const tailLength = Math.min(length, OPENING);
    const tail = await exactly(reader, objectKey, position + length - tailLength, tailLength);
    const footer = readFooter(tail.subarray(tailLength - textFormat.footerBytes), objectKey, length, (b) => crc32c(b));
    const { directoryPosition, directoryLength, directoryCrc } = footer;
    const tailStart = length - tailLength;
    const bytes =
      directoryPosition >= tailStart
        ? tail.subarray(directoryPosition - tailStart, directoryPosition - tailStart + directoryLength)
        : await exactly(reader, objectKey, position + directoryPosition, directoryLength);
    if (crc32c(bytes) !== directoryCrc) throw new CorruptTextSegment(objectKey, 'has a wrong CRC in its directory');
    const opened = new SegmentBytes(
      reader,
      place,
      readDirectory(bytes, objectKey, directoryPosition),
      directoryPosition,
    );
    opened.#keepPages(tail, tailStart);
    return opened;
  }

  /** Bytes of memory held: the directory as objects takes a multiple of its bytes. */
  get bytes(): number {
    return this.#directoryBytes * 4 + this.#pages.size * textFormat.pageBytes;
  }

  /** Whole pages of the body that came with the tail need no second request. */
  #keepPages(tail: Uint8Array, tailStart: number): void {
    const { pageBytes } = textFormat;
    for (let page = Math.ceil(tailStart / pageBytes); page * pageBytes < this.#bodyLength; page++) {
      const from = page * pageBytes - tailStart;
      const to = Math.min(this.#bodyLength, (page + 1) * pageBytes) - tailStart;
      const bytes = tail.subarray(from, to);
      // Read again, and found wrong, when it is asked for.
      if (crc32c(bytes) === this.directory.pageCrcs[page]) this.#pages.set(page, Promise.resolve(bytes));
    }
  }

  /** The bytes of a region of the body. */
  async read({ position, length }: Region): Promise<Uint8Array> {
    if (length === 0) return new Uint8Array(0);
    const { pageBytes } = textFormat;
    if (position + length > this.#bodyLength) throw new CorruptTextSegment(this.objectKey, 'points beyond its body');
    const first = Math.floor(position / pageBytes);
    const last = Math.floor((position + length - 1) / pageBytes);
    this.#fetch(first, last);
    const pages = [];
    for (let page = first; page <= last; page++) pages.push(this.#pages.get(page)!);
    const bytes = await Promise.all(pages);
    const offset = position - first * pageBytes;
    if (bytes.length === 1) return bytes[0]!.subarray(offset, offset + length);
    return Buffer.concat(bytes).subarray(offset, offset + length);
  }

  /**
   * Reads the whole body and checks it, a piece at a time, without keeping any of it. `onPiece` is awaited after each. Rejects with
   * `CorruptTextSegment`, or with the reader's error.
   */
  async verify(onPiece: (bytes: number) => Promise<void>): Promise<void> {
    const { pageBytes } = textFormat;
    for (let from = 0; from < this.#bodyLength; from += VERIFY_PAGES * pageBytes) {
      const length = Math.min(this.#bodyLength - from, VERIFY_PAGES * pageBytes);
      const piece = await exactly(this.#reader, this.objectKey, this.#position + from, length);
      for (let at = 0; at < length; at += pageBytes)
        this.#check((from + at) / pageBytes, piece.subarray(at, at + pageBytes));
      await onPiece(length);
    }
  }

  /** Starts requests for the pages that are missing, neighbours together. */
  #fetch(first: number, last: number): void {
    for (let page = first; page <= last; page++) {
      if (this.#pages.has(page)) continue;
      let end = page;
      for (let next = page + 1; next <= Math.min(last, end + GAP_PAGES); next++) if (!this.#pages.has(next)) end = next;
      this.#request(page, end);
      page = end;
    }
  }

  #request(first: number, last: number): void {
    const { pageBytes } = textFormat;
    const from = first * pageBytes;
    const length = Math.min(this.#bodyLength, (last + 1) * pageBytes) - from;
    const whole = exactly(this.#reader, this.objectKey, this.#position + from, length);
    for (let page = first; page <= last; page++) {
      if (this.#pages.has(page)) continue;
      const bytes = whole.then((all) =>
        this.#check(page, all.subarray((page - first) * pageBytes, (page - first + 1) * pageBytes)),
      );
      this.#pages.set(page, bytes);
      bytes.catch(() => this.#pages.delete(page)); // The reader of the page is told; the next one tries again.
    }
  }

  #check(page: number, bytes: Uint8Array): Uint8Array {
    if (crc32c(bytes) !== this.directory.pageCrcs[page]) {
      throw new CorruptTextSegment(this.objectKey, `has a wrong CRC in page ${page}`);
    }
    return bytes;
  }
}

async function exactly(reader: RangeReader, objectKey: string, from: number, length: number): Promise<Uint8Array> {
  const bytes = await reader.read(from, length);
  if (bytes.length !== length) throw new CorruptTextSegment(objectKey, `ends before byte ${from + length}`);
  return bytes;
}
