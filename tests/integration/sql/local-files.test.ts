import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { ObjectNotFound, ObjectStoreUnavailable } from '../../../src/objects/errors.ts';
import { openFileStore } from '../../../src/objects/file.ts';
import { LocalFiles, LocalFilesFull } from '../../../src/objects/local-files.ts';
import { memoryStore } from '../../../src/objects/memory.ts';
import type { ObjectStore } from '../../../src/objects/types.ts';

const never = new AbortController().signal;
let root: string;
let folder: string;
let store: ObjectStore;
let gets: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'quarry-local-files-'));
  folder = join(root, 'cache');
  gets = [];
  const inner = memoryStore(systemClock);
  store = {
    ...inner,
    put: (key, body, options) => inner.put(key, body, options),
    get: (key, range) => {
      gets.push(key);
      return inner.get(key, range);
    },
  };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const open = (maxBytes = 100) => LocalFiles.open({ store, folder, maxBytes });
const put = (key: string, size: number) => store.put(key, Buffer.alloc(size, key));
const wanted = (...keys: string[]) => keys.map((key) => ({ key, size: 40 }));

test('objects are downloaded once and kept, also over a restart', async () => {
  await put('a', 40);
  const files = await open();
  const first = await files.bring(wanted('a', 'a'), never);
  expect(first.paths.map((path) => readFileSync(path).toString())).toEqual(['a'.repeat(40), 'a'.repeat(40)]);
  expect(first.fetchedBytes).toBe(40);
  await first.release();
  writeFileSync(join(folder, 'b'.repeat(64).concat('-40.part')), 'torn');
  const again = await (await open()).bring(wanted('a'), never);
  expect(again.fetchedBytes).toBe(0);
  expect(gets).toEqual(['a']);
  expect(readdirSync(folder)).toHaveLength(1);
});

test('what was not used for longest gives way, but never what is in use', async () => {
  for (const key of ['a', 'b', 'c', 'd']) await put(key, 40);
  const files = await open();
  const a = await files.bring(wanted('a'), never);
  const b = await files.bring(wanted('b'), never);
  await b.release();
  await a.release();
  await files.bring(wanted('a'), never);
  const c = await files.bring(wanted('c'), never);
  expect(existsSync(b.paths[0]!)).toBe(false);
  expect(existsSync(a.paths[0]!)).toBe(true);
  await expect(files.bring(wanted('d'), never)).rejects.toBeInstanceOf(LocalFilesFull);
  expect(files.bytes).toBe(80);
  await c.release();
  expect((await files.bring(wanted('d'), never)).fetchedBytes).toBe(40);
  expect(files.bytes).toBe(80);
});

test('an object that is missing, or has another size, leaves nothing behind', async () => {
  await put('a', 40);
  await put('short', 39);
  const files = await open();
  await expect(files.bring(wanted('a', 'none'), never)).rejects.toBeInstanceOf(ObjectNotFound);
  await expect(files.bring(wanted('short'), never)).rejects.toBeInstanceOf(ObjectStoreUnavailable);
  expect(files.bytes).toBe(40);
  expect(readdirSync(folder)).toHaveLength(1);
  // What was brought beside it is not held: it can give way.
  for (const key of ['b', 'c']) await put(key, 40);
  expect((await files.bring(wanted('b', 'c'), never)).fetchedBytes).toBe(80);
});

test('an object on the same disk gets a second name and outlives its deletion', async () => {
  const objects = join(root, 'objects');
  const onDisk = await openFileStore(objects, { random: seededRandom(1), clock: systemClock });
  await onDisk.put('t/a', Buffer.alloc(40, 'a'));
  const files = await LocalFiles.open({ store: onDisk, folder, maxBytes: 0, root: objects });
  const brought = await files.bring(wanted('t/a'), never);
  expect(statSync(brought.paths[0]!).nlink).toBe(2);
  await onDisk.delete(['t/a']);
  expect(readFileSync(brought.paths[0]!).length).toBe(40);
  await brought.release();
  expect(readdirSync(folder)).toEqual([]);
  await expect(files.bring(wanted('t/a'), never)).rejects.toBeInstanceOf(ObjectNotFound);
  await expect(files.bring(wanted('../objects/t/a'), never)).rejects.toBeInstanceOf(RangeError);
});
