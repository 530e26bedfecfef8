import { expect, test } from 'vitest';
import { type Disk, readFile } from '../../../src/base/disk.ts';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import type { LogFields, Logger } from '../../../src/base/logger.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { DirectoryInUse, WalFormatError } from '../../../src/wal/errors.ts';
import { indexPath, segmentPath } from '../../../src/wal/files.ts';
import { encodeSegmentHeader, HEADER_BYTES } from '../../../src/wal/format.ts';
import { inspectWal, repairWal, verifyWal } from '../../../src/wal/inspect.ts';
import type { Wal } from '../../../src/wal/wal.ts';
import { noFaults, SimulatedDisk } from '../../../simulation/disk.ts';
import { segment as goldenSegment, topicId } from './golden-segment.ts';
import { append, FOLDER, names, openWal, TOPIC, turn, walOptions } from './wal-fixture.ts';

const processes = { self: '1 1', alive: () => false };

function patch(disk: Disk, path: string, position: number, change: (byte: number) => number): void {
  const file = disk.open(path, 'write');
  const byte = new Uint8Array(1);
  file.readSync(byte, position);
  file.writeSync([Uint8Array.of(change(byte[0]!))], position);
}

function entriesOf(wal: Wal): number {
  const { parts } = wal.partition(TOPIC, 0);
  return parts.reduce((sum, part) => sum + wal.index(part)!.count, 0);
}

/** A WAL that ended without a close: `count` entries in one segment, one sync each. */
async function crashed(count: number): Promise<{ disk: SimulatedDisk; path: string; positions: number[] }> {
  const disk = new SimulatedDisk();
  const wal = await openWal({ disk });
  const partition = wal.partition(TOPIC, 0);
  for (let i = 0; i < count; i++) await append(wal, partition, `value ${i}`);
  const index = wal.index(partition.parts[0]!)!;
  const { segment } = wal.watermark.read();
  disk.kill();
  return { disk, path: segmentPath(FOLDER, segment), positions: Array.from(index.positions.slice(0, index.count)) };
}

function listening(): { logger: Logger; lines: LogFields[] } {
  const lines: LogFields[] = [];
  const take = (fields: LogFields): void => void lines.push(fields);
  const logger: Logger = { ...silentLogger, warn: take, error: take, child: () => logger };
  return { logger, lines };
}

test('after a crash the log is whole, its last segment sealed, and files made for later are kept for later', async () => {
  const { disk } = await crashed(5);
  const wal = await openWal({ disk });
  expect(entriesOf(wal)).toBe(5);
  expect(wal.report).toMatchObject({ torn: undefined, corrupt: [], epoch: 1, nextSequence: 3 });
  await wal.close();
  expect(names(disk)).toContain('00000000000000000001.idx');
  const again = await openWal({ disk });
  expect([entriesOf(again), again.report.scannedBytes]).toEqual([5, 0]);
  await again.close();
});

test('an entry that is corrupt below what was durable is reported, kept aside and left out; those after it stay', async () => {
  const { disk, path, positions } = await crashed(5);
  patch(disk, path, positions[2]! + 80, (byte) => byte ^ 1);
  const { logger, lines } = listening();
  const wal = await openWal({ disk, logger });
  expect(entriesOf(wal)).toBe(4);
  expect(wal.report.corrupt).toEqual([{ sequence: 1, from: positions[2], to: positions[3] }]);
  expect(lines).toEqual([expect.objectContaining({ sequence: 1, from: positions[2] })]);
  expect(wal.report.keptAside.map((kept) => disk.size(kept))).toEqual([positions[3]! - positions[2]!]);
  await wal.close();
});

test('an entry whose length is corrupt is passed over by looking for the next one', async () => {
  const { disk, path, positions } = await crashed(5);
  patch(disk, path, positions[1]! + 5, (byte) => byte ^ 0xff);
  const wal = await openWal({ disk });
  expect([entriesOf(wal), wal.report.corrupt.length]).toEqual([4, 1]);
  await wal.close();
});

test('a torn end is cut off, kept aside and reported', async () => {
  const { disk, path, positions } = await crashed(5);
  patch(disk, path, positions[4]! + 80, (byte) => byte ^ 1);
  const { logger, lines } = listening();
  const wal = await openWal({ disk, logger });
  expect([entriesOf(wal), wal.report.torn?.from, wal.report.corrupt]).toEqual([4, positions[4], []]);
  expect(lines).toEqual([expect.objectContaining({ from: positions[4] })]);
  expect(wal.report.keptAside.length).toBe(1);
  await wal.close();
});

test('in a segment that was finished nothing is torn: what is not whole is corrupt', async () => {
  const disk = memoryDisk();
  const wal = await openWal({ disk });
  const partition = wal.partition(TOPIC, 0);
  for (let i = 0; i < 3; i++) await append(wal, partition, `value ${i}`);
  const last = wal.index(partition.parts[0]!)!.positions[2]!;
  await wal.close();
  disk.remove(`${FOLDER}/00000000000000000001.idx`);
  patch(disk, segmentPath(FOLDER, 1), last + 80, (byte) => byte ^ 1);
  const next = await openWal({ disk });
  await append(next, next.partition(TOPIC, 1), 'x');
  await next.close();
  disk.remove(`${FOLDER}/00000000000000000001.idx`);
  const again = await openWal({ disk });
  expect([entriesOf(again), again.report.torn]).toEqual([2, undefined]);
  expect(again.report.corrupt).toEqual([expect.objectContaining({ sequence: 1, from: last })]);
  await again.close();
});

test('a segment without its header is read by the salt that its index remembers, and kept aside without an index', async () => {
  const { disk, path } = await crashed(3);
  await (await openWal({ disk })).close();
  for (const copy of [0, 2048]) patch(disk, path, copy + 13, (byte) => byte ^ 1);
  const readable = await openWal({ disk });
  expect(entriesOf(readable)).toBe(3);
  const part = readable.partition(TOPIC, 0).parts[0]!;
  const read = await readable.read(readable.partition(TOPIC, 0), part, {
    from: 0,
    maxBytes: 1000,
    below: 99,
    atLeastOne: true,
    take: (size) => Buffer.allocUnsafeSlow(size),
  });
  expect(read?.batches.length).toBe(3);
  await readable.close();
  disk.remove(`${FOLDER}/00000000000000000001.idx`);
  const lost = await openWal({ disk });
  expect([entriesOf(lost), lost.report.corrupt.length, lost.report.keptAside.length]).toEqual([0, 1, 1]);
  await lost.close();
});

test('bytes that may never have reached the disk are written again before they count as durable', async () => {
  const { disk } = await (async () => {
    const site = new SimulatedDisk();
    const wal = await openWal({ disk: site });
    await append(wal, wal.partition(TOPIC, 0), 'durable');
    site.faults = { ...noFaults, sync: () => Promise.reject(new Error('EIO')) };
    await expect(append(wal, wal.partition(TOPIC, 0), 'in the cache only')).rejects.toThrow(/EIO/);
    site.faults = noFaults;
    site.kill();
    return { disk: site };
  })();
  const wal = await openWal({ disk });
  expect(entriesOf(wal)).toBe(2);
  await wal.close();
  disk.cut({ random: { float: () => 0.99, bytes: (length) => new Uint8Array(length) }, kept: 0, garbage: 0 });
  const again = await openWal({ disk });
  expect([entriesOf(again), again.report.corrupt]).toEqual([2, []]);
  await again.close();
});

test('a folder of a newer format is refused, and left as it is', async () => {
  const disk = memoryDisk();
  disk.makeDirectory(FOLDER);
  const file = disk.open(segmentPath(FOLDER, 1), 'create');
  const header = { salt: 1, sequence: 1, created: 1, brokerId: 1, epoch: 1, recycled: false };
  file.writeSync([encodeSegmentHeader({ ...header, formatVersion: 2 })], 0);
  await expect(openWal({ disk })).rejects.toThrow(WalFormatError);
  expect(names(disk)).toEqual(['00000000000000000001.wal']);
});

test('a folder that is open is refused; one whose process died is taken over', async () => {
  const disk = memoryDisk();
  const wal = await openWal({ disk, processes });
  await expect(openWal({ disk, processes })).rejects.toThrow(/already open in this process/);
  await wal.close();
  const other = disk.open(`${FOLDER}/LOCK`, 'create');
  other.writeSync([new TextEncoder().encode('77 5')], 0);
  const alive = { self: '1 1', alive: (name: string) => name === '77 5' };
  await expect(openWal({ disk, processes: alive })).rejects.toThrow(/in use by process 77/);
  expect(inspectWal(disk, FOLDER, alive).openIn).toBe('77');
  const taken = await openWal({ disk, processes });
  await taken.close();
  expect(disk.exists(`${FOLDER}/LOCK`)).toBe(false);
});

test('a segment of both entry versions is taken over from an earlier program', async () => {
  const disk = memoryDisk();
  disk.makeDirectory(FOLDER);
  disk.open(segmentPath(FOLDER, 42), 'create').writeSync([goldenSegment()], 0);
  const wal = await openWal({ disk });
  const partition = wal.partition(topicId, 9);
  const [part] = partition.parts;
  const { batches } = (await wal.read(partition, part!, {
    from: 0,
    maxBytes: 10_000,
    below: 2000,
    atLeastOne: true,
    take: (size) => Buffer.allocUnsafeSlow(size),
  }))!;
  expect(batches.map((batch) => Number(Buffer.from(batch).readBigInt64BE(0)))).toEqual([1000, 1001]);
  expect(Buffer.from(batches[0]!).includes('bare record')).toBe(true);
  expect(wal.watermark.read().segment).toBe(43);
  await wal.close();
});

test('inspect, verify and repair tell and mend what is wrong, without losing the rest', async () => {
  const { disk, path, positions } = await crashed(5);
  await (await openWal({ disk })).close();
  expect(verifyWal(disk, FOLDER, processes)).toEqual([]);
  const facts = inspectWal(disk, FOLDER, processes).segments.find((one) => one.sequence === 1);
  expect(facts).toMatchObject({ kind: 'sealed', index: 'whole', entries: 5 });
  expect(facts?.partitions).toMatchObject([{ baseOffset: 0, lastOffset: 4, batches: 5 }]);
  patch(disk, path, positions[1]! + 90, (byte) => byte ^ 4);
  const found = verifyWal(disk, FOLDER, processes);
  expect(found.map((one) => one.kind)).toEqual(['corrupt entries', 'index differs']);
  expect(found[0]?.range).toEqual({ sequence: 1, from: positions[1], to: positions[2] });
  await repairWal(walOptions({ disk }));
  expect(verifyWal(disk, FOLDER, processes).map((one) => one.kind)).toEqual(['corrupt entries']);
  const wal = await openWal({ disk });
  expect(entriesOf(wal)).toBe(4);
  await wal.close();
});

test('repair refuses a folder that is open', async () => {
  const disk = memoryDisk();
  const wal = await openWal({ disk, processes });
  await expect(repairWal(walOptions({ disk, processes }))).rejects.toThrow(DirectoryInUse);
  await wal.close();
});

test('an index that cannot be written now is written later, and the start does not wait for it', async () => {
  const { disk } = await crashed(3);
  let full = true;
  disk.faults = {
    ...noFaults,
    beforeChange(name) {
      if (full && name.endsWith('.tmp')) throw new Error('ENOSPC');
    },
  };
  const wal = await openWal({ disk });
  expect([entriesOf(wal), wal.sealedSegments().length]).toEqual([3, 0]);
  full = false;
  while (wal.sealedSegments().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(readFile(disk, `${FOLDER}/00000000000000000001.idx`).length).toBeGreaterThan(64);
  await wal.close();
});

test('a file that was being made at the crash is no segment', async () => {
  const { disk } = await crashed(2);
  disk.open(segmentPath(FOLDER, 3), 'create').writeSync([new Uint8Array(HEADER_BYTES)], 0);
  const wal = await openWal({ disk });
  await turn();
  expect([entriesOf(wal), wal.report.segments.length]).toEqual([2, 1]);
  await wal.close();
});

test('segments behind one whose index is still to be written are not told of before it', async () => {
  const { disk } = await crashed(3);
  const second = await openWal({ disk });
  await append(second, second.partition(TOPIC, 0), 'more');
  await second.close();
  disk.remove(indexPath(FOLDER, 1));
  let full = true;
  disk.faults = {
    ...noFaults,
    beforeChange(name) {
      if (full && name.endsWith('.tmp')) throw new Error('ENOSPC');
    },
  };
  const wal = await openWal({ disk });
  expect([entriesOf(wal), wal.sealedSegments()]).toEqual([4, []]);
  full = false;
  while (wal.sealedSegments().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(wal.sealedSegments().map(({ sequence }) => sequence)).toEqual([1, 3]);
  await wal.close();
});
