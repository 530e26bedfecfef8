import type { Compression } from './codecs.ts';
import { corrupt, RecordsError } from './errors.ts';
import { readInt16, readInt32, readInt64, readUint32, writeInt32, writeInt64 } from './integers.ts';
import { AT, ATTRIBUTE, HEADER_BYTES, PREFIX_BYTES } from './layout.ts';

export type TimestampType = 'CreateTime' | 'LogAppendTime';

/** CRC-32C of `bytes`: handed in, so that the native one can be used. */
export type Crc32c = (bytes: Uint8Array) => number;

/** The header of a record batch. Offsets, times (ms) and ids are safe integers. */
export interface BatchHeader {
  /** Where the batch starts in the bytes it was read from. */
  readonly position: number;
  readonly baseOffset: number;
  /** Bytes after this field, as Kafka counts. */
  readonly batchLength: number;
  /** The whole batch in bytes: `batchLength` + 12. */
  readonly sizeInBytes: number;
  readonly partitionLeaderEpoch: number;
  /** Always 2. */
  readonly magic: number;
  readonly crc: number;
  readonly attributes: number;
  readonly compression: Compression;
  readonly timestampType: TimestampType;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly hasDeleteHorizon: boolean;
  readonly lastOffsetDelta: number;
  readonly lastOffset: number;
  /** With `hasDeleteHorizon` this is the horizon (KIP-534). */
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  /** -1 when the producer is not idempotent. */
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
}

function checkPrefix(bytes: Uint8Array, position: number): void {
  if (position < 0 || position + AT.crc > bytes.length) throw corrupt('record batch is shorter than its header');
  const magic = bytes[position + AT.magic]!;
  if (magic < 2) {
    throw new RecordsError('UNSUPPORTED_FOR_MESSAGE_FORMAT', `message format ${magic} is not supported, only 2 is`);
  }
  if (magic > 2) throw corrupt(`unknown magic ${(magic << 24) >> 24} of a record batch`);
  if (position + HEADER_BYTES > bytes.length) throw corrupt('record batch is shorter than its header');
}

function safe(value: number, field: string): number {
  if (!Number.isSafeInteger(value)) throw corrupt(`${field} of a record batch is beyond 2^53`);
  return value;
}

function safeTime(value: number, field: string): number {
  if (!Number.isSafeInteger(value)) {
    throw new RecordsError('INVALID_TIMESTAMP', `${field} of a record batch is beyond 2^53 ms`);
  }
  return value;
}

/**
 * Reads the header of the batch at `position`; at least its 61 bytes must be there, the records need not. Checks magic,
 * lengths, counts and ranges, not the CRC. Throws RecordsError.
 */
export function readBatchHeader(bytes: Uint8Array, position: number): BatchHeader {
  checkPrefix(bytes, position);
  const batchLength = readInt32(bytes, position + AT.batchLength);
  if (batchLength < HEADER_BYTES - PREFIX_BYTES) throw corrupt(`record batch length ${batchLength} is too small`);
  const attributes = readInt16(bytes, position + AT.attributes);
  const compression = attributes & ATTRIBUTE.compression;
  if (compression > 4) {
    throw new RecordsError('UNSUPPORTED_COMPRESSION_TYPE', `unknown compression type ${compression}`);
  }
  const lastOffsetDelta = readInt32(bytes, position + AT.lastOffsetDelta);
  const recordCount = readInt32(bytes, position + AT.recordCount);
  if (lastOffsetDelta < 0) throw new RecordsError('INVALID_RECORD', `last offset delta ${lastOffsetDelta} is negative`);
  if (recordCount < 0) throw new RecordsError('INVALID_RECORD', `record count ${recordCount} is negative`);
  const baseOffset = safe(readInt64(bytes, position + AT.baseOffset), 'base offset');
  return {
    position,
    baseOffset,
    batchLength,
    sizeInBytes: batchLength + PREFIX_BYTES,
    partitionLeaderEpoch: readInt32(bytes, position + AT.partitionLeaderEpoch),
    magic: 2,
    crc: readUint32(bytes, position + AT.crc),
    attributes,
    compression: compression as Compression,
    timestampType: (attributes & ATTRIBUTE.logAppendTime) === 0 ? 'CreateTime' : 'LogAppendTime',
    isTransactional: (attributes & ATTRIBUTE.transactional) !== 0,
    isControl: (attributes & ATTRIBUTE.control) !== 0,
    hasDeleteHorizon: (attributes & ATTRIBUTE.deleteHorizon) !== 0,
    lastOffsetDelta,
    lastOffset: baseOffset + lastOffsetDelta,
    baseTimestamp: safeTime(readInt64(bytes, position + AT.baseTimestamp), 'base timestamp'),
    maxTimestamp: safeTime(readInt64(bytes, position + AT.maxTimestamp), 'max timestamp'),
    producerId: safe(readInt64(bytes, position + AT.producerId), 'producer id'),
    producerEpoch: readInt16(bytes, position + AT.producerEpoch),
    baseSequence: readInt32(bytes, position + AT.baseSequence),
    recordCount,
  };
}

/**
 * The headers of the batches in `bytes`, one after another from `position`. Throws RecordsError at the first one that is
 * malformed or does not end within `bytes`.
 */
export function* batchesOf(bytes: Uint8Array, position = 0): Generator<BatchHeader, void, undefined> {
  for (let at = position; at < bytes.length; ) {
    const header = readBatchHeader(bytes, at);
    if (at + header.sizeInBytes > bytes.length) throw corrupt('record batch does not end within its field');
    yield header;
    at += header.sizeInBytes;
  }
}

/** Sets base offset and leader epoch of the batch at `position` in place; both lie outside its CRC. */
export function patchBatch(
  bytes: Uint8Array,
  position: number,
  { baseOffset, leaderEpoch }: { readonly baseOffset: number; readonly leaderEpoch: number },
): void {
  writeInt64(bytes, position + AT.baseOffset, baseOffset);
  writeInt32(bytes, position + AT.partitionLeaderEpoch, leaderEpoch);
}

/** Whether the CRC-32C of the batch at `position` is right. The batch must lie within `bytes`; throws RecordsError if not. */
export function verifyBatchCrc(bytes: Uint8Array, position: number, crc32c: Crc32c): boolean {
  checkPrefix(bytes, position);
  const end = position + PREFIX_BYTES + readInt32(bytes, position + AT.batchLength);
  if (end > bytes.length || end < position + HEADER_BYTES) throw corrupt('record batch does not end within its field');
  return crc32c(bytes.subarray(position + AT.attributes, end)) === readUint32(bytes, position + AT.crc);
}
