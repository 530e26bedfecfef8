/**
 * Bytes of a pack (docs/formats/pack.md): the one place that knows them, for the writer and the reader. All integers are big-endian.
 *
 *   header | section: batches, then its index block | … | directory | trailer
 */
import { readInt32, readInt64, readUint32, writeInt32, writeInt64 } from '../../protocol/records/integers.ts';
import { copyOf } from '../base/bytes.ts';
import { crc32c } from '../base/crc32c.ts';
import { PackCorrupt, PackFormatError } from './errors.ts';

/** The newest pack format that this program reads, and the one that it writes. */
const PACK_FORMAT_VERSION = 1;

const MAGIC = new TextEncoder().encode('QUARRYPK');
const PACK_HEADER_BYTES = 16;
export const TRAILER_BYTES = 40;
const DIRECTORY_ENTRY_BYTES = 88;
export const INDEX_HEADER_BYTES = 16;
export const INTERVAL_BYTES = 32;
const PRODUCER_BYTES = 40;
const ABORTED_BYTES = 32;

/** Bytes of batches after which a new interval of the sparse index begins. An interval is never less than one batch. */
export const INTERVAL_TARGET_BYTES = 64 * 1024;

/** One entry of a section's sparse index: a run of whole batches. */
export interface Interval {
  /** Base offset of its first batch. */
  readonly baseOffset: number;
  /** Where it begins, in bytes from the start of the section. It ends where the next one begins. */
  readonly position: number;
  /** The highest timestamp in it. */
  readonly maxTimestamp: number;
  /** CRC-32C of all its bytes: a batch's own CRC leaves out its first 21 bytes. */
  readonly crc: number;
  readonly batches: number;
}

/** The last that a section holds of one idempotent producer. */
export interface ProducerEntry {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  /** The last offset of its last batch. */
  readonly lastOffset: number;
  readonly lastTimestamp: number;
}

/** An aborted transaction whose marker is in the section. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Offset of the marker. */
  readonly lastOffset: number;
  /** The last stable offset after the marker. */
  readonly lastStableOffset: number;
}

/** What stands behind the batches of a section. */
export interface SectionIndex {
  readonly intervals: readonly Interval[];
  readonly producers: readonly ProducerEntry[];
  readonly aborted: readonly AbortedTransaction[];
}

/** A section, as the directory lists it. */
export interface Section {
  /** 16 bytes. */
  readonly topicId: Uint8Array;
  readonly partition: number;
  readonly generation: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly records: number;
  /** Where its batches lie in the object. The index block follows them. */
  readonly position: number;
  readonly length: number;
  /** The lowest base timestamp of its batches. */
  readonly minTimestamp: number;
  readonly maxTimestamp: number;
  readonly indexLength: number;
  readonly indexCrc: number;
}

export function encodeHeader(): Uint8Array {
  const bytes = new Uint8Array(PACK_HEADER_BYTES);
  bytes.set(MAGIC);
  writeInt32(bytes, 8, PACK_FORMAT_VERSION);
  return bytes;
}

/** The index block of a section: counts, then intervals, producers and aborted transactions. Its CRC stands in the directory and at its end. */
export function encodeIndex(index: SectionIndex): Uint8Array {
  const { intervals, producers, aborted } = index;
  const bytes = new Uint8Array(indexBytes(intervals.length, producers.length, aborted.length));
  writeInt32(bytes, 0, intervals.length);
  writeInt32(bytes, 4, producers.length);
  writeInt32(bytes, 8, aborted.length);
  let at = INDEX_HEADER_BYTES;
  for (const interval of intervals) {
    writeInt64(bytes, at, interval.baseOffset);
    writeInt64(bytes, at + 8, interval.position);
    writeInt64(bytes, at + 16, interval.maxTimestamp);
    writeInt32(bytes, at + 24, interval.crc);
    writeInt32(bytes, at + 28, interval.batches);
    at += INTERVAL_BYTES;
  }
  for (const producer of producers) {
    writeInt64(bytes, at, producer.producerId);
    writeInt64(bytes, at + 8, producer.lastOffset);
    writeInt64(bytes, at + 16, producer.lastTimestamp);
    writeInt32(bytes, at + 24, producer.lastSequence);
    writeInt32(bytes, at + 28, producer.producerEpoch);
    at += PRODUCER_BYTES;
  }
  for (const transaction of aborted) {
    writeInt64(bytes, at, transaction.producerId);
    writeInt64(bytes, at + 8, transaction.firstOffset);
    writeInt64(bytes, at + 16, transaction.lastOffset);
    writeInt64(bytes, at + 24, transaction.lastStableOffset);
    at += ABORTED_BYTES;
  }
  writeInt32(bytes, at, crc32c(bytes.subarray(0, at)));
  return bytes;
}

function indexBytes(intervals: number, producers: number, aborted: number): number {
  return INDEX_HEADER_BYTES + intervals * INTERVAL_BYTES + producers * PRODUCER_BYTES + aborted * ABORTED_BYTES + 4;
}

/** Bytes of the index block that begins with `header` (its first 16 bytes). */
export function indexLength(header: Uint8Array): number {
  if (header.length < INDEX_HEADER_BYTES) throw new PackCorrupt('the index block of a section is cut off');
  return indexBytes(readUint32(header, 0), readUint32(header, 4), readUint32(header, 8));
}

/** Reads an index block; `sectionLength` is the length of its section's batches. Throws PackCorrupt. */
export function decodeIndex(bytes: Uint8Array, sectionLength: number): SectionIndex {
  if (indexLength(bytes) !== bytes.length) throw new PackCorrupt('the index block of a section has a wrong length');
  const end = bytes.length - 4;
  if (crc32c(bytes.subarray(0, end)) !== readUint32(bytes, end))
    throw new PackCorrupt('the index block of a section has a wrong checksum');
  let at = INDEX_HEADER_BYTES;
  const take = <T>(count: number, size: number, parse: (at: number) => T): T[] => {
    const start = at;
    at += count * size;
    return Array.from({ length: count }, (_, i) => parse(start + i * size));
  };
  const intervals = take(readUint32(bytes, 0), INTERVAL_BYTES, (from) => decodeInterval(bytes, from));
  const ordered = intervals.every(
    ({ position }, i) => position >= 0 && position < (intervals[i + 1]?.position ?? sectionLength),
  );
  if (intervals[0]?.position !== 0 || !ordered)
    throw new PackCorrupt('the index of a section does not fit the section');
  return {
    intervals,
    producers: take(readUint32(bytes, 4), PRODUCER_BYTES, (from) => decodeProducer(bytes, from)),
    aborted: take(readUint32(bytes, 8), ABORTED_BYTES, (from) => decodeAborted(bytes, from)),
  };
}

function decodeInterval(bytes: Uint8Array, at: number): Interval {
  return {
    baseOffset: readInt64(bytes, at),
    position: readInt64(bytes, at + 8),
    maxTimestamp: readInt64(bytes, at + 16),
    crc: readUint32(bytes, at + 24),
    batches: readInt32(bytes, at + 28),
  };
}

function decodeProducer(bytes: Uint8Array, at: number): ProducerEntry {
  return {
    producerId: readInt64(bytes, at),
    lastOffset: readInt64(bytes, at + 8),
    lastTimestamp: readInt64(bytes, at + 16),
    lastSequence: readInt32(bytes, at + 24),
    producerEpoch: readInt32(bytes, at + 28),
  };
}

function decodeAborted(bytes: Uint8Array, at: number): AbortedTransaction {
  return {
    producerId: readInt64(bytes, at),
    firstOffset: readInt64(bytes, at + 8),
    lastOffset: readInt64(bytes, at + 16),
    lastStableOffset: readInt64(bytes, at + 24),
  };
}

/** Directory and trailer: the end of a pack. `position` is where the directory begins in the object. */
export function encodeFooter(sections: readonly Section[], position: number): Uint8Array {
  const directoryBytes = sections.length * DIRECTORY_ENTRY_BYTES;
  const bytes = new Uint8Array(directoryBytes + TRAILER_BYTES);
  for (const [i, section] of sections.entries()) encodeSection(bytes, i * DIRECTORY_ENTRY_BYTES, section);
  writeInt64(bytes, directoryBytes, position);
  writeInt32(bytes, directoryBytes + 8, directoryBytes);
  writeInt32(bytes, directoryBytes + 12, sections.length);
  writeInt32(bytes, directoryBytes + 16, crc32c(bytes.subarray(0, directoryBytes)));
  writeInt32(bytes, directoryBytes + 24, PACK_FORMAT_VERSION);
  writeInt32(bytes, directoryBytes + 28, crc32c(bytes.subarray(directoryBytes, directoryBytes + 28)));
  bytes.set(MAGIC, directoryBytes + 32);
  return bytes;
}

function encodeSection(bytes: Uint8Array, at: number, section: Section): void {
  bytes.set(section.topicId, at);
  writeInt32(bytes, at + 16, section.partition);
  writeInt32(bytes, at + 20, section.generation);
  writeInt64(bytes, at + 24, section.baseOffset);
  writeInt64(bytes, at + 32, section.lastOffset);
  writeInt64(bytes, at + 40, section.records);
  writeInt64(bytes, at + 48, section.position);
  writeInt64(bytes, at + 56, section.length);
  writeInt64(bytes, at + 64, section.minTimestamp);
  writeInt64(bytes, at + 72, section.maxTimestamp);
  writeInt32(bytes, at + 80, section.indexLength);
  writeInt32(bytes, at + 84, section.indexCrc);
}

function decodeSection(bytes: Uint8Array, at: number): Section {
  return {
    topicId: copyOf(bytes.subarray(at, at + 16)),
    partition: readInt32(bytes, at + 16),
    generation: readInt32(bytes, at + 20),
    baseOffset: readInt64(bytes, at + 24),
    lastOffset: readInt64(bytes, at + 32),
    records: readInt64(bytes, at + 40),
    position: readInt64(bytes, at + 48),
    length: readInt64(bytes, at + 56),
    minTimestamp: readInt64(bytes, at + 64),
    maxTimestamp: readInt64(bytes, at + 72),
    indexLength: readUint32(bytes, at + 80),
    indexCrc: readUint32(bytes, at + 84),
  };
}

/** Where the directory of a pack lies, and what it has to be. */
export interface Trailer {
  readonly position: number;
  readonly length: number;
  readonly sections: number;
  readonly crc: number;
}

/** Reads the trailer from the last bytes of a pack. Throws PackCorrupt, or PackFormatError for a newer format. */
export function decodeTrailer(suffix: Uint8Array): Trailer {
  const at = suffix.length - TRAILER_BYTES;
  if (at < 0 || !MAGIC.every((byte, i) => suffix[at + 32 + i] === byte))
    throw new PackCorrupt('this object does not end as a pack does');
  const version = readInt32(suffix, at + 24);
  const whole = crc32c(suffix.subarray(at, at + 28)) === readUint32(suffix, at + 28);
  if (version > PACK_FORMAT_VERSION) throw new PackFormatError(version);
  if (!whole) throw new PackCorrupt('the trailer of a pack has a wrong checksum');
  const trailer = {
    position: readInt64(suffix, at),
    length: readUint32(suffix, at + 8),
    sections: readUint32(suffix, at + 12),
    crc: readUint32(suffix, at + 16),
  };
  if (trailer.length !== trailer.sections * DIRECTORY_ENTRY_BYTES)
    throw new PackCorrupt('the directory of a pack has a wrong length');
  return trailer;
}

/** Reads the directory. Throws PackCorrupt. */
export function decodeDirectory(bytes: Uint8Array, trailer: Trailer): Section[] {
  if (bytes.length !== trailer.length || crc32c(bytes) !== trailer.crc)
    throw new PackCorrupt('the directory of a pack has a wrong checksum');
  return Array.from({ length: trailer.sections }, (_, i) => decodeSection(bytes, i * DIRECTORY_ENTRY_BYTES));
}
