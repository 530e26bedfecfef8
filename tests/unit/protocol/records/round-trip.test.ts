import { describe, expect, test } from 'vitest';
import {
  buildBatch,
  COMPRESSIONS,
  decodeRecords,
  readBatchHeader,
  recompressBatch,
  verifyBatchCrc,
} from '../../../../protocol/records/index.ts';
import { codecs } from '../../../../src/base/compression.ts';
import { crc32c } from '../../../../src/base/crc32c.ts';
import { bytesOf, sampleBatch, sampleRecords } from './batch.ts';

function decodeAll(batch: Uint8Array): unknown[] {
  const found: unknown[] = [];
  decodeRecords(batch, codecs, 1 << 20, ({ offset, timestamp, key, value, headers }) => {
    found.push({ offset, timestamp, key, value, headers });
  });
  return found;
}

const expected = (count: number, baseOffset = 0): unknown[] =>
  sampleRecords(count).map((record, index) => ({ ...record, offset: baseOffset + index }));

/** Codecs give Buffers; the comparison is about their bytes. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_k, v) => (v?.type === 'Buffer' ? v.data : v instanceof Uint8Array ? [...v] : v)));

describe('a batch that was built', () => {
  test.each(COMPRESSIONS)('with %s is decoded to the same records', (compression) => {
    const batch = sampleBatch(100, { baseOffset: 41, compression });
    expect(verifyBatchCrc(batch, 0, crc32c)).toBe(true);
    expect(plain(decodeAll(batch))).toEqual(plain(expected(100, 41)));
  });

  test.each(COMPRESSIONS)('and recompressed as %s keeps its records and has a right CRC', (compression) => {
    const batch = recompressBatch(sampleBatch(50, { compression: 'snappy' }), compression, codecs, 1 << 20, crc32c);
    expect(verifyBatchCrc(batch, 0, crc32c)).toBe(true);
    expect(COMPRESSIONS[readBatchHeader(batch, 0).compression]).toBe(compression);
    expect(plain(decodeAll(batch))).toEqual(plain(expected(50)));
  });

  test('keeps every field of its header', () => {
    const batch = sampleBatch(2, {
      baseOffset: 2 ** 40 + 7,
      partitionLeaderEpoch: 5,
      isTransactional: true,
      producerId: 2 ** 35,
      producerEpoch: 3,
      baseSequence: 2 ** 31 - 1,
      timestampType: 'LogAppendTime',
      maxTimestamp: 1_800_000_000_000,
    });
    expect(readBatchHeader(batch, 0)).toMatchObject({
      position: 0,
      baseOffset: 2 ** 40 + 7,
      batchLength: batch.length - 12,
      sizeInBytes: batch.length,
      partitionLeaderEpoch: 5,
      magic: 2,
      compression: 0,
      timestampType: 'LogAppendTime',
      isTransactional: true,
      isControl: false,
      hasDeleteHorizon: false,
      lastOffsetDelta: 1,
      lastOffset: 2 ** 40 + 8,
      baseTimestamp: 1_700_000_000_000,
      maxTimestamp: 1_800_000_000_000,
      producerId: 2 ** 35,
      producerEpoch: 3,
      baseSequence: 2 ** 31 - 1,
      recordCount: 2,
    });
  });

  test('gives every record the time of the append with LogAppendTime', () => {
    const batch = sampleBatch(2, { timestampType: 'LogAppendTime', maxTimestamp: 99 });
    expect(decodeAll(batch)).toMatchObject([{ timestamp: 99 }, { timestamp: 99 }]);
  });

  test('keeps null keys, null values, empty values and far apart timestamps', () => {
    const records = [
      { timestamp: 0, key: null, value: null, headers: [] },
      { timestamp: 2 ** 52, key: bytesOf(''), value: bytesOf(''), headers: [{ key: bytesOf(''), value: bytesOf('') }] },
      { timestamp: -1, key: null, value: bytesOf('x'), headers: [] },
    ];
    const batch = buildBatch({ baseOffset: 0 }, records, codecs, crc32c);
    expect(plain(decodeAll(batch))).toEqual(plain(records.map((record, offset) => ({ ...record, offset }))));
  });

  test('keeps the gaps that compaction leaves', () => {
    const [first, second] = sampleRecords(2);
    const records = [
      { ...first!, offsetDelta: 2 },
      { ...second!, offsetDelta: 7 },
    ];
    const batch = buildBatch({ baseOffset: 100, lastOffsetDelta: 9 }, records, codecs, crc32c);
    expect(decodeAll(batch)).toMatchObject([{ offset: 102 }, { offset: 107 }]);
    expect(readBatchHeader(batch, 0).lastOffset).toBe(109);
  });

  test('may have no records left, in any compression', () => {
    for (const compression of COMPRESSIONS) {
      const batch = buildBatch({ baseOffset: 5, compression, lastOffsetDelta: 3 }, [], codecs, crc32c);
      expect(decodeAll(batch)).toEqual([]);
      expect(readBatchHeader(batch, 0).lastOffset).toBe(8);
    }
  });
});
