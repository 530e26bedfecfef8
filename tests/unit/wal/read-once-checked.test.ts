import { expect, test } from 'vitest';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { segmentPath } from '../../../src/wal/files.ts';
import { append, FOLDER, openWal, TOPIC } from './wal-fixture.ts';

const READ = {
  from: 0,
  maxBytes: 100_000,
  below: Number.MAX_SAFE_INTEGER,
  atLeastOne: true,
  take: (size: number) => Buffer.allocUnsafeSlow(size),
};

/** A WAL with three batches of one partition, one of whose bodies can be garbled on the disk. */
async function filled() {
  const disk = memoryDisk();
  const wal = await openWal({ disk });
  const partition = wal.partition(TOPIC, 0);
  for (const value of ['first', 'second', 'third']) await append(wal, partition, value.repeat(20));
  const [part] = partition.parts;
  if (part === undefined) throw new Error('nothing was appended');
  const garble = (batch: number, from: number): void => {
    const position = wal.index(part)!.positions[batch]! + from;
    disk.open(segmentPath(FOLDER, part.sequence), 'write').writeSync([Uint8Array.of(0xff)], position);
  };
  return { wal, garble, read: async () => (await wal.read(partition, part, READ))!.batches.length };
}

/** Bytes of an entry before the records of its batch. */
const RECORDS_AT = 44 + 61;

test('a batch that rotted before it was read is left out', async () => {
  const { wal, garble, read } = await filled();
  garble(1, RECORDS_AT + 5);
  expect(await read()).toBe(2);
  await wal.close();
});

test('the records of a batch are checked at its first read; its header at each one', async () => {
  const { wal, garble, read } = await filled();
  expect(await read()).toBe(3);
  garble(1, RECORDS_AT + 5);
  expect(await read()).toBe(3);
  garble(1, 20);
  expect(await read()).toBe(2);
  await wal.close();
});
