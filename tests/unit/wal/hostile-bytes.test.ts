import { expect, test } from 'vitest';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { ENTRY_HEADER_BYTES, HEADER_BYTES, writeBatchEntryHeader } from '../../../src/wal/format.ts';
import { SegmentReader } from '../../../src/wal/segment-reader.ts';
import { batch } from '../log/log-fixture.ts';
import { TOPIC } from './wal-fixture.ts';

const BYTES = 1024 * 1024;
const SALT = 7;
/** Length, marker and version of an entry fit in so many bytes. */
const DISTANCE = 12;

/** What a producer can fill a segment with: at every place something looks like the beginning of a long entry of version 1. */
function hostile(): Uint8Array {
  const bytes = new Uint8Array(BYTES);
  const view = new DataView(bytes.buffer);
  for (let at = HEADER_BYTES; at + ENTRY_HEADER_BYTES < BYTES; at += DISTANCE) {
    view.setUint32(at + 4, BYTES - at);
    bytes.set([0x51, 0x57, 1], at + 8);
  }
  return bytes;
}

test('bytes of an earlier life that look like long entries everywhere do not hold up a start', () => {
  const bytes = hostile();
  const payload = batch(['found'], { baseOffset: 5 });
  const length = ENTRY_HEADER_BYTES + payload.length;
  const position = BYTES - 2 * length;
  bytes.set(payload, position + ENTRY_HEADER_BYTES);
  const fields = { topicId: TOPIC, partition: 0, baseOffset: 5, synced: HEADER_BYTES };
  writeBatchEntryHeader(bytes, position, fields, payload.length, SALT);
  const file = memoryDisk().open('/hostile', 'write');
  file.writeSync([bytes], 0);
  const began = performance.now();
  expect(new SegmentReader(file, SALT).resync(HEADER_BYTES)).toBe(position);
  expect(performance.now() - began).toBeLessThan(2500);
});
