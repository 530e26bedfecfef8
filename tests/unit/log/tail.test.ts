import { expect, test } from 'vitest';
import { PartitionTail, TailCache } from '../../../src/log/tail.ts';
import { batch } from './log-fixture.ts';

const MIB = 1024 * 1024;

const at = (offset: number, value = 'v'.repeat(50)): Uint8Array => batch([value], { baseOffset: offset });

/** A batch that fills a chunk of a cache of 8 MiB but for little. */
const large = (offset: number): Uint8Array => at(offset, 'x'.repeat(MIB - 200));

test('the oldest batches go first, whatever their partition', () => {
  const cache = new TailCache(8 * MIB);
  const [a, b] = [new PartitionTail(), new PartitionTail()];
  cache.add(a, 0, large(0));
  cache.add(b, 0, large(0));
  for (let offset = 1; offset < 7; offset++) cache.add(b, offset, large(offset));
  expect(cache.bytes).toBe(8 * MIB);
  expect(a.read(0, 100, 10 * MIB, true)?.length).toBe(1);
  cache.add(a, 1, large(1));
  expect(a.read(0, 100, 10 * MIB, true)).toBeUndefined();
  expect(b.read(0, 100, 10 * MIB, true)?.length).toBe(7);
  cache.add(a, 2, large(2));
  expect(b.read(0, 100, 10 * MIB, true)).toBeUndefined();
  expect(b.read(1, 100, 10 * MIB, true)?.length).toBe(6);
});

test('what a batch came in may be used again at once', () => {
  const cache = new TailCache(8 * MIB);
  const tail = new PartitionTail();
  const bytes = at(0);
  const before = bytes.slice();
  cache.add(tail, 0, bytes);
  bytes.fill(0);
  expect(tail.read(0, 100, MIB, true)).toEqual([before]);
});

test('memory that a lease may still be reading is not filled again before it ends', () => {
  const cache = new TailCache(8 * MIB);
  const tail = new PartitionTail();
  cache.add(tail, 0, large(0));
  const lease = cache.leases.begin();
  const [read] = tail.read(0, 100, 10 * MIB, true) ?? [];
  const before = read?.slice();
  for (let offset = 1; offset < 40; offset++) cache.add(tail, offset, large(offset));
  expect(Buffer.compare(read!, before!)).toBe(0);
  lease.end();
  const buffer = read!.buffer;
  const reused = new Set<ArrayBufferLike>();
  for (let offset = 40; offset < 80; offset++) {
    cache.add(tail, offset, large(offset));
    reused.add(tail.read(offset, 100, 10 * MIB, true)![0]!.buffer);
  }
  expect(reused.size).toBeLessThan(30);
  expect(buffer.byteLength).toBe(MIB);
});

test('without readers a steady load fills the same chunks again and again', () => {
  const cache = new TailCache(8 * MIB);
  const tail = new PartitionTail();
  const buffers = new Set<ArrayBufferLike>();
  for (let offset = 0; offset < 100; offset++) {
    cache.add(tail, offset, large(offset));
    buffers.add(tail.read(offset, 1000, 10 * MIB, true)![0]!.buffer);
  }
  expect(buffers.size).toBeLessThanOrEqual(9);
});

test('a batch larger than a chunk has memory of its own, one larger than the cache is not kept', () => {
  const cache = new TailCache(8 * MIB);
  const tail = new PartitionTail();
  cache.add(tail, 0, at(0, 'x'.repeat(3 * MIB)));
  expect(tail.read(0, 100, 1, true)?.[0]?.length).toBeGreaterThan(3 * MIB);
  cache.add(tail, 1, at(1, 'x'.repeat(9 * MIB)));
  expect(tail.read(1, 100, 1, true)).toBeUndefined();
  expect(cache.bytes).toBe(0);
});

test('a cache of 4 GiB and more has chunks like any other', () => {
  const cache = new TailCache(2 ** 32);
  const tail = new PartitionTail();
  for (let offset = 0; offset < 10; offset++) cache.add(tail, offset, at(offset));
  expect(cache.bytes).toBe(MIB);
});

test('a read ends before the bound and at the bytes asked for, but gives one batch when told to', () => {
  const cache = new TailCache(8 * MIB);
  const tail = new PartitionTail();
  const size = at(0).length;
  for (let offset = 0; offset < 500; offset++) cache.add(tail, offset, at(offset));
  expect(tail.read(100, 103, 1_000_000, true)?.length).toBe(3);
  expect(tail.read(100, 500, size * 2, true)?.length).toBe(2);
  expect(tail.read(100, 500, size - 1, true)?.length).toBe(1);
  expect(tail.read(100, 500, size - 1, false)).toEqual([]);
  expect(tail.read(500, 500, size, true)).toBeUndefined();
});

test('a cache of no bytes keeps nothing', () => {
  const cache = new TailCache(0);
  const tail = new PartitionTail();
  cache.add(tail, 0, at(0));
  expect(tail.read(0, 100, 1000, true)).toBeUndefined();
  expect(cache.bytes).toBe(0);
});
