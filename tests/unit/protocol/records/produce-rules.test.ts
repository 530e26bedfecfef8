import { describe, expect, test } from 'vitest';
import {
  buildBatch,
  type ProduceRules,
  readBatchHeader,
  RecordsError,
  validateProducedHeader,
  validateRecords,
} from '../../../../protocol/records/index.ts';
import { codecs } from '../../../../src/base/compression.ts';
import { crc32c } from '../../../../src/base/crc32c.ts';
import { bytesOf, sampleBatch, sampleRecords } from './batch.ts';

const rules: ProduceRules = {
  compact: false,
  partition: 't-0',
  timestampType: 'CreateTime',
  now: 1_700_000_010_000,
  beforeMaxMs: Number.MAX_SAFE_INTEGER,
  afterMaxMs: 3_600_000,
  limitBytes: 1 << 20,
};

function check(batch: Uint8Array, changes: Partial<ProduceRules> = {}): unknown {
  try {
    const header = readBatchHeader(batch, 0);
    validateProducedHeader(header);
    return validateRecords(batch, header, codecs, { ...rules, ...changes });
  } catch (error) {
    if (error instanceof RecordsError) return { kind: error.kind, faults: error.faults.map((fault) => fault.index) };
    throw error;
  }
}

describe('a produced batch', () => {
  test('is accepted in every compression, with its largest timestamp found', () => {
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      expect(check(sampleBatch(20, { compression }))).toMatchObject({ maxTimestamp: 1_700_000_019_000 });
    }
  });

  test('without a key is refused by a compacted topic, record by record', () => {
    const records = sampleRecords(5).map((record, index) => (index % 2 === 0 ? record : { ...record, key: null }));
    const batch = buildBatch({ baseOffset: 0 }, records, codecs, crc32c);
    expect(check(batch)).toMatchObject({ maxTimestamp: 1_700_000_004_000 });
    expect(check(batch, { compact: true })).toEqual({ kind: 'INVALID_RECORD', faults: [1, 3] });
    // Whatever else is wrong with such a record does not count, as in Apache Kafka.
    const four = buildBatch({ baseOffset: 0 }, records.slice(0, 4), codecs, crc32c);
    const late = { now: 1_700_000_000_000, afterMaxMs: 2500 };
    expect(check(four, { ...late, compact: true })).toEqual({ kind: 'INVALID_RECORD', faults: [1, 3] });
    expect(check(four, late)).toEqual({ kind: 'INVALID_TIMESTAMP', faults: [3] });
  });

  test('without keys names every record at fault, up to a bound, and says the first three of them', () => {
    const keyless = (count: number) => sampleRecords(count).map((record) => ({ ...record, key: null }));
    const refusal = (count: number): RecordsError => {
      const batch = buildBatch({ baseOffset: 0 }, keyless(count), codecs, crc32c);
      try {
        validateRecords(batch, readBatchHeader(batch, 0), codecs, { ...rules, compact: true });
      } catch (error) {
        return error as RecordsError;
      }
      throw new Error('it was accepted');
    };
    const [few, many] = [refusal(5), refusal(1500)];
    expect(few.faults.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    expect(few.faults[4]?.message).toBe('Compacted topic cannot accept message without key in topic partition t-0');
    expect(few.message).toContain('due to 5 record errors in total');
    expect(few.message.match(/RecordError/g)).toHaveLength(3);
    expect(many.faults).toHaveLength(1000);
    expect(many.message).toContain('due to 1500 record errors in total');
  });

  test('with timestamps out of bounds is refused, record by record', () => {
    expect(check(sampleBatch(3), { now: 1_700_000_001_500, beforeMaxMs: 1000 })).toEqual({
      kind: 'INVALID_TIMESTAMP',
      faults: [0],
    });
    expect(check(sampleBatch(3), { now: 1_700_000_000_000, afterMaxMs: 1000 })).toEqual({
      kind: 'INVALID_TIMESTAMP',
      faults: [2],
    });
    expect(check(sampleBatch(3), { now: 0, timestampType: 'LogAppendTime' })).toMatchObject({});
  });

  test('without timestamps passes any bound', () => {
    const batch = buildBatch({ baseOffset: 0 }, [{ timestamp: -1, value: bytesOf('x') }], codecs, crc32c);
    expect(check(batch, { beforeMaxMs: 1 })).toMatchObject({ maxTimestamp: -1 });
  });

  test('of control records, without records, or with counts that do not fit is refused', () => {
    expect(check(sampleBatch(1, { isControl: true }))).toMatchObject({ kind: 'INVALID_RECORD' });
    expect(check(buildBatch({ baseOffset: 0 }, [], codecs, crc32c))).toMatchObject({ kind: 'INVALID_RECORD' });
    expect(check(sampleBatch(3, { lastOffsetDelta: 5 }))).toMatchObject({ kind: 'INVALID_RECORD' });
    expect(check(sampleBatch(3, { producerId: 4, producerEpoch: 0 }))).toMatchObject({ kind: 'INVALID_RECORD' });
  });

  test('whose offsets do not count up from zero is refused', () => {
    const [first, second] = sampleRecords(2);
    const records = [
      { ...first!, offsetDelta: 1 },
      { ...second!, offsetDelta: 0 },
    ];
    const batch = buildBatch({ baseOffset: 0, lastOffsetDelta: 1 }, records, codecs, crc32c);
    expect(check(batch)).toMatchObject({ kind: 'INVALID_RECORD' });
  });
});
