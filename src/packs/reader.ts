import { crc32c } from '../base/crc32c.ts';
import type { ByteRange } from '../objects/types.ts';
import { PackCorrupt } from './errors.ts';
import {
  decodeDirectory,
  decodeIndex,
  decodeTrailer,
  INDEX_HEADER_BYTES,
  INTERVAL_BYTES,
  INTERVAL_TARGET_BYTES,
  indexLength,
  type Section,
  type SectionIndex,
  TRAILER_BYTES,
} from './format.ts';

/** Reads a range of one object. */
export type ReadRange = (range: ByteRange) => Promise<Uint8Array>;

/** Enough for the directory of some 700 sections with one request. */
const FOOTER_GUESS_BYTES = 64 * 1024;

/** Reads the directory of a pack: one request, or two when it is long. Throws PackCorrupt or PackFormatError. */
export async function readDirectory(read: ReadRange): Promise<Section[]> {
  const suffix = await read({ suffix: FOOTER_GUESS_BYTES });
  const trailer = decodeTrailer(suffix);
  const at = suffix.length - TRAILER_BYTES - trailer.length;
  const directory =
    at >= 0 ? suffix.subarray(at, at + trailer.length) : await read({ from: trailer.position, length: trailer.length });
  return decodeDirectory(directory, trailer);
}

/** Where the batches of a section lie: what the registry knows of it. */
export interface SectionPlace {
  readonly position: number;
  readonly length: number;
}

/** Reads the index block of a section, mostly with one request. Throws PackCorrupt. */
export async function readSectionIndex(read: ReadRange, place: SectionPlace): Promise<SectionIndex> {
  const from = place.position + place.length;
  // Intervals reach their target size or hold one larger batch, so that there are at most so many; some room for producers.
  const guess = INDEX_HEADER_BYTES + (Math.ceil(place.length / INTERVAL_TARGET_BYTES) + 1) * INTERVAL_BYTES + 1024;
  const first = await read({ from, length: guess });
  const length = indexLength(first);
  if (length <= first.length) return decodeIndex(first.subarray(0, length), place.length);
  // The counts are not yet checked: a rotten one must not make us read a gigabyte.
  if (length > place.length + guess) throw new PackCorrupt('the index block of a section has a wrong length');
  return decodeIndex(await read({ from, length }), place.length);
}

/** Index of the last interval that begins at or before `offset`; 0 when all begin after it. */
export function intervalOf(index: SectionIndex, offset: number): number {
  let low = 0;
  let high = index.intervals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((index.intervals[middle]?.baseOffset ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** Where interval `at` ends, in bytes from the start of the section. */
export function intervalEnd(index: SectionIndex, at: number, place: SectionPlace): number {
  return index.intervals[at + 1]?.position ?? place.length;
}

/** Which intervals of a section were found whole, by their place in the index. */
export type CheckedIntervals = Set<number>;

/**
 * Reads the intervals [first, end) of a section and checks the CRC of each that is not in `checked`, to which it is added then. Throws
 * PackCorrupt.
 */
export async function readIntervals(
  read: ReadRange,
  place: SectionPlace,
  index: SectionIndex,
  first: number,
  end: number,
  checked?: CheckedIntervals,
): Promise<Uint8Array> {
  const start = index.intervals[first]?.position ?? 0;
  const length = intervalEnd(index, end - 1, place) - start;
  const bytes = await read({ from: place.position + start, length });
  if (bytes.length !== length) throw new PackCorrupt(`a section is cut off: ${bytes.length} of ${length} bytes`);
  for (let at = first; at < end; at++) {
    const interval = index.intervals[at];
    if (interval === undefined) break;
    if (checked?.has(at) === true) continue;
    const slice = bytes.subarray(interval.position - start, intervalEnd(index, at, place) - start);
    if (crc32c(slice) !== interval.crc)
      throw new PackCorrupt(`the batches from offset ${interval.baseOffset} have a wrong checksum`);
    checked?.add(at);
  }
  return bytes;
}
