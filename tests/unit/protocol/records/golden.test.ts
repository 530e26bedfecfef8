import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeRecords, readBatchHeader, validateRecords, verifyBatchCrc } from '../../../../protocol/records/index.ts';
import { codecs } from '../../../../src/base/compression.ts';
import { crc32c } from '../../../../src/base/crc32c.ts';

const golden = join(import.meta.dirname, '..', '..', '..', 'golden', 'records');
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());
const value = (index: number): string => `record ${index} of the golden batch, with some text that repeats. `.repeat(5);

function decode(name: string): unknown[] {
  const found: unknown[] = [];
  decodeRecords(readFileSync(join(golden, name)), codecs, 1 << 20, (record) => {
    const headers = record.headers.map((header) => [text(header.key), text(header.value)]);
    found.push({ offset: record.offset, key: text(record.key), value: text(record.value), headers });
  });
  return found;
}

/** Batches as librdkafka 2 (confluent-kafka) and the Java console producer 4.3.1 sent them, fetched from Apache Kafka 4.3.1. */
describe.each(CODECS)('a batch of twenty records with %s', (codec) => {
  test('from librdkafka is read', () => {
    expect(decode(`librdkafka-${codec}.bin`)).toEqual(
      Array.from({ length: 20 }, (_, index) => ({
        offset: 20 + index,
        key: `key-${index}`,
        value: value(index),
        headers: [
          ['trace', `id-${index}`],
          ['empty', null],
        ],
      })),
    );
  });

  test('from the Java client is read', () => {
    expect(decode(`java-${codec}.bin`)).toEqual(
      Array.from({ length: 20 }, (_, index) => ({
        offset: index,
        key: `key-${index}`,
        value: value(index),
        headers: [
          ['trace', `id-${index}`],
          ['app', 'java'],
        ],
      })),
    );
  });

  test.each(['librdkafka', 'java'])('from %s has a right CRC and passes the rules for produced records', (client) => {
    const bytes = readFileSync(join(golden, `${client}-${codec}.bin`));
    const header = readBatchHeader(bytes, 0);
    expect(CODECS[header.compression]).toBe(codec);
    expect(verifyBatchCrc(bytes, 0, crc32c)).toBe(true);
    const valid = validateRecords(bytes, header, codecs, {
      compact: true,
      partition: 't-0',
      timestampType: 'CreateTime',
      now: header.maxTimestamp,
      beforeMaxMs: 60_000,
      afterMaxMs: 0,
      limitBytes: 1 << 20,
    });
    expect(valid.maxTimestamp).toBe(header.maxTimestamp);
  });
});
