import { sealBatch } from './build.ts';
import { type Codecs, type CompressionName, compressionOf, compressPayload } from './codecs.ts';
import { payloadOf } from './decode.ts';
import { type Crc32c, readBatchHeader, type TimestampType } from './header.ts';
import { readInt16, writeInt16, writeInt64 } from './integers.ts';
import { AT, ATTRIBUTE, HEADER_BYTES } from './layout.ts';

/**
 * Sets timestamp type and max timestamp of the batch that fills `batch`, in place, with a new CRC. With LogAppendTime the max
 * timestamp is the time of the append, and holds for every record.
 */
export function setTimestamps(
  batch: Uint8Array,
  timestampType: TimestampType,
  maxTimestamp: number,
  crc32c: Crc32c,
): void {
  const attributes = readInt16(batch, AT.attributes);
  const append = timestampType === 'LogAppendTime';
  writeInt16(
    batch,
    AT.attributes,
    append ? attributes | ATTRIBUTE.logAppendTime : attributes & ~ATTRIBUTE.logAppendTime,
  );
  writeInt64(batch, AT.maxTimestamp, maxTimestamp);
  sealBatch(batch, crc32c);
}

/**
 * The batch that fills `batch` with its records compressed as `compression`; the records themselves and everything else in the header stay
 * the same, the CRC is new. Gives `batch` itself back when it has that compression already. Decompresses at most
 * `limitBytes`. Throws RecordsError.
 */
export function recompressBatch(
  batch: Uint8Array,
  compression: CompressionName,
  codecs: Codecs,
  limitBytes: number,
  crc32c: Crc32c,
): Uint8Array {
  const header = readBatchHeader(batch, 0);
  const wanted = compressionOf(compression);
  if (header.compression === wanted) return batch;
  const records = payloadOf(batch, header, codecs, limitBytes);
  const payload = records.length === 0 ? records : compressPayload(wanted, codecs, records);
  const rewritten = new Uint8Array(HEADER_BYTES + payload.length);
  rewritten.set(batch.subarray(0, HEADER_BYTES));
  rewritten.set(payload, HEADER_BYTES);
  writeInt16(rewritten, AT.attributes, (header.attributes & ~ATTRIBUTE.compression) | wanted);
  sealBatch(rewritten, crc32c);
  return rewritten;
}
