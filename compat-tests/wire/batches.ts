import { type BatchOptions, buildBatch, type RecordInput } from '../../protocol/records/index.ts';
import { codecs } from '../../src/base/compression.ts';
import { crc32c } from '../../src/base/crc32c.ts';

const encoder = new TextEncoder();

/** Time of the records, so that retention and limits of time leave them alone. */
const NOW = Date.now();

/** Records with a key and these values. */
export function recordsOf(...values: readonly string[]): RecordInput[] {
  return values.map((value) => ({ timestamp: NOW, key: encoder.encode('k'), value: encoder.encode(value) }));
}

/** A whole batch. */
export function batchOf(records: readonly RecordInput[], options: Partial<BatchOptions> = {}): Uint8Array {
  return buildBatch({ baseOffset: 0, ...options }, records, codecs, crc32c);
}

/** A batch of one record with some bytes changed after its CRC was made. */
export function damaged(change: (batch: DataView) => void): Uint8Array {
  const batch = batchOf(recordsOf('x'));
  change(new DataView(batch.buffer, batch.byteOffset, batch.byteLength));
  return batch;
}
