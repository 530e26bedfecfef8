import { type Codecs, type CompressionName, compressionOf, compressPayload } from './codecs.ts';
import type { Crc32c, TimestampType } from './header.ts';
import { writeInt16, writeInt32, writeInt64 } from './integers.ts';
import {
  AT,
  ATTRIBUTE,
  HEADER_BYTES,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
  PREFIX_BYTES,
} from './layout.ts';
import { Sink } from './sink.ts';

/** A record to be written. */
export interface RecordInput {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly key?: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly { readonly key: Uint8Array; readonly value: Uint8Array | null }[];
  /** Distance from the base offset; its place in the list unless given (compaction leaves gaps). */
  readonly offsetDelta?: number;
}

/** What the header of a new batch says. All but `baseOffset` has Kafka's defaults for a plain batch. */
export interface BatchOptions {
  readonly baseOffset: number;
  readonly partitionLeaderEpoch?: number;
  readonly compression?: CompressionName;
  readonly timestampType?: TimestampType;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  /** The last record's unless given; compaction keeps that of the old batch. */
  readonly lastOffsetDelta?: number;
  /** The largest of the records unless given; the time of the append with LogAppendTime. */
  readonly maxTimestamp?: number;
  /** Sets the delete horizon, in ms (KIP-534). */
  readonly deleteHorizon?: number;
}

function writeRecord(sink: Sink, scratch: Sink, record: RecordInput, delta: number, baseTimestamp: number): void {
  scratch.clear();
  scratch.byte(0);
  scratch.varint(record.timestamp - baseTimestamp);
  scratch.varint(delta);
  writeNullable(scratch, record.key ?? null);
  writeNullable(scratch, record.value);
  const headers = record.headers ?? [];
  scratch.varint(headers.length);
  for (const header of headers) {
    writeNullable(scratch, header.key);
    writeNullable(scratch, header.value);
  }
  sink.varint(scratch.length);
  sink.bytes(scratch.view());
}

function writeNullable(sink: Sink, bytes: Uint8Array | null): void {
  sink.varint(bytes === null ? -1 : bytes.length);
  if (bytes !== null) sink.bytes(bytes);
}

function attributesOf(options: BatchOptions): number {
  return (
    compressionOf(options.compression ?? 'none') |
    (options.timestampType === 'LogAppendTime' ? ATTRIBUTE.logAppendTime : 0) |
    (options.isTransactional === true ? ATTRIBUTE.transactional : 0) |
    (options.isControl === true ? ATTRIBUTE.control : 0) |
    (options.deleteHorizon === undefined ? 0 : ATTRIBUTE.deleteHorizon)
  );
}

/** Builds a whole record batch of magic 2, with its CRC. Without records it is an empty batch, as compaction leaves it. */
export function buildBatch(
  options: BatchOptions,
  records: readonly RecordInput[],
  codecs: Codecs,
  crc32c: Crc32c,
): Uint8Array {
  const baseTimestamp = options.deleteHorizon ?? records[0]?.timestamp ?? NO_TIMESTAMP;
  const sink = new Sink();
  const scratch = new Sink();
  let maxTimestamp = NO_TIMESTAMP;
  let lastOffsetDelta = 0;
  for (const [index, record] of records.entries()) {
    lastOffsetDelta = record.offsetDelta ?? index;
    writeRecord(sink, scratch, record, lastOffsetDelta, baseTimestamp);
    maxTimestamp = Math.max(maxTimestamp, record.timestamp);
  }
  const compression = compressionOf(options.compression ?? 'none');
  const payload = records.length === 0 ? sink.view() : compressPayload(compression, codecs, sink.view());
  const batch = new Uint8Array(HEADER_BYTES + payload.length);
  writeInt64(batch, AT.baseOffset, options.baseOffset);
  writeInt32(batch, AT.partitionLeaderEpoch, options.partitionLeaderEpoch ?? 0);
  batch[AT.magic] = 2;
  writeInt16(batch, AT.attributes, attributesOf(options));
  writeInt32(batch, AT.lastOffsetDelta, options.lastOffsetDelta ?? lastOffsetDelta);
  writeInt64(batch, AT.baseTimestamp, baseTimestamp);
  writeInt64(batch, AT.maxTimestamp, options.maxTimestamp ?? maxTimestamp);
  writeInt64(batch, AT.producerId, options.producerId ?? NO_PRODUCER_ID);
  writeInt16(batch, AT.producerEpoch, options.producerEpoch ?? NO_PRODUCER_EPOCH);
  writeInt32(batch, AT.baseSequence, options.baseSequence ?? NO_SEQUENCE);
  writeInt32(batch, AT.recordCount, records.length);
  batch.set(payload, HEADER_BYTES);
  sealBatch(batch, crc32c);
  return batch;
}

/** Writes length and CRC of the batch that fills `batch`. */
export function sealBatch(batch: Uint8Array, crc32c: Crc32c): void {
  writeInt32(batch, AT.batchLength, batch.length - PREFIX_BYTES);
  writeInt32(batch, AT.crc, crc32c(batch.subarray(AT.attributes)));
}
