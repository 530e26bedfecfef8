import { beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import type { Disk } from '../../../src/base/disk.ts';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { cached } from '../../../src/objects/cached.ts';
import { ObjectNotFound } from '../../../src/objects/errors.ts';
import { faulty } from '../../../src/objects/faulty.ts';
import { memoryStore } from '../../../src/objects/memory.ts';
import type { ObjectStore } from '../../../src/objects/types.ts';

const CONTENT = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);

let disk: Disk;
let inner: ObjectStore;
let requests: string[];

beforeEach(async () => {
  disk = memoryDisk();
  inner = memoryStore(systemClock);
  requests = [];
  await inner.put('pack', CONTENT);
});

function open(maxBytes = 10_000): ObjectStore {
  const watched = faulty(inner, (operation) => {
    requests.push(operation);
    return undefined;
  });
  return cached(watched, { disk, folder: '/cache', maxBytes, blockBytes: 100, metrics: createMetrics() });
}

const cacheBytes = () => disk.list('/cache').reduce((sum, { name }) => sum + disk.size(`/cache/${name}`), 0);

test('a second read of the same blocks asks the store nothing', async () => {
  const store = open();
  const first = await store.get('pack', { from: 150, length: 200 });
  const second = await store.get('pack', { from: 120, length: 250 });
  expect(Buffer.compare(first, CONTENT.slice(150, 350))).toBe(0);
  expect(Buffer.compare(second, CONTENT.slice(120, 370))).toBe(0);
  expect(requests).toEqual(['get']);
});

test('missing blocks side by side come with one request', async () => {
  const store = open();
  await store.get('pack', { from: 400, length: 100 });
  await store.get('pack', { from: 0, length: 1000 });
  expect(requests).toEqual(['get', 'get', 'get']);
});

test('readers at the same time share one request', async () => {
  const store = open();
  const all = await Promise.all([1, 2, 3, 4].map(() => store.get('pack', { from: 0, length: 300 })));
  for (const bytes of all) expect(Buffer.compare(bytes, CONTENT.slice(0, 300))).toBe(0);
  expect(requests).toEqual(['get']);
});

test('what an earlier run kept is found again', async () => {
  await open().get('pack', { from: 0, length: 1000 });
  requests = [];
  const bytes = await open().get('pack', { from: 5, length: 990 });
  expect(Buffer.compare(bytes, CONTENT.slice(5, 995))).toBe(0);
  expect(requests).toEqual([]);
});

test('the files never take more than the limit', async () => {
  const store = open(350);
  for (let from = 0; from < 1000; from += 50) {
    await store.get('pack', { from, length: 50 });
    expect(cacheBytes()).toBeLessThanOrEqual(350);
  }
  expect(cacheBytes()).toBeGreaterThan(200);
  open(120);
  expect(cacheBytes()).toBeLessThanOrEqual(120);
});

test('the block that was used longest ago goes first', async () => {
  const store = open(330);
  for (const from of [0, 100, 200]) await store.get('pack', { from, length: 100 });
  await store.get('pack', { from: 0, length: 100 });
  await store.get('pack', { from: 300, length: 100 });
  requests = [];
  await store.get('pack', { from: 0, length: 100 });
  expect(requests).toEqual([]);
  await store.get('pack', { from: 100, length: 100 });
  expect(requests).toEqual(['get']);
});

test('a block that rotted on the disk is fetched again', async () => {
  const store = open();
  await store.get('pack', { from: 0, length: 100 });
  const [entry] = disk.list('/cache');
  const file = disk.open(`/cache/${entry?.name}`, 'write');
  file.writeSync([new Uint8Array([255])], 50);
  file.close();
  expect(await store.get('pack', { from: 0, length: 100 })).toEqual(CONTENT.slice(0, 100));
  expect(requests).toEqual(['get', 'get']);
});

test('a deleted object is not served from the cache', async () => {
  const store = open();
  await store.get('pack');
  await store.delete(['pack']);
  await expect(store.get('pack', { from: 0, length: 10 })).rejects.toBeInstanceOf(ObjectNotFound);
  expect(disk.list('/cache')).toEqual([]);
});

test('a fetch that began before a put does not keep the old bytes', async () => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  let first = true;
  const slow = faulty(inner, (operation) => {
    if (operation !== 'put' || !first) return undefined;
    first = false;
    return gate;
  });
  const store = cached(slow, { disk, folder: '/cache', maxBytes: 10_000, blockBytes: 100, metrics: createMetrics() });
  const putting = store.put('pack', new Uint8Array(1000).fill(9));
  await store.get('pack', { from: 0, length: 100 });
  release();
  await putting;
  expect((await store.get('pack', { from: 0, length: 1 }))[0]).toBe(9);
});

test('a full disk costs the cache and not the answer', async () => {
  const full: Disk = {
    ...disk,
    open(path, mode) {
      if (mode !== 'read') throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      return disk.open(path, mode);
    },
  };
  const store = cached(inner, {
    disk: full,
    folder: '/cache',
    maxBytes: 10_000,
    blockBytes: 100,
    metrics: createMetrics(),
  });
  expect(Buffer.compare(await store.get('pack'), CONTENT)).toBe(0);
  expect(disk.list('/cache')).toEqual([]);
});

test('behind it is the store itself: what is read there neither comes from the cache nor goes into it', async () => {
  const store = open();
  await store.get('pack', { from: 0, length: 100 });
  await inner.put(
    'pack',
    CONTENT.map((byte) => byte + 1),
  );
  const stored = await store.behindCache?.get('pack', { from: 0, length: 1000 });
  expect(stored?.[0]).toBe(1);
  expect(disk.list('/cache')).toHaveLength(1);
});
