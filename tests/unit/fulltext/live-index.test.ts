import { expect, test } from 'vitest';
import type { DocumentRecord } from '../../../src/fulltext/document.ts';
import { LiveIndex } from '../../../src/fulltext/live-index.ts';
import { LiveView } from '../../../src/fulltext/live-view.ts';
import { liveIndex, recordOf, utf8 } from './oracle/sealed.ts';

/** Documents that hold a token in any field. */
async function holders(index: LiveIndex | LiveView, token: string): Promise<number[]> {
  const view = index instanceof LiveIndex ? new LiveView(index) : index;
  const all = new Uint8Array(100).fill(1);
  const found = await Promise.all((await view.find('text', utf8(token), all)).map((term) => view.postings(term)));
  return found.flatMap(({ documents }) => [...documents]);
}

test('what a broken JSON value has added is taken back', async () => {
  const index = liveIndex([
    '{"a":"one two one","n":1}',
    '{"a":"one three","n":2,"at":"2024-05-01","b":[',
    '{"a":"one","n":3}',
  ]);
  const view = new LiveView(index);
  const a = view.fields.find(({ name }) => name === 'a')!;
  expect(a).toMatchObject({ documents: 2, tokens: 4 });
  expect(view.fields.map(({ name }) => name)).toEqual(['a', 'n', 'message']);
  const mask = new Uint8Array(10);
  mask[a.id] = 1;
  const [one] = await view.find('text', utf8('one'), mask);
  const { documents, frequencies } = await view.postings(one!);
  expect([[...documents], [...frequencies!]]).toEqual([
    [0, 2],
    [2, 1],
  ]);
  expect(await view.find('text', utf8('three'), mask)).toEqual([]);
  const n = view.fields.find(({ name }) => name === 'n')!.id;
  expect([...(await view.numbers(n, 'numbers', { low: 0, high: 9 }))]).toEqual([0, 2]);
  expect(await holders(index, 'three')).toEqual([1]);
});

test('a record whose headers cannot be read leaves no trace', async () => {
  const index = liveIndex(['first']);
  const bad: DocumentRecord = {
    ...recordOf(1, 'second'),
    get headers(): never {
      throw new Error('malformed');
    },
  };
  expect(() => index.add(bad)).toThrow('malformed');
  index.add(recordOf(2, 'third'));
  expect(index.documents).toBe(2);
  expect(await holders(index, 'second')).toEqual([]);
  expect(await holders(index, 'third')).toEqual([1]);
});

test('a snapshot does not see what is added later', async () => {
  const index = liveIndex(['apple', 'pear apple']);
  const view = new LiveView(index);
  for (let offset = 2; offset < 500; offset++) index.add(recordOf(offset, `apple new${offset}`));
  expect(await holders(view, 'apple')).toEqual([0, 1]);
  expect(await holders(view, 'new7')).toEqual([]);
  expect(view.documentRange(0, 1000)).toEqual([0, 2]);
  const message = view.fields[0]!.id;
  expect([...(await view.exists(message))]).toEqual([0, 1]);
  expect(await holders(index, 'apple')).toHaveLength(500);
});

test('base64 has exact values only, up to 256 bytes', async () => {
  const index = liveIndex([Uint8Array.of(0xff, 0xfe), new Uint8Array(300).fill(0xff)]);
  const view = new LiveView(index);
  const field = view.fields.find(({ name }) => name === 'message_base64')!;
  expect(field).toMatchObject({ documents: 2, tokens: 0 });
  const mask = new Uint8Array(10).fill(1);
  const [term] = await view.find('keyword', utf8('//4='), mask);
  expect([...(await view.postings(term!)).documents]).toEqual([0]);
});

test('memory grows with the records, and an index with too many names is full', () => {
  const index = new LiveIndex(0, 0, 1);
  const before = index.bytes;
  for (let i = 0; i < 30; i++) {
    const names = Array.from({ length: 700 }, (_, j) => [`name-${i}-${j}`, 1] as const);
    index.add(recordOf(i, JSON.stringify(Object.fromEntries(names))));
  }
  expect(index.bytes).toBeGreaterThan(before + 21_000 * 64);
  expect(index.full).toBe(true);
});

test('names of headers fill an index as names of values do', () => {
  const index = liveIndex([]);
  for (let offset = 0; offset < 20_000; offset++)
    index.add({ ...recordOf(offset, 'x'), headers: [{ key: utf8(`header-${offset}`), value: utf8('1') }] });
  expect(index.full).toBe(true);
});
