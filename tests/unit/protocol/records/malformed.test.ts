import { describe, expect, test } from 'vitest';
import {
  batchesOf,
  decodeRecords,
  patchBatch,
  readBatchHeader,
  RecordsError,
  verifyBatchCrc,
} from '../../../../protocol/records/index.ts';
import { codecs } from '../../../../src/base/compression.ts';
import { crc32c } from '../../../../src/base/crc32c.ts';
import { sampleBatch } from './batch.ts';

function kindOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof RecordsError) return error.kind;
    throw error;
  }
  return 'accepted';
}

function changed(batch: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = batch.slice();
  copy.set(values, at);
  return copy;
}

const decode = (batch: Uint8Array, limit = 1 << 20): unknown => decodeRecords(batch, codecs, limit, () => {});

describe('a malformed batch', () => {
  test('is refused by the name of Kafka’s error', () => {
    const batch = sampleBatch(3);
    expect(kindOf(() => readBatchHeader(batch.subarray(0, 60), 0))).toBe('CORRUPT_MESSAGE');
    expect(kindOf(() => readBatchHeader(changed(batch, 16, 1), 0))).toBe('UNSUPPORTED_FOR_MESSAGE_FORMAT');
    expect(kindOf(() => readBatchHeader(changed(batch, 16, 3), 0))).toBe('CORRUPT_MESSAGE');
    expect(kindOf(() => readBatchHeader(changed(batch, 8, 0, 0, 0, 48), 0))).toBe('CORRUPT_MESSAGE');
    expect(kindOf(() => readBatchHeader(changed(batch, 8, 0xff), 0))).toBe('CORRUPT_MESSAGE');
    expect(kindOf(() => readBatchHeader(changed(batch, 22, 7), 0))).toBe('UNSUPPORTED_COMPRESSION_TYPE');
    expect(kindOf(() => readBatchHeader(changed(batch, 23, 0xff), 0))).toBe('INVALID_RECORD');
    expect(kindOf(() => readBatchHeader(changed(batch, 57, 0xff), 0))).toBe('INVALID_RECORD');
    expect(kindOf(() => readBatchHeader(changed(batch, 35, 0x7f), 0))).toBe('INVALID_TIMESTAMP');
  });

  test('with a giant record count is refused before anything is allocated', () => {
    expect(kindOf(() => decode(changed(sampleBatch(3), 57, 0x7f, 0xff, 0xff, 0xff)))).toBe('INVALID_RECORD');
  });

  test('with fewer or more records than it says is refused', () => {
    expect(kindOf(() => decode(changed(sampleBatch(3), 57, 0, 0, 0, 2)))).toBe('INVALID_RECORD');
    expect(kindOf(() => decode(changed(sampleBatch(3), 57, 0, 0, 0, 4)))).toBe('INVALID_RECORD');
  });

  test('with an offset outside of its range or twice the same is refused', () => {
    expect(kindOf(() => decode(changed(sampleBatch(3), 26, 1)))).toBe('INVALID_RECORD');
    const batch = sampleBatch(1);
    expect(kindOf(() => decode(changed(batch, 65, 2)))).toBe('INVALID_RECORD');
  });

  test('with a varint that never ends is refused', () => {
    const batch = sampleBatch(3);
    expect(kindOf(() => decode(changed(batch, 61, 0xff, 0xff, 0xff, 0xff, 0xff)))).toBe('INVALID_RECORD');
  });

  test('with garbage instead of compressed data is refused', () => {
    for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const batch = sampleBatch(3, { compression });
      expect(kindOf(() => decode(batch.fill(0xa5, 61)))).toBe('INVALID_RECORD');
    }
  });

  test('that decompresses to more than the limit is refused', () => {
    for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
      expect(kindOf(() => decode(sampleBatch(1000, { compression }), 1000))).toBe('MESSAGE_TOO_LARGE');
    }
  });

  test('with any bit of its CRC-covered part flipped fails the CRC', () => {
    const batch = sampleBatch(2);
    for (let at = 21; at < batch.length; at++) {
      expect(verifyBatchCrc(changed(batch, at, batch[at]! ^ 1), 0, crc32c)).toBe(false);
    }
  });
});

describe('several batches in one field', () => {
  const two = Buffer.concat([sampleBatch(2), sampleBatch(3)]);

  test('are read one after another', () => {
    expect([...batchesOf(two)].map(({ position, recordCount }) => [position, recordCount])).toEqual([
      [0, 2],
      [sampleBatch(2).length, 3],
    ]);
  });

  test('are refused where the last is cut off', () => {
    expect(kindOf(() => [...batchesOf(two.subarray(0, two.length - 1))])).toBe('CORRUPT_MESSAGE');
  });

  test('can be given base offset and leader epoch without touching their CRC', () => {
    const bytes = Uint8Array.from(two);
    const second = sampleBatch(2).length;
    patchBatch(bytes, second, { baseOffset: 2 ** 41 + 1, leaderEpoch: 77 });
    expect(readBatchHeader(bytes, second)).toMatchObject({ baseOffset: 2 ** 41 + 1, partitionLeaderEpoch: 77 });
    expect(verifyBatchCrc(bytes, second, crc32c)).toBe(true);
    expect(readBatchHeader(bytes, 0).baseOffset).toBe(0);
  });
});
