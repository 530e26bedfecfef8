import {
  type BatchHeader,
  buildBatch,
  type Codecs,
  COMPRESSIONS,
  decodeRecords,
  type RecordInput,
} from '../../../protocol/records/index.ts';
import { crc32c } from '../../base/crc32c.ts';
import { type ExpiringRecord, type ExpiryRule, isExpired } from '../../log/record-expiry.ts';
import { markerOf } from '../../log/producer-states.ts';
import type { KeyOffsets } from './keys.ts';
import type { CleanedTransactions } from './transactions.ts';
import type { ActiveProducer } from './types.ts';

/** The horizon of what is kept for ever: times of records are written as distances from it, which have to be safe integers. */
const LAST_HORIZON = 2 ** 52;

/** What making a batch anew asks for. */
export interface RewritingRules {
  readonly producers: ReadonlyMap<number, ActiveProducer>;
  /** The batch that ends right before this offset is kept, empty at least, so that the end of what was rewritten is not lost. */
  readonly end: number;
  /** When the pass began, ms since the epoch. */
  readonly now: number;
  readonly deleteRetentionMs: number;
  /** Records that no longer count by it go, whatever else is decided. */
  readonly expiry?: ExpiryRule | undefined;
  readonly codecs: Codecs;
  readonly decompressedLimitBytes: number;
}

/** What decides over the batches of one pass. */
export interface CleaningRules extends RewritingRules {
  readonly keys: KeyOffsets;
  /** The keys are those of records below this offset; what lies at or above stays. */
  readonly keysUpTo: number;
  readonly transactions: CleanedTransactions;
}

/** Whether a record says of itself that it no longer counts. */
export function hasExpired(record: ExpiringRecord, { expiry, now }: RewritingRules): boolean {
  return isExpired(expiry, record, now);
}

/** A record that stays. Its bytes are slices of the decompressed batch. */
export interface KeptRecord extends RecordInput {
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly headers: readonly { readonly key: Uint8Array; readonly value: Uint8Array | null }[];
}

/** What is left of a batch. */
export interface CleanedBatch {
  /** The batch as it is to be stored: the one given when nothing changes, undefined when nothing is left. */
  readonly bytes: Uint8Array | undefined;
  /** The records that stay; none of a control batch. */
  readonly records: readonly KeptRecord[];
}

/** Whether the batch is the last sign of a producer that is active: its last sequence, or else its epoch. */
function isLastOfProducer(header: BatchHeader, producers: RewritingRules['producers']): boolean {
  const last = header.producerId < 0 ? undefined : producers.get(header.producerId);
  if (last === undefined) return false;
  if (last.lastOffset !== undefined) return header.lastOffset === last.lastOffset;
  return header.isControl && header.producerEpoch === last.epoch;
}

/** Whether the delete horizon of a batch has come: its markers of deleted keys, or the marker itself, may go (KIP-534). */
function isPastHorizon(header: BatchHeader, now: number): boolean {
  return header.hasDeleteHorizon && header.baseTimestamp <= now;
}

/** Whether a record of a data batch stays. */
function stays(offset: number, key: Uint8Array | null, isTombstone: boolean, past: boolean, rules: CleaningRules) {
  if (offset >= rules.keysUpTo) return true;
  // From a time when the topic was not compacted: nobody could ever replace it.
  if (key === null) return false;
  return offset >= rules.keys.get(key) && !(isTombstone && past);
}

/**
 * Cleans one batch as Apache Kafka's cleaner does: superseded records, those of aborted transactions and markers of deleted keys past their horizon
 * go. A batch keeps its base and last offset; without records it goes, unless it is the last sign of an active producer or the end of the
 * pass. A batch with a marker of a deleted key, and a transaction's marker that stands for nothing any more, get their horizon when they are first
 * met. Throws RecordsError.
 */
export function cleanBatch(bytes: Uint8Array, header: BatchHeader, rules: CleaningRules): CleanedBatch {
  const { transactions, now } = rules;
  const past = isPastHorizon(header, now);
  if (header.isControl) {
    const empty = transactions.dropsMarker(header, header.recordCount === 0 ? undefined : markerOf(bytes)?.type);
    if (empty && (past || header.recordCount === 0)) return { bytes: emptied(bytes, header, rules), records: [] };
    if (!empty || header.hasDeleteHorizon) return { bytes, records: [] };
    return { bytes: rebuilt(header, recordsOf(bytes, rules), rules, true), records: [] };
  }
  const aborted = transactions.dropsBatch(header);
  const records: KeptRecord[] = [];
  let tombstones = false;
  if (!aborted)
    decodeRecords(bytes, rules.codecs, rules.decompressedLimitBytes, (record) => {
      const { offset, key, timestamp, value } = record;
      if (!stays(offset, key, value === null, past, rules) || hasExpired(record, rules)) return;
      tombstones ||= value === null;
      const headers = record.headerCount === 0 ? [] : record.headers;
      records.push({ offset, timestamp, key, value, headers, offsetDelta: offset - header.baseOffset });
    });
  if (records.length === 0) return { bytes: emptied(bytes, header, rules), records };
  const horizon = tombstones && !header.hasDeleteHorizon;
  if (records.length === header.recordCount && !horizon) return { bytes, records };
  return { bytes: rebuilt(header, records, rules, horizon), records };
}

function recordsOf(bytes: Uint8Array, { codecs, decompressedLimitBytes }: RewritingRules): RecordInput[] {
  const records: RecordInput[] = [];
  decodeRecords(bytes, codecs, decompressedLimitBytes, ({ timestamp, key, value, headers }) => {
    records.push({ timestamp, key, value, headers });
  });
  return records;
}

/** What a batch says of itself whatever records are left in it. */
function identity(header: BatchHeader) {
  const { baseOffset, partitionLeaderEpoch, timestampType, isTransactional, isControl, lastOffsetDelta } = header;
  const { producerId, producerEpoch, baseSequence } = header;
  const place = { baseOffset, partitionLeaderEpoch, timestampType, isTransactional, isControl, lastOffsetDelta };
  return { ...place, producerId, producerEpoch, baseSequence };
}

/** The batch without records, or undefined when nobody needs it. */
export function emptied(bytes: Uint8Array, header: BatchHeader, rules: RewritingRules): Uint8Array | undefined {
  const needed = isLastOfProducer(header, rules.producers) || header.lastOffset + 1 === rules.end;
  if (!needed) return undefined;
  if (header.recordCount === 0) return bytes;
  return buildBatch({ ...identity(header), maxTimestamp: header.maxTimestamp }, [], rules.codecs, crc32c);
}

/** The batch with the records that stay, in its compression; `horizon` sets its delete horizon anew. */
export function rebuilt(
  header: BatchHeader,
  records: readonly RecordInput[],
  rules: RewritingRules,
  horizon: boolean,
): Uint8Array {
  const before = header.hasDeleteHorizon ? header.baseTimestamp : undefined;
  const set = Math.min(rules.now + rules.deleteRetentionMs, LAST_HORIZON);
  const deleteHorizon = horizon ? set : before;
  return buildBatch(
    {
      ...identity(header),
      compression: COMPRESSIONS[header.compression],
      // The time of the append holds for every record; else it is the largest of those left.
      ...(header.timestampType === 'LogAppendTime' && { maxTimestamp: header.maxTimestamp }),
      ...(deleteHorizon !== undefined && { deleteHorizon }),
    },
    records,
    rules.codecs,
    crc32c,
  );
}
