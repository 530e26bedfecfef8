import { expect, test } from 'vitest';
import { PartitionTail, TailCache } from '../../../src/log/tail.ts';
import { batch } from './log-fixture.ts';

function at(offset: number, buffer?: ArrayBuffer): Uint8Array {
  const bytes = batch(['v'.repeat(50)], { baseOffset: offset });
  if (buffer === undefined) return bytes;
  const slice = new Uint8Array(buffer, offset * 200, bytes.length);
  slice.set(bytes);
  return slice;
}

test('the oldest batches go first, whatever their partition', () => {
  const size = at(0).buffer.byteLength;
  const cache = new TailCache(size * 3);
  const [a, b] = [new PartitionTail(), new PartitionTail()];
  cache.add(a, 0, at(0));
  cache.add(b, 0, at(0));
  cache.add(b, 1, at(1));
  cache.add(b, 2, at(2));
  expect(cache.bytes).toBe(size * 3);
  expect(a.read(0, 100, 10_000, true)).toBeUndefined();
  expect(b.read(0, 100, 10_000, true)?.length).toBe(3);
  cache.add(a, 1, at(1));
  expect(b.read(0, 100, 10_000, true)).toBeUndefined();
  expect(b.read(1, 100, 10_000, true)?.length).toBe(2);
});

test('a slice is counted by the buffer that it pins, once for all slices of it', () => {
  const cache = new TailCache(10_000);
  const tail = new PartitionTail();
  const buffer = new ArrayBuffer(9000);
  cache.add(tail, 0, at(0, buffer));
  cache.add(tail, 1, at(1, buffer));
  expect(cache.bytes).toBe(9000);
  const other = new ArrayBuffer(5000);
  cache.add(tail, 2, at(2, other));
  expect(cache.bytes).toBe(5000);
  expect(tail.read(1, 100, 10_000, true)).toBeUndefined();
});

test('a read ends before the bound and at the bytes asked for, but gives one batch when told to', () => {
  const cache = new TailCache(1_000_000);
  const tail = new PartitionTail();
  const size = at(0).length;
  for (let offset = 0; offset < 500; offset++) cache.add(tail, offset, at(offset));
  expect(tail.read(100, 103, 1_000_000, true)?.length).toBe(3);
  expect(tail.read(100, 500, size * 2, true)?.length).toBe(2);
  expect(tail.read(100, 500, size - 1, true)?.length).toBe(1);
  expect(tail.read(100, 500, size - 1, false)).toEqual([]);
  expect(tail.read(500, 500, size, true)).toBeUndefined();
});

test('it holds on over many evictions', () => {
  const size = at(0).buffer.byteLength;
  const cache = new TailCache(size * 10);
  const tail = new PartitionTail();
  for (let offset = 0; offset < 5000; offset++) cache.add(tail, offset, at(offset));
  expect(tail.read(4989, 9999, 1_000_000, true)).toBeUndefined();
  expect(tail.read(4990, 9999, 1_000_000, true)?.length).toBe(10);
});
