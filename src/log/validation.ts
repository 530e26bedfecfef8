import {
  type BatchHeader,
  batchesOf,
  type Codecs,
  RecordsError,
  readBatchHeader,
  recompressBatch,
  setTimestamps,
  validateProducedHeader,
  validateRecords,
  verifyBatchCrc,
} from '../../protocol/records/index.ts';
import { crc32c } from '../base/crc32c.ts';
import { type AppendOrigin, type LogConfig, LogError } from './types.ts';

/** A batch that may be appended, but for its producer: its bytes as they will be stored, without an offset yet. */
export interface ReadyBatch {
  readonly bytes: Uint8Array;
  readonly header: BatchHeader;
}

/** What the checks need to know. */
export interface AppendRules {
  readonly config: LogConfig;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly codecs: Codecs;
  /** Most bytes that one batch may have when decompressed. */
  readonly decompressedLimitBytes: number;
  readonly origin: AppendOrigin;
  /** How messages name the partition: `TOPIC-NUMBER`. */
  readonly partition: string;
}

/** The size and CRC rules, which come before anything that a batch says is believed (Kafka's UnifiedLog). */
function checkBytes(bytes: Uint8Array, header: BatchHeader, config: LogConfig, origin: AppendOrigin): void {
  if (origin !== 'coordinator' && header.baseOffset !== 0)
    throw new LogError('INVALID_RECORD', `the base offset of a produced batch must be 0, not ${header.baseOffset}`);
  // A marker has to get in, however small the batches of the topic must be.
  if (origin !== 'coordinator') checkSize(bytes, config);
  if (!verifyBatchCrc(bytes, 0, crc32c)) throw new LogError('CORRUPT_MESSAGE', 'the CRC of the record batch is wrong');
}

function checkSize(bytes: Uint8Array, config: LogConfig): void {
  if (bytes.length > config.maxMessageBytes)
    throw new LogError(
      'MESSAGE_TOO_LARGE',
      `the record batch has ${bytes.length} bytes; max.message.bytes is ${config.maxMessageBytes}`,
    );
}

/** Kafka tells which records are at fault (KIP-467), also when all of them are; three will do. */
function allAtFault(header: BatchHeader, message: string): LogError {
  const faults = Array.from({ length: Math.min(3, header.recordCount) }, (_, index) => ({ index, message }));
  return new LogError('INVALID_TIMESTAMP', message, { faults });
}

/** Checks one batch by itself and brings it into the form that the topic wants. Throws LogError or RecordsError. */
function readyBatch(bytes: Uint8Array, header: BatchHeader, rules: AppendRules): ReadyBatch {
  const { config, now, codecs, decompressedLimitBytes, origin, partition } = rules;
  checkBytes(bytes, header, config, origin);
  if (origin === 'coordinator') return { bytes, header };
  validateProducedHeader(header);
  const { timestampType } = config;
  if (timestampType === 'LogAppendTime' && header.timestampType === 'LogAppendTime')
    throw allAtFault(header, 'a producer may not set the timestamp type LogAppendTime');
  // Every record is looked at, compressed or not, as in Kafka: a malformed one would stop each consumer.
  const { timestampBeforeMaxMs: beforeMaxMs, timestampAfterMaxMs: afterMaxMs, compact } = config;
  const limits = {
    timestampType,
    now,
    beforeMaxMs,
    afterMaxMs,
    compact,
    partition,
    limitBytes: decompressedLimitBytes,
  };
  let { maxTimestamp } = validateRecords(bytes, header, codecs, limits);
  const ready = compressed(bytes, rules);
  if (timestampType === 'LogAppendTime') maxTimestamp = now;
  if (maxTimestamp !== header.maxTimestamp || timestampType !== header.timestampType)
    setTimestamps(ready, timestampType, maxTimestamp, crc32c);
  else if (ready === bytes) return { bytes, header };
  checkSize(ready, config);
  return { bytes: ready, header: readBatchHeader(ready, 0) };
}

function compressed(bytes: Uint8Array, { config, codecs, decompressedLimitBytes }: AppendRules): Uint8Array {
  const { compressionType } = config;
  if (compressionType === 'producer') return bytes;
  const wanted = compressionType === 'uncompressed' ? 'none' : compressionType;
  return recompressBatch(bytes, wanted, codecs, decompressedLimitBytes, crc32c);
}

/** The batches in the records field of a request. Nearly always there is one, and then it is the field itself. */
function split(records: Uint8Array): ReadyBatch[] {
  if (records.length === 0) throw new LogError('INVALID_RECORD', 'the records of the partition are empty');
  const first = readBatchHeader(records, 0);
  if (first.sizeInBytes === records.length) return [{ bytes: records, header: first }];
  return [...batchesOf(records)].map((header) => ({
    bytes: records.subarray(header.position, header.position + header.sizeInBytes),
    header: { ...header, position: 0 },
  }));
}

/**
 * Checks the records of one partition in a Produce request, in Kafka's order and with its errors, and rewrites what the topic's settings ask for
 * (compression.type, message.timestamp.type) with a new CRC. Throws LogError. Nothing is appended yet.
 */
export function readyBatches(records: Uint8Array, rules: AppendRules): ReadyBatch[] {
  try {
    const ready = split(records).map(({ bytes, header }) => readyBatch(bytes, header, rules));
    const total = ready.reduce((sum, batch) => sum + batch.bytes.length, 0);
    if (total > rules.config.segmentBytes)
      throw new LogError('RECORD_LIST_TOO_LARGE', `${total} bytes of batches exceed segment.bytes`);
    return ready;
  } catch (error) {
    if (!(error instanceof RecordsError)) throw error;
    throw new LogError(error.kind, error.message, { cause: error, faults: error.faults });
  }
}
