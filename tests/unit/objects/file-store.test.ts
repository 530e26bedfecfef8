import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemRandom } from '../../../src/base/random.ts';
import { ObjectStoreUnavailable } from '../../../src/objects/errors.ts';
import { openFileStore } from '../../../src/objects/file.ts';
import { openObjectStore } from '../../../src/objects/open.ts';
import { systemClock } from '../../../src/base/clock.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-file-store-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a failed put leaves neither the object nor a leftover', async () => {
  const store = await openFileStore(folder, systemRandom);
  await expect(store.put('a/b', { file: join(folder, 'absent'), size: 3 })).rejects.toBeInstanceOf(
    ObjectStoreUnavailable,
  );
  expect(await store.head('a/b')).toBeUndefined();
  expect(readdirSync(join(folder, '.uploads'))).toEqual([]);
});

test('leftovers of an upload that a crash cut off are removed and never listed', async () => {
  const store = await openFileStore(folder, systemRandom);
  await store.put('a', new Uint8Array(3));
  writeFileSync(join(folder, '.uploads', 'left'), 'half');
  const keys: string[] = [];
  for await (const info of store.list('')) keys.push(info.key);
  expect(keys).toEqual(['a']);
  await openFileStore(folder, systemRandom);
  expect(existsSync(join(folder, '.uploads', 'left'))).toBe(true);
  await openFileStore(folder, systemRandom, true);
  expect(existsSync(join(folder, '.uploads', 'left'))).toBe(false);
});

test('the folder of uploads cannot be reached by a key', async () => {
  const store = await openFileStore(folder, systemRandom);
  await expect(store.put('.uploads/a', new Uint8Array(1))).rejects.toBeInstanceOf(RangeError);
});

test('a URL of another scheme, or of one that lacks what it needs, is refused by name', async () => {
  const parts = { clock: systemClock, random: systemRandom };
  await expect(openObjectStore('gs://', parts)).rejects.toThrow("'gs://' names no bucket");
  await expect(openObjectStore('az://container', parts)).rejects.toThrow('az: needs an account');
  await expect(openObjectStore('ftp://x', parts)).rejects.toThrow("'ftp://x' is not supported");
});
