/**
 * Bytes of a WAL segment (docs/formats/wal.md): the one place that knows them, for the writer and every reader.
 * All integers are big-endian.
 */
import { crc32c } from '../base/crc32c.ts';
import { readInt32, readInt64, readUint32, writeInt32, writeInt64 } from '../../protocol/records/integers.ts';
import { WalFormatError } from './errors.ts';

/** The newest segment format that this program reads, and the one that it writes. */
export const FORMAT_VERSION = 1;

/** Where the first entry begins: the header has a 4 KiB block to itself. */
export const HEADER_BYTES = 4096;

/** The header is written twice into its block, so that one bad sector does not take the salt with it. */
const HEADER_COPIES = [0, 2048] as const;
const HEADER_FIELDS = 44;
const MAGIC = new TextEncoder().encode('QUARRYWL');

/** Bytes of an entry before its payload. */
export const ENTRY_HEADER_BYTES = 44;

/** Where the two marker bytes of an entry lie in it; a search for the next entry looks for them. */
export const MARKER_AT = 8;
export const MARKER = new Uint8Array([0x51, 0x57]);

/** Entry versions. 1: one bare record. 2: one record batch (magic 2). */
export const RECORD_ENTRY = 1;
const BATCH_ENTRY = 2;

/** Flag: the last entry of a segment, without payload; nothing after it belongs to the segment. */
export const FLAG_SEAL = 1;

/** Flag of a segment header: the file had another life before, old bytes follow the last entry. */
const FLAG_RECYCLED = 1;

/** Bytes of a record batch that the entry's CRC covers: the batch header, which holds the CRC of all that follows it. */
export const BATCH_HEADER_BYTES = 61;
const BATCH_CRC_AT = 17;
const BATCH_BODY_AT = 21;

/** What the header of a segment says. */
export interface SegmentHeader {
  readonly formatVersion: number;
  /** Start value of every CRC in the segment; random, so that bytes of an earlier life are never taken for entries. */
  readonly salt: number;
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly brokerId: number;
  /** How many times this WAL had been opened when the segment was made. */
  readonly epoch: number;
  readonly recycled: boolean;
}

/** The first block of a segment. */
export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const block = new Uint8Array(HEADER_BYTES);
  const one = block.subarray(0, HEADER_FIELDS + 4);
  one.set(MAGIC);
  one[8] = header.formatVersion >> 8;
  one[9] = header.formatVersion;
  writeInt32(one, 12, header.salt);
  writeInt64(one, 16, header.sequence);
  writeInt64(one, 24, header.created);
  writeInt32(one, 32, header.brokerId);
  writeInt32(one, 36, header.epoch);
  writeInt32(one, 40, header.recycled ? FLAG_RECYCLED : 0);
  writeInt32(one, HEADER_FIELDS, crc32c(one.subarray(0, HEADER_FIELDS)));
  block.copyWithin(HEADER_COPIES[1], 0, HEADER_FIELDS + 4);
  return block;
}

/**
 * Reads the first block of a segment (fewer bytes are fine). Undefined when neither copy is whole: not a segment, or
 * one whose making was cut short. Throws WalFormatError when it is of a newer format.
 */
export function decodeSegmentHeader(block: Uint8Array): SegmentHeader | undefined {
  let newer = 0;
  for (const at of HEADER_COPIES) {
    if (block.length < at + HEADER_FIELDS + 4) continue;
    const copy = block.subarray(at, at + HEADER_FIELDS + 4);
    if (!MAGIC.every((byte, i) => copy[i] === byte)) continue;
    const formatVersion = (copy[8]! << 8) | copy[9]!;
    if (crc32c(copy.subarray(0, HEADER_FIELDS)) !== readUint32(copy, HEADER_FIELDS)) {
      if (formatVersion > FORMAT_VERSION) newer = formatVersion;
      continue;
    }
    if (formatVersion > FORMAT_VERSION) throw new WalFormatError(`segment format ${formatVersion}`);
    return {
      formatVersion,
      salt: readUint32(copy, 12),
      sequence: readInt64(copy, 16),
      created: readInt64(copy, 24),
      brokerId: readInt32(copy, 32),
      epoch: readInt32(copy, 36),
      recycled: (readInt32(copy, 40) & FLAG_RECYCLED) !== 0,
    };
  }
  // A later format may sum its header in another way, so its number alone is believed.
  if (newer > 0) throw new WalFormatError(`segment format ${newer}`);
  return undefined;
}

/** Writes the CRC of the entry at `at`, whose other header fields and first `covered` payload bytes are in place. */
function sealEntry(into: Uint8Array, at: number, covered: number, salt: number): void {
  writeInt32(into, at, crc32c(into.subarray(at + 4, at + ENTRY_HEADER_BYTES + covered), salt));
}

/** The fields of an entry that do not depend on its payload. */
export interface EntryFields {
  /** 16 bytes. */
  readonly topicId: Uint8Array;
  readonly partition: number;
  readonly baseOffset: number;
  /** Bytes of the segment known to be durable when the entry was made. */
  readonly synced: number;
}

function writeFields(
  into: Uint8Array,
  at: number,
  version: number,
  flags: number,
  length: number,
  fields: EntryFields,
): void {
  writeInt32(into, at + 4, length);
  into[at + 8] = 0x51;
  into[at + 9] = 0x57;
  into[at + 10] = version;
  into[at + 11] = flags;
  writeInt32(into, at + 12, fields.synced);
  into.set(fields.topicId, at + 16);
  writeInt64(into, at + 32, fields.baseOffset);
  writeInt32(into, at + 40, fields.partition);
}

/**
 * Writes the header of a version 2 entry at `at`. The first 61 bytes of the batch must already stand behind it; `batchBytes` is the
 * length of the whole batch, the rest of which may lie elsewhere: the batch's own CRC covers it.
 */
export function writeBatchEntryHeader(
  into: Uint8Array,
  at: number,
  fields: EntryFields,
  batchBytes: number,
  salt: number,
): void {
  writeFields(into, at, BATCH_ENTRY, 0, ENTRY_HEADER_BYTES + batchBytes, fields);
  sealEntry(into, at, BATCH_HEADER_BYTES, salt);
}

const NO_TOPIC = new Uint8Array(16);

/** The entry that ends a segment; `entries` is the number of entries before it. */
export function encodeSealEntry(entries: number, synced: number, salt: number): Uint8Array {
  const entry = new Uint8Array(ENTRY_HEADER_BYTES);
  writeFields(entry, 0, BATCH_ENTRY, FLAG_SEAL, ENTRY_HEADER_BYTES, {
    topicId: NO_TOPIC,
    partition: 0,
    baseOffset: entries,
    synced,
  });
  sealEntry(entry, 0, 0, salt);
  return entry;
}

/** A whole version 1 entry. Written by earlier programs only; kept so that fixtures and repairs can be made. */
export function encodeRecordEntry(fields: EntryFields, payload: Uint8Array, salt: number): Uint8Array {
  const entry = new Uint8Array(ENTRY_HEADER_BYTES + payload.length);
  entry.set(payload, ENTRY_HEADER_BYTES);
  writeFields(entry, 0, RECORD_ENTRY, 0, entry.length, fields);
  sealEntry(entry, 0, payload.length, salt);
  return entry;
}

export const entryLength = (bytes: Uint8Array, at: number): number => readUint32(bytes, at + 4);
export const entryVersion = (bytes: Uint8Array, at: number): number => bytes[at + 10]!;
export const entryFlags = (bytes: Uint8Array, at: number): number => bytes[at + 11]!;
export const entrySynced = (bytes: Uint8Array, at: number): number => readUint32(bytes, at + 12);
export const entryBaseOffset = (bytes: Uint8Array, at: number): number => readInt64(bytes, at + 32);
export const entryPartition = (bytes: Uint8Array, at: number): number => readInt32(bytes, at + 40);

/**
 * How many bytes of an entry must be at hand to judge its header, or 0 when what stands at `at` cannot be an entry. Needs the 44 bytes of
 * the entry header. A version that this program does not know needs the header alone.
 */
export function headerSpan(bytes: Uint8Array, at: number): number {
  if (bytes[at + MARKER_AT] !== MARKER[0] || bytes[at + MARKER_AT + 1] !== MARKER[1]) return 0;
  const length = entryLength(bytes, at);
  if (length < ENTRY_HEADER_BYTES) return 0;
  if (entryVersion(bytes, at) === RECORD_ENTRY) return length;
  if (entryVersion(bytes, at) !== BATCH_ENTRY) return ENTRY_HEADER_BYTES;
  if ((entryFlags(bytes, at) & FLAG_SEAL) !== 0) return length === ENTRY_HEADER_BYTES ? length : 0;
  return length >= ENTRY_HEADER_BYTES + BATCH_HEADER_BYTES ? ENTRY_HEADER_BYTES + BATCH_HEADER_BYTES : 0;
}

/**
 * Judges an entry header; `headerSpan` bytes must be at hand. True means that length, place and owner of the entry can be
 * believed, and with version 1 the payload too. Throws WalFormatError for a version that this program does not know.
 */
export function headerIsWhole(bytes: Uint8Array, at: number, salt: number): boolean {
  const span = headerSpan(bytes, at);
  if (span === 0) return false;
  const whole = crc32c(bytes.subarray(at + 4, at + span), salt) === readUint32(bytes, at);
  const version = entryVersion(bytes, at);
  if (version !== BATCH_ENTRY) {
    if (whole && version !== RECORD_ENTRY) throw new WalFormatError(`entry version ${version}`);
    return whole;
  }
  if (!whole || span === ENTRY_HEADER_BYTES) return whole;
  return entryLength(bytes, at) === span - BATCH_HEADER_BYTES + 12 + readInt32(bytes, at + ENTRY_HEADER_BYTES + 8);
}

/** Judges the rest of an entry whose header is whole: the body of a batch against the batch's own CRC. */
export function bodyIsWhole(bytes: Uint8Array, at: number): boolean {
  const length = entryLength(bytes, at);
  if (entryVersion(bytes, at) !== BATCH_ENTRY || length === ENTRY_HEADER_BYTES) return true;
  const batch = at + ENTRY_HEADER_BYTES;
  return crc32c(bytes.subarray(batch + BATCH_BODY_AT, at + length)) === readUint32(bytes, batch + BATCH_CRC_AT);
}

/** A record as a version 1 entry holds it. */
export interface BareRecord {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly { readonly key: Uint8Array; readonly value: Uint8Array | null }[];
}

/** Payload of a version 1 entry: timestamp, key, value, number of headers, and each header; lengths are int32, -1 is null. */
export function encodeBareRecord(record: BareRecord): Uint8Array {
  const fields = [record.key, record.value, ...record.headers.flatMap((header) => [header.key, header.value])];
  const total = 8 + 4 + fields.reduce((sum, field) => sum + 4 + (field?.length ?? 0), 0);
  const out = new Uint8Array(total);
  writeInt64(out, 0, record.timestamp);
  let at = 8;
  for (const [index, field] of fields.entries()) {
    if (index === 2) {
      writeInt32(out, at, record.headers.length);
      at += 4;
    }
    writeInt32(out, at, field === null ? -1 : field.length);
    if (field !== null) out.set(field, at + 4);
    at += 4 + (field?.length ?? 0);
  }
  if (fields.length === 2) writeInt32(out, at, 0);
  return out;
}

/** Reverse of `encodeBareRecord`; undefined when the bytes are no such record. The fields are slices of `payload`. */
export function decodeBareRecord(payload: Uint8Array): BareRecord | undefined {
  let at = 8;
  let valid = payload.length >= 20;
  const int = (): number => {
    valid &&= at + 4 <= payload.length;
    at += 4;
    return valid ? readInt32(payload, at - 4) : -1;
  };
  const field = (): Uint8Array | null => {
    const length = int();
    if (length < 0) return null;
    valid &&= at + length <= payload.length;
    at += length;
    return valid ? payload.subarray(at - length, at) : null;
  };
  const key = field();
  const value = field();
  const count = int();
  const headers: { key: Uint8Array; value: Uint8Array | null }[] = [];
  for (let i = 0; valid && i < count; i++) {
    const name = field();
    const headerValue = field();
    if (valid && name !== null) headers.push({ key: name, value: headerValue });
    else valid = false;
  }
  if (!valid || at !== payload.length) return undefined;
  return { timestamp: readInt64(payload, 0), key, value, headers };
}
