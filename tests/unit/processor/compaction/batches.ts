import {
  type BatchOptions,
  buildBatch,
  buildMarker,
  decodeRecords,
  type MarkerType,
  readBatchHeader,
  type RecordInput,
} from '../../../../protocol/records/index.ts';
import { codecs } from '../../../../src/base/compression.ts';
import { crc32c } from '../../../../src/base/crc32c.ts';
import { type CleanedBatch, type CleaningRules, cleanBatch } from '../../../../src/processor/compaction/batch.ts';
import { KeyOffsets } from '../../../../src/processor/compaction/keys.ts';
import { CleanedTransactions } from '../../../../src/processor/compaction/transactions.ts';

export const NOW = 1_000_000;
export const RETENTION = 1000;

/** A record: `key`, `key=value`; without `=` a marker of a deleted key. `=value` has no key. */
export function record(text: string, timestamp = 5): RecordInput {
  const [key = '', value] = text.split('=');
  return {
    timestamp,
    key: key === '' ? null : Buffer.from(key),
    value: value === undefined ? null : Buffer.from(value),
  };
}

export function batch(baseOffset: number, records: readonly string[], options: Partial<BatchOptions> = {}): Uint8Array {
  const inputs = records.map((text, at) => record(text, 5 + at));
  return buildBatch({ ...options, baseOffset }, inputs, codecs, crc32c);
}

export const transactional = (producerId: number) => ({
  producerId,
  producerEpoch: 0,
  baseSequence: 0,
  isTransactional: true,
});

export function marker(baseOffset: number, producerId: number, type: MarkerType): Uint8Array {
  const options = { baseOffset, timestamp: 5, producerId, producerEpoch: 0 };
  return buildMarker(options, { type, coordinatorEpoch: 1 }, codecs, crc32c);
}

/** Rules of a pass over batches of which `last` are the last offsets of keys. */
export function rules(last: Readonly<Record<string, number>>, more: Partial<CleaningRules> = {}): CleaningRules {
  const keys = new KeyOffsets(100, 100_000);
  for (const [key, offset] of Object.entries(last)) keys.put(Buffer.from(key), offset);
  return {
    keys,
    keysUpTo: 1000,
    transactions: new CleanedTransactions([]),
    producers: new Map(),
    end: 1000,
    now: NOW,
    deleteRetentionMs: RETENTION,
    codecs,
    decompressedLimitBytes: 1e6,
    ...more,
  };
}

export const clean = (bytes: Uint8Array, by: CleaningRules): CleanedBatch =>
  cleanBatch(bytes, readBatchHeader(bytes, 0), by);

/** The records of a batch as `offset:key=value`. */
export function recordsOf(bytes: Uint8Array | undefined): string[] | undefined {
  if (bytes === undefined) return undefined;
  const found: string[] = [];
  decodeRecords(bytes, codecs, 1e6, ({ offset, key, value }) => {
    const text = (part: Uint8Array | null) => (part === null ? undefined : Buffer.from(part).toString());
    found.push(`${offset}:${text(key) ?? ''}${value === null ? '' : `=${text(value)}`}`);
  });
  return found;
}
