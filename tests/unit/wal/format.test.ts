import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodeRecords, verifyBatchCrc } from '../../../protocol/records/index.ts';
import { crc32c } from '../../../src/base/crc32c.ts';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { WalFormatError } from '../../../src/wal/errors.ts';
import {
  decodeBareRecord,
  decodeSegmentHeader,
  ENTRY_HEADER_BYTES,
  encodeBareRecord,
  encodeSegmentHeader,
  HEADER_BYTES,
} from '../../../src/wal/format.ts';
import { decodeColumns, decodeDirectory, decodeState } from '../../../src/wal/index-format.ts';
import { batchOf } from '../../../src/wal/record-entry.ts';
import { SegmentReader } from '../../../src/wal/segment-reader.ts';
import { header, index, segment, topicId } from './golden-segment.ts';

const text = new TextEncoder();

const golden = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../golden/wal/${name}`, import.meta.url)));

function reader(bytes: Uint8Array): SegmentReader {
  const disk = memoryDisk();
  const file = disk.open('/s', 'create');
  file.writeSync([bytes], 0);
  return new SegmentReader(file, header.salt);
}

test('the bytes of a segment are those of format 1', () => {
  expect(Buffer.from(segment()).equals(golden('segment-format-1.wal'))).toBe(true);
});

test('a segment of format 1 is read: header, a version 1 entry, a version 2 entry, the seal', () => {
  const bytes = golden('segment-format-1.wal');
  expect(decodeSegmentHeader(bytes)).toEqual(header);
  const walk = reader(bytes);
  const first = walk.next();
  expect(first.kind === 'entry' && { ...first.entry, topicId: [...first.entry.topicId], payload: 0 }).toEqual({
    position: 4096,
    length: 85,
    version: 1,
    topicId: [...topicId],
    partition: 9,
    baseOffset: 1000,
    synced: 4096,
    payload: 0,
  });
  const second = walk.next();
  expect(second.kind === 'entry' && [second.entry.version, second.entry.baseOffset, second.entry.synced]).toEqual([
    2, 1001, 4200,
  ]);
  expect(walk.next()).toMatchObject({ kind: 'seal', entries: 2, synced: 4300 });
});

test('a version 1 entry is read as a batch of its one record, with a right CRC', () => {
  const step = reader(golden('segment-format-1.wal')).next();
  if (step.kind !== 'entry') throw new Error(step.kind);
  const bytes = batchOf(step.entry)!;
  expect(verifyBatchCrc(bytes, 0, crc32c)).toBe(true);
  const records: unknown[] = [];
  const found = decodeRecords(bytes, {} as never, 1000, (record) => {
    const { offset, timestamp, key, value, headers } = record;
    records.push([offset, timestamp, key && Buffer.from(key).toString(), value && Buffer.from(value).toString()]);
    records.push(headers.map((one) => [Buffer.from(one.key).toString(), one.value]));
  });
  expect(records).toEqual([[1000, 1_600_000_000_000, 'k', 'bare record'], [['h', null]]]);
  expect([found.baseOffset, found.recordCount, found.maxTimestamp]).toEqual([1000, 1, 1_600_000_000_000]);
});

test('the bytes of an index are those of its format 1, and are read', () => {
  const bytes = golden('index-format-1.idx');
  expect(Buffer.from(index()).equals(bytes)).toBe(true);
  const directory = decodeDirectory(bytes)!;
  expect(directory).toMatchObject({ sequence: 42, salt: header.salt, end: 4396, entries: 2 });
  const [one] = directory.partitions;
  expect(one).toMatchObject({ partition: 9, batches: 2, baseOffset: 1000, lastOffset: 1005, bytes: 300 });
  const columns = decodeColumns(one!, bytes.slice(one!.columnsAt, one!.columnsAt + 56))!;
  expect([columns.count, columns.offsets[1], columns.positions[1], columns.lengths[1], columns.lastOffset(1)]).toEqual([
    2, 1001, 4196, 200, 1005,
  ]);
  const state = decodeState(bytes.subarray(directory.stateAt, directory.stateAt + directory.stateBytes + 4));
  expect(Buffer.from(state!).toString()).toBe('state');
});

test('either copy of a header is enough, and none is none', () => {
  for (const [damaged, readable] of [
    [[20], true],
    [[2068], true],
    [[20, 2068], false],
  ] as const) {
    const block = encodeSegmentHeader(header);
    for (const at of damaged) block[at]! ^= 1;
    expect(decodeSegmentHeader(block)).toEqual(readable ? header : undefined);
  }
});

test('a newer segment format is refused by name, whatever its CRC', () => {
  const block = encodeSegmentHeader({ ...header, formatVersion: 2 });
  expect(() => decodeSegmentHeader(block)).toThrow(WalFormatError);
  block[30]! ^= 1;
  block[2078]! ^= 1;
  expect(() => decodeSegmentHeader(block)).toThrow(/segment format 2/);
});

test('an entry of a version that is not known is refused by name', () => {
  const bytes = golden('segment-format-1.wal');
  bytes[4096 + 10] = 3;
  new DataView(bytes.buffer).setUint32(4096, crc32c(bytes.subarray(4100, 4096 + ENTRY_HEADER_BYTES), header.salt));
  expect(() => reader(bytes).next()).toThrow(/entry version 3/);
});

test('an entry with another salt is never taken for one of this segment', () => {
  const bytes = golden('segment-format-1.wal');
  const disk = memoryDisk();
  const file = disk.open('/s', 'create');
  file.writeSync([bytes], 0);
  const walk = new SegmentReader(file, header.salt + 1);
  expect(walk.next().kind).toBe('bad');
  expect(walk.resync(HEADER_BYTES - 1)).toBeUndefined();
});

test('every bit of an entry is covered: flipping any one makes it bad', () => {
  const whole = golden('segment-format-1.wal');
  const wrong: string[] = [];
  for (let at = HEADER_BYTES; at < whole.length; at++)
    for (let bit = 0; bit < 8; bit++) {
      const bytes = whole.slice();
      bytes[at]! ^= 1 << bit;
      const walk = reader(bytes);
      let steps = 0;
      try {
        for (let step = walk.next(); step.kind === 'entry' || step.kind === 'seal'; step = walk.next()) {
          steps += 1;
          if (step.kind === 'seal') break;
        }
      } catch (error) {
        expect(error).toBeInstanceOf(WalFormatError);
      }
      if (steps === 3) wrong.push(`bit ${bit} of byte ${at}`);
    }
  expect(wrong).toEqual([]);
});

test('a bare record comes back as it was, and half of one is none', () => {
  const record = { timestamp: 5, key: null, value: text.encode('v'), headers: [] };
  const bytes = encodeBareRecord(record);
  expect(decodeBareRecord(bytes)).toEqual(record);
  for (let cut = 0; cut < bytes.length; cut++) expect(decodeBareRecord(bytes.subarray(0, cut))).toBeUndefined();
});
