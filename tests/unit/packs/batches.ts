import { buildBatch, type CompressionName } from '../../../protocol/records/index.ts';
import { codecs } from '../../../src/base/compression.ts';
import { crc32c } from '../../../src/base/crc32c.ts';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { readFile } from '../../../src/base/disk.ts';
import { resolveRange } from '../../../src/objects/keys.ts';
import type { ReadRange } from '../../../src/packs/reader.ts';
import { PackWriter } from '../../../src/packs/writer.ts';

export const TOPIC_A = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
export const TOPIC_B = Uint8Array.from({ length: 16 }, (_, i) => 255 - i);

/** A batch of records at consecutive offsets, with the timestamps given. */
export function batch(
  baseOffset: number,
  timestamps: readonly number[],
  more: {
    valueBytes?: number;
    producerId?: number;
    baseSequence?: number;
    partitionLeaderEpoch?: number;
    compression?: CompressionName;
  } = {},
): Uint8Array {
  const { valueBytes = 10, ...options } = more;
  const idempotent = options.producerId === undefined ? {} : { producerEpoch: 3 };
  const records = timestamps.map((timestamp, i) => ({
    timestamp,
    key: Uint8Array.from(Buffer.from(`k${baseOffset + i}`)),
    value: new Uint8Array(valueBytes).fill((baseOffset + i) % 251),
  }));
  return buildBatch({ baseOffset, ...idempotent, ...options }, records, codecs, crc32c);
}

/** One section to write: batches of one partition. */
export interface SectionInput {
  readonly topicId: Uint8Array;
  readonly partition: number;
  readonly generation?: number;
  readonly batches: readonly Uint8Array[];
}

/** The bytes of a pack with these sections. */
export function packOf(sections: readonly SectionInput[]) {
  const disk = memoryDisk();
  const writer = new PackWriter(disk, '/pack');
  for (const { topicId, partition, generation = 0, batches } of sections) {
    writer.beginSection({ topicId, partition, generation });
    for (const one of batches) writer.append(one);
    writer.endSection();
  }
  const file = writer.finish();
  return { bytes: readFile(disk, '/pack'), sections: file.sections };
}

/** Reads ranges of bytes in memory, and counts the requests. */
export function rangesOf(bytes: Uint8Array): ReadRange & { requests: number } {
  const read = async (range: Parameters<ReadRange>[0]): Promise<Uint8Array> => {
    counted.requests++;
    const { start, end } = resolveRange(range, bytes.length);
    return bytes.slice(start, end);
  };
  const counted = Object.assign(read, { requests: 0 });
  return counted;
}
