import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ObjectExists, ObjectNotFound, PreconditionFailed, StorageClassRefused } from '../../../src/objects/errors.ts';
import type { ObjectStore } from '../../../src/objects/types.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const text = (content: Uint8Array): string => Buffer.from(content).toString();

async function keysOf(store: ObjectStore, prefix: string, after?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const info of store.list(prefix, after)) keys.push(info.key);
  return keys;
}

/** What every object store, and every stack of decorators on one, has to do. `open` gives an empty store; `classes` are some that it has; an emulator may not show them. */
export function objectStoreContract(
  name: string,
  open: () => Promise<{ store: ObjectStore; clean?: () => Promise<void> | void }>,
  classes: readonly string[],
  showsClasses = true,
): void {
  describe(`object store: ${name}`, () => {
    let store: ObjectStore;
    let clean: (() => Promise<void> | void) | undefined;
    let folder: string;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'quarry-objects-'));
      ({ store, clean } = await open());
    });

    afterAll(async () => {
      await store.close();
      await clean?.();
      rmSync(folder, { recursive: true, force: true });
    });

    test('gives back what was put', async () => {
      const content = bytes('hello');
      const info = await store.put('basic/one', content);
      expect(info).toMatchObject({ key: 'basic/one', size: 5 });
      content.fill(0);
      expect(text(await store.get('basic/one'))).toBe('hello');
      expect(await store.head('basic/one')).toMatchObject({ key: 'basic/one', size: 5, etag: info.etag });
    });

    test('replaces an object and changes its etag', async () => {
      const first = await store.put('basic/two', bytes('aaaa'));
      const second = await store.put('basic/two', bytes('bbbb'));
      expect(second.etag).not.toBe(first.etag);
      expect(text(await store.get('basic/two'))).toBe('bbbb');
    });

    test('holds empty objects', async () => {
      await store.put('basic/empty', new Uint8Array(0));
      expect(await store.get('basic/empty')).toHaveLength(0);
      expect((await store.head('basic/empty'))?.size).toBe(0);
      expect(await store.get('basic/empty', { suffix: 4 })).toHaveLength(0);
    });

    test('says that an object is missing', async () => {
      await expect(store.get('missing/one')).rejects.toBeInstanceOf(ObjectNotFound);
      await expect(store.get('missing/one', { from: 0, length: 1 })).rejects.toBeInstanceOf(ObjectNotFound);
      await expect(store.get('missing/one', { suffix: 1 })).rejects.toBeInstanceOf(ObjectNotFound);
      expect(await store.head('missing/one')).toBeUndefined();
    });

    test('reads ranges and cuts them at the end', async () => {
      await store.put('range/digits', bytes('0123456789'));
      const read = async (from: number, length: number) => text(await store.get('range/digits', { from, length }));
      expect(await read(0, 1)).toBe('0');
      expect(await read(3, 4)).toBe('3456');
      expect(await read(8, 100)).toBe('89');
      expect(await read(10, 5)).toBe('');
      expect(await read(100, 5)).toBe('');
      expect(await read(2, 0)).toBe('');
    });

    test('reads the last bytes', async () => {
      await store.put('range/suffix', bytes('0123456789'));
      expect(text(await store.get('range/suffix', { suffix: 3 }))).toBe('789');
      expect(text(await store.get('range/suffix', { suffix: 100 }))).toBe('0123456789');
      expect(text(await store.get('range/suffix', { suffix: 0 }))).toBe('');
    });

    test('refuses ranges that make no sense', async () => {
      await store.put('range/bad', bytes('x'));
      await expect(store.get('range/bad', { from: -1, length: 1 })).rejects.toBeInstanceOf(RangeError);
      await expect(store.get('range/bad', { from: 0, length: 1.5 })).rejects.toBeInstanceOf(RangeError);
      await expect(store.get('range/bad', { suffix: -1 })).rejects.toBeInstanceOf(RangeError);
    });

    test('stores a file of many megabytes, byte for byte', async () => {
      const content = randomBytes(19 * 1024 * 1024 + 7);
      const file = join(folder, 'large');
      writeFileSync(file, content);
      const info = await store.put('large/one', { file, size: content.length });
      expect(info.size).toBe(content.length);
      expect(Buffer.compare(await store.get('large/one'), content)).toBe(0);
      const middle = await store.get('large/one', { from: 9_000_000, length: 2_000_000 });
      expect(Buffer.compare(middle, content.subarray(9_000_000, 11_000_000))).toBe(0);
      rmSync(file);
      writeFileSync(file, content.reverse());
      const again = store.put('large/one', { file, size: content.length }, { ifAbsent: true });
      await expect(again).rejects.toBeInstanceOf(ObjectExists);
    });

    test('stores a small file', async () => {
      const file = join(folder, 'small');
      writeFileSync(file, 'a small file');
      await store.put('large/small', { file, size: 12 });
      expect(text(await store.get('large/small'))).toBe('a small file');
    });

    test('puts only where nothing is when asked to', async () => {
      await store.put('absent/one', bytes('first'), { ifAbsent: true });
      await expect(store.put('absent/one', bytes('second'), { ifAbsent: true })).rejects.toBeInstanceOf(ObjectExists);
      expect(text(await store.get('absent/one'))).toBe('first');
    });

    test('lets one of many racing puts win', async () => {
      // Keys of its own each time: a second try must not find those of the first.
      const race = randomBytes(4).toString('hex');
      for (let round = 0; round < 5; round++) {
        const key = `race/${race}/${round}`;
        const puts = Array.from({ length: 16 }, (_, i) => store.put(key, bytes(`writer ${i}`), { ifAbsent: true }));
        const outcomes = await Promise.allSettled(puts);
        const winners = outcomes.flatMap((outcome, i) => (outcome.status === 'fulfilled' ? [i] : []));
        expect(winners).toHaveLength(1);
        for (const outcome of outcomes)
          if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(ObjectExists);
        expect(text(await store.get(key))).toBe(`writer ${winners[0]}`);
      }
    });

    test('puts only over the expected version when asked to', async () => {
      const first = await store.put('match/one', bytes('1'));
      const second = await store.put('match/one', bytes('2'), { ifMatch: first.etag });
      const stale = store.put('match/one', bytes('3'), { ifMatch: first.etag });
      await expect(stale).rejects.toBeInstanceOf(PreconditionFailed);
      expect(text(await store.get('match/one'))).toBe('2');
      await store.put('match/one', bytes('3'), { ifMatch: second.etag });
      const missing = store.put('match/none', bytes('1'), { ifMatch: first.etag });
      await expect(missing).rejects.toBeInstanceOf(PreconditionFailed);
      expect(await store.head('match/none')).toBeUndefined();
    });

    test('keeps an object in another class, with its bytes as they are, or says that it has no classes', async () => {
      const name = classes[0];
      await store.put('class/one', bytes('0123456789'));
      if (name === undefined) {
        await store.setStorageClass?.('class/one', 'STANDARD_IA').then(
          () => expect.unreachable('it has no classes'),
          (error: unknown) => expect(error).toBeInstanceOf(StorageClassRefused),
        );
        return;
      }
      expect(store.setStorageClass !== undefined).toBe(true);
      for (const one of [name, name, classes[1] ?? name]) {
        await store.setStorageClass?.('class/one', one);
        expect(await store.head('class/one')).toMatchObject({ size: 10, ...(showsClasses && { storageClass: one }) });
      }
      expect(text(await store.get('class/one'))).toBe('0123456789');
      expect(text(await store.get('class/one', { from: 3, length: 4 }))).toBe('3456');
      await store.put('class/one', bytes('new'));
      expect(text(await store.get('class/one'))).toBe('new');
    });

    test('refuses classes whose objects cannot be read at once, and objects that are not there', async () => {
      const [name] = classes;
      if (name === undefined) return;
      await store.put('class/two', bytes('x'));
      for (const archive of ['GLACIER', 'DEEP_ARCHIVE', 'Archive', 'no such class'])
        await expect(store.setStorageClass?.('class/two', archive), archive).rejects.toBeInstanceOf(
          StorageClassRefused,
        );
      await expect(store.setStorageClass?.('class/none', name)).rejects.toBeInstanceOf(ObjectNotFound);
      expect(await store.head('class/none')).toBeUndefined();
    });

    test('deletes, and does not mind what is missing', async () => {
      await store.put('delete/one', bytes('1'));
      await store.put('delete/two', bytes('2'));
      await store.delete(['delete/one', 'delete/none']);
      expect(await store.head('delete/one')).toBeUndefined();
      await expect(store.get('delete/one')).rejects.toBeInstanceOf(ObjectNotFound);
      expect(await keysOf(store, 'delete/')).toEqual(['delete/two']);
      await store.delete([]);
    });

    test('lists by prefix in key order and goes on after a key', async () => {
      const names = ['list/a-b', 'list/a/b', 'list/a.c', 'list/b/c/d', 'lister/x'];
      for (const key of [...names].reverse()) await store.put(key, bytes(key));
      const sorted = ['list/a-b', 'list/a.c', 'list/a/b', 'list/b/c/d'];
      expect(await keysOf(store, 'list/')).toEqual(sorted);
      expect(await keysOf(store, 'list')).toEqual([...sorted, 'lister/x']);
      expect(await keysOf(store, 'list/a')).toEqual(sorted.slice(0, 3));
      expect(await keysOf(store, 'list/b/c')).toEqual(['list/b/c/d']);
      expect(await keysOf(store, 'nothing')).toEqual([]);
      for (const [i, key] of sorted.entries()) expect(await keysOf(store, 'list/', key)).toEqual(sorted.slice(i + 1));
      expect(await keysOf(store, 'list/', 'list/a/')).toEqual(sorted.slice(2));
    });

    test('lists more objects than one page of S3 holds', async () => {
      const keys = Array.from({ length: 1003 }, (_, i) => `many/${String(i).padStart(5, '0')}`);
      for (let i = 0; i < keys.length; i += 100)
        await Promise.all(keys.slice(i, i + 100).map((key) => store.put(key, bytes('x'))));
      expect(await keysOf(store, 'many/')).toEqual(keys);
      await store.delete(keys);
      expect(await keysOf(store, 'many/')).toEqual([]);
    });

    test('refuses keys that could leave its root', async () => {
      for (const key of [
        '',
        '/a',
        'a/',
        'a//b',
        '.',
        '..',
        'a/../b',
        'a/./b',
        'a\\b',
        'a\0b',
        'a\nb',
        'x'.repeat(300),
      ]) {
        await expect(store.put(key, bytes('x')), key).rejects.toBeInstanceOf(RangeError);
        await expect(store.get(key), key).rejects.toBeInstanceOf(RangeError);
        await expect(store.head(key), key).rejects.toBeInstanceOf(RangeError);
        await expect(store.delete([key]), key).rejects.toBeInstanceOf(RangeError);
      }
    });
  });
}
