import { expect, test } from 'vitest';
import { BinaryBounds, stringBounds } from '../../../../src/lake/parquet/bounds.ts';

function boundsOf(...values: Uint8Array[]): [string | undefined, string | undefined] {
  const bounds = new BinaryBounds();
  for (const value of values) bounds.see(Buffer.from(value), 0, value.length);
  return [bounds.lower(), bounds.upper()].map((bound) =>
    bound === undefined ? undefined : Buffer.from(bound).toString('latin1'),
  ) as never;
}

test('short values are their own bounds', () => {
  expect(boundsOf(Buffer.from('b'), Buffer.from('ab'), Buffer.from('c'))).toEqual(['ab', 'c']);
  expect(boundsOf(Buffer.from(''))).toEqual(['', '']);
});

test('long values are cut to 16 bytes, and the upper bound is raised above them', () => {
  expect(boundsOf(Buffer.from('0123456789abcdefZ'))).toEqual(['0123456789abcdef', '0123456789abcdeg']);
});

test('of values with one prefix, a single longer one raises the upper bound', () => {
  const [long, exact] = [Buffer.from('0123456789abcdef!'), Buffer.from('0123456789abcdef')];
  expect(boundsOf(exact, long, exact)[1]).toBe('0123456789abcdeg');
  expect(boundsOf(exact, exact)[1]).toBe('0123456789abcdef');
});

test('bytes of 255 at the end are dropped when raised; nothing lies above bytes of 255 alone', () => {
  const seventeen = (last: number) => Buffer.concat([Buffer.from('a'), Buffer.alloc(15, 0xff), Buffer.from([last])]);
  expect(boundsOf(seventeen(0))[1]).toBe('b');
  expect(boundsOf(Buffer.alloc(17, 0xff))[1]).toBeUndefined();
});

test('no values have no bounds', () => {
  expect(boundsOf()).toEqual([undefined, undefined]);
});

test('bounds of strings are cut between characters and stay UTF-8', () => {
  const { lower, upper } = stringBounds('aaaaaaaaaaaaaaa€', 'ééééééééé');
  expect(Buffer.from(lower).toString()).toBe('aaaaaaaaaaaaaaa');
  expect(Buffer.from(upper!).toString()).toBe('éééééééê');
  expect(stringBounds('a', '\u{10ffff}'.repeat(5)).upper).toBeUndefined();
  expect(Buffer.from(stringBounds('a', `${'a'.repeat(13)}\ud7ff!`).upper!).toString()).toBe(`${'a'.repeat(13)}\ue000`);
});

test.each(['\ud83d', '\udfff'])('a string with half a character is below its upper bound, as it is written', (half) => {
  const text = `${'a'.repeat(13)}${half}zzz`;
  expect(Buffer.compare(stringBounds(text, text).upper!, Buffer.from(text))).toBe(1);
});
