import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemRandom } from '../../../src/base/random.ts';
import { ObjectNotFound, ObjectStoreUnavailable, PreconditionFailed } from '../../../src/objects/errors.ts';
import { openFileStore } from '../../../src/objects/file.ts';
import { openObjectStore } from '../../../src/objects/open.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { ManualClock } from '../processor/manual-clock.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-file-store-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a failed put leaves neither the object nor a leftover', async () => {
  const store = await openFileStore(folder, { random: systemRandom, clock: systemClock });
  await expect(store.put('a/b', { file: join(folder, 'absent'), size: 3 })).rejects.toBeInstanceOf(
    ObjectStoreUnavailable,
  );
  expect(await store.head('a/b')).toBeUndefined();
  expect(readdirSync(join(folder, '.uploads'))).toEqual([]);
});

test('leftovers of an upload that a crash cut off are removed and never listed', async () => {
  const store = await openFileStore(folder, { random: systemRandom, clock: systemClock });
  await store.put('a', new Uint8Array(3));
  writeFileSync(join(folder, '.uploads', 'left'), 'half');
  const keys: string[] = [];
  for await (const info of store.list('')) keys.push(info.key);
  expect(keys).toEqual(['a']);
  await openFileStore(folder, { random: systemRandom, clock: systemClock });
  expect(existsSync(join(folder, '.uploads', 'left'))).toBe(true);
  await openFileStore(folder, { random: systemRandom, clock: systemClock, cleanUp: true });
  expect(existsSync(join(folder, '.uploads', 'left'))).toBe(false);
});

test('the folder of uploads cannot be reached by a key', async () => {
  const store = await openFileStore(folder, { random: systemRandom, clock: systemClock });
  await expect(store.put('.uploads/a', new Uint8Array(1))).rejects.toBeInstanceOf(RangeError);
});

test('a URL of another scheme, or of one that lacks what it needs, is refused by name', async () => {
  const parts = { clock: systemClock, random: systemRandom };
  await expect(openObjectStore('gs://', parts)).rejects.toThrow("'gs://' names no bucket");
  await expect(openObjectStore('az://container', parts)).rejects.toThrow('az: needs an account');
  await expect(openObjectStore('ftp://x', parts)).rejects.toThrow("'ftp://x' is not supported");
});

test('parts of an object that was replaced or deleted are those of now', async () => {
  const store = await openFileStore(folder, { random: systemRandom, clock: systemClock });
  const range = { from: 1, length: 2 };
  await store.put('a', Uint8Array.of(1, 2, 3));
  expect([...(await store.get('a', range))]).toEqual([2, 3]);
  await store.put('a', Uint8Array.of(4, 5, 6));
  expect([...(await store.get('a', range))]).toEqual([5, 6]);
  await store.delete(['a']);
  await expect(store.get('a', range)).rejects.toBeInstanceOf(ObjectNotFound);
  await store.close();
});

test('a file is let go a second after it was opened, so that another thread can remove it', async () => {
  const clock = new ManualClock();
  const store = await openFileStore(folder, { random: systemRandom, clock });
  await store.put('a', Uint8Array.of(1, 2, 3));
  await store.get('a', { from: 0, length: 1 });
  rmSync(join(folder, 'a'));
  expect([...(await store.get('a', { from: 1, length: 1 }))]).toEqual([2]);
  await clock.advance(1001);
  await expect(store.get('a', { from: 1, length: 1 })).rejects.toBeInstanceOf(ObjectNotFound);
  await store.close();
});

test('of puts at the same time each is told the etag of its own bytes', async () => {
  const store = await openFileStore(folder, { random: systemRandom, clock: systemClock });
  const put = (byte: number) => store.put('a', Uint8Array.of(byte));
  const told = await Promise.all([1, 2, 3, 4].map(put));
  expect(new Set(told.map(({ etag }) => etag)).size).toBe(4);
  const current = (await store.get('a'))[0] ?? 0;
  const [older] = told.filter((_info, at) => at + 1 !== current);
  await expect(store.put('a', Uint8Array.of(9), { ifMatch: older?.etag ?? '' })).rejects.toBeInstanceOf(
    PreconditionFailed,
  );
  await store.put('a', Uint8Array.of(9), { ifMatch: told[current - 1]?.etag ?? '' });
  await store.close();
});
