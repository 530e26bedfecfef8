import { BatchIndex } from '../../../src/wal/batch-index.ts';
import {
  ENTRY_HEADER_BYTES,
  encodeBareRecord,
  encodeRecordEntry,
  encodeSealEntry,
  encodeSegmentHeader,
  HEADER_BYTES,
  type SegmentHeader,
  writeBatchEntryHeader,
} from '../../../src/wal/format.ts';
import { encodeIndex } from '../../../src/wal/index-format.ts';
import { batch } from '../log/log-fixture.ts';

export const header: SegmentHeader = {
  formatVersion: 1,
  salt: 0xdeadbeef,
  sequence: 42,
  created: 1_700_000_000_000,
  brokerId: 3,
  epoch: 5,
  recycled: false,
};
export const topicId = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
const text = new TextEncoder();

function batchEntry(value: string, baseOffset: number, synced: number): Uint8Array {
  const bytes = batch([value], { baseOffset });
  const entry = new Uint8Array(ENTRY_HEADER_BYTES + bytes.length);
  entry.set(bytes, ENTRY_HEADER_BYTES);
  writeBatchEntryHeader(entry, 0, { topicId, partition: 9, baseOffset, synced }, bytes.length, header.salt);
  return entry;
}

/** A segment with an entry of each version, and its seal. */
export function segment(): Uint8Array {
  const payload = encodeBareRecord({
    timestamp: 1_600_000_000_000,
    key: text.encode('k'),
    value: text.encode('bare record'),
    headers: [{ key: text.encode('h'), value: null }],
  });
  const fields = { topicId, partition: 9, baseOffset: 1000, synced: HEADER_BYTES };
  return Buffer.concat([
    encodeSegmentHeader(header),
    encodeRecordEntry(fields, payload, header.salt),
    batchEntry('record batch', 1001, 4200),
    encodeSealEntry(2, 4300, header.salt),
  ]);
}

/** The index of that segment's partition, with batches made up. */
export function index(state: Uint8Array = text.encode('state')): Uint8Array {
  const columns = new BatchIndex();
  columns.push(1000, 0, 4096, 100, 1_600_000_000_000);
  columns.push(1001, 4, 4196, 200, 1_700_000_000_000);
  const of = { sequence: 42, salt: header.salt, sealedAt: 1_700_000_000_001, end: 4396, entries: 2 };
  const one = { topicId, partition: 9, bytes: 300, maxTimestamp: 1_700_000_000_000, index: columns };
  return encodeIndex(of, [one], state);
}
