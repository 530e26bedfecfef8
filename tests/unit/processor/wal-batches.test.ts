import { expect, test } from 'vitest';
import { decodeRecords, readBatchHeader, verifyBatchCrc } from '../../../protocol/records/index.ts';
import { codecs } from '../../../src/base/compression.ts';
import { crc32c } from '../../../src/base/crc32c.ts';
import type { Disk } from '../../../src/base/disk.ts';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { below, seededRandom } from '../../../src/base/random.ts';
import { WalSegmentBatches } from '../../../src/processor/packs/wal-batches.ts';
import { encodeBareRecord, encodeRecordEntry, encodeSealEntry, encodeSegmentHeader } from '../../../src/wal/format.ts';
import { indexPath, segmentPath } from '../../../src/wal/files.ts';
import { batch, TOPIC_A, TOPIC_B } from '../packs/batches.ts';
import { ManualClock } from './manual-clock.ts';
import { openWal, type Placed, sealWith } from './wal-fixture.ts';

const nameOf = (topicId: Uint8Array, partition: number): string =>
  `${Buffer.from(topicId).toString('hex')}/${partition}`;

/** All batches of a segment by partition; fails when the pieces of two partitions are mixed. */
function readAll(disk: Disk, sequence: number): Map<string, Buffer> {
  const source = new WalSegmentBatches(disk, '/wal', sequence);
  const found = new Map<string, Buffer[]>();
  let current = '';
  for (const { share, batches, last } of source.pieces(() => true)) {
    const name = nameOf(share.topicId, share.partition);
    if (current !== name) expect(found.has(name)).toBe(false);
    current = last ? '' : name;
    found.set(name, [...(found.get(name) ?? []), ...batches.map((one) => Buffer.from(one))]);
  }
  source.close();
  return new Map([...found].map(([name, batches]) => [name, Buffer.concat(batches)]));
}

test.each([1, 2, 3])('random segments come apart partition by partition (seed %i)', async (seed) => {
  const random = seededRandom(seed);
  const disk = memoryDisk();
  const wal = await openWal(disk, new ManualClock());
  const next = new Map<string, number>();
  const expected = new Map<string, Buffer[]>();
  const placed: Placed[] = [];
  for (let bytes = 0; bytes < 20_000_000; ) {
    const topicId = below(random, 3) === 0 ? TOPIC_A : TOPIC_B;
    const partition = below(random, 1 + below(random, 40));
    const name = nameOf(topicId, partition);
    const offset = (next.get(name) ?? 0) + below(random, 2);
    const size = [10, 500, 20_000, 400_000, 9_000_000][Math.floor(random.float() ** 4 * 5)] ?? 10;
    const one = batch(offset, [1, 2], { valueBytes: size >> 1 });
    next.set(name, offset + 2);
    expected.set(name, [...(expected.get(name) ?? []), Buffer.from(one)]);
    placed.push({ topicId, partition, offset, batch: one });
    bytes += one.length;
  }
  const sequence = await sealWith(wal, placed);
  const found = readAll(disk, sequence);
  expect(new Set(found.keys())).toEqual(new Set(expected.keys()));
  for (const [name, batches] of expected)
    expect(Buffer.compare(found.get(name) ?? Buffer.alloc(0), Buffer.concat(batches)), name).toBe(0);
});

test('only what is wanted is read', async () => {
  const disk = memoryDisk();
  const wal = await openWal(disk, new ManualClock());
  const at = (partition: number) => ({ topicId: TOPIC_A, partition, offset: 0, batch: batch(0, [1]) });
  const sequence = await sealWith(wal, [at(0), at(1), at(2)]);
  const source = new WalSegmentBatches(disk, '/wal', sequence);
  const seen = [...source.pieces((share) => share.partition !== 1)].map((piece) => piece.share.partition);
  expect(seen).toEqual([0, 2]);
});

/** A segment as an earlier program wrote it: bare records. */
function writeVersion1(disk: Disk, count: number): void {
  const salt = 12345;
  const header = { formatVersion: 1, salt, sequence: 1, created: 5, brokerId: 1, epoch: 1, recycled: false };
  const parts: Uint8Array[] = [encodeSegmentHeader(header)];
  for (let i = 0; i < count; i++) {
    const payload = encodeBareRecord({ timestamp: 100 + i, key: null, value: Buffer.from(`v${i}`), headers: [] });
    parts.push(encodeRecordEntry({ topicId: TOPIC_A, partition: 0, baseOffset: i, synced: 4096 }, payload, salt));
  }
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  parts.push(encodeSealEntry(count, size, salt));
  disk.makeDirectory('/wal');
  const file = disk.open(segmentPath('/wal', 1), 'write');
  file.writeSync(parts, 0);
  file.close();
}

test('bare records of version 1 become batches with right checksums, with and without an index', async () => {
  const disk = memoryDisk();
  writeVersion1(disk, 50);
  const direct = readAll(disk, 1).get(nameOf(TOPIC_A, 0)) ?? Buffer.alloc(0);
  const wal = await openWal(disk, new ManualClock());
  await wal.flush();
  expect(disk.exists(indexPath('/wal', 1))).toBe(true);
  const indexed = readAll(disk, 1).get(nameOf(TOPIC_A, 0)) ?? Buffer.alloc(0);
  expect(indexed.equals(direct)).toBe(true);
  const records: [number, number, string][] = [];
  for (let at = 0; at < indexed.length; ) {
    const { sizeInBytes } = readBatchHeader(indexed, at);
    expect(verifyBatchCrc(indexed, at, crc32c)).toBe(true);
    decodeRecords(indexed.subarray(at, at + sizeInBytes), codecs, 1e6, (record) => {
      records.push([record.offset, record.timestamp, Buffer.from(record.value ?? []).toString()]);
    });
    at += sizeInBytes;
  }
  expect(records).toEqual(Array.from({ length: 50 }, (_, i) => [i, 100 + i, `v${i}`]));
});
