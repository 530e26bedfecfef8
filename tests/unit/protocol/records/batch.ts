import type { BatchOptions, RecordInput } from '../../../../protocol/records/index.ts';
import { buildBatch } from '../../../../protocol/records/index.ts';
import { codecs } from '../../../../src/base/compression.ts';
import { crc32c } from '../../../../src/base/crc32c.ts';

const encoder = new TextEncoder();

export const bytesOf = (text: string): Uint8Array => encoder.encode(text);

/** Records with values 'value 0' …, keys 'key 0' …, one second apart. */
export function sampleRecords(count: number): RecordInput[] {
  return Array.from({ length: count }, (_, index) => ({
    timestamp: 1_700_000_000_000 + index * 1000,
    key: bytesOf(`key ${index}`),
    value: bytesOf(`value ${index} `.repeat(10)),
    headers: [
      { key: bytesOf('trace'), value: bytesOf(`${index}`) },
      { key: bytesOf('none'), value: null },
    ],
  }));
}

export function sampleBatch(count = 3, options: Partial<BatchOptions> = {}): Uint8Array {
  return buildBatch({ baseOffset: 0, ...options }, sampleRecords(count), codecs, crc32c);
}
