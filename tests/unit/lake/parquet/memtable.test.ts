import { expect, test } from 'vitest';
import { Memtable } from '../../../../src/lake/index.ts';

const bytes = (text: string) => Buffer.from(text);

test('rows come back as they went in', () => {
  const table = new Memtable();
  table.append(3, 2 ** 40, 5, 1, bytes('k'), bytes('v'), [
    { key: bytes('h'), value: null },
    { key: bytes(''), value: bytes('x') },
  ]);
  table.append(4, 0, -1, 0, null, null, []);
  const frozen = table.freeze();
  expect(frozen.rows).toBe(2);
  expect([frozen.partition(0), frozen.offset(0), frozen.timestamp(0), frozen.timestampType(0)]).toEqual([
    3,
    2 ** 40,
    5,
    1,
  ]);
  expect([frozen.key(0), frozen.value(0)]).toEqual([bytes('k'), bytes('v')]);
  expect(frozen.headers(0)).toEqual([
    { key: bytes('h'), value: null },
    { key: bytes(''), value: bytes('x') },
  ]);
  expect([frozen.key(1), frozen.value(1), frozen.headers(1), frozen.timestamp(1)]).toEqual([null, null, [], -1]);
});

test('an empty key or value is not null', () => {
  const table = new Memtable();
  table.append(0, 0, 0, 0, bytes(''), bytes(''), []);
  const frozen = table.freeze();
  expect([frozen.key(0), frozen.value(0)]).toEqual([bytes(''), bytes('')]);
});

test('the bytes that a caller uses again afterwards are not those of the row', () => {
  const table = new Memtable();
  const value = bytes('before');
  table.append(0, 0, 0, 0, null, value, []);
  value.fill(0);
  expect(table.freeze().value(0)).toEqual(bytes('before'));
});

test('memory is counted, room for growth included, and is free after freezing', () => {
  const table = new Memtable();
  const empty = table.bytes;
  for (let row = 0; row < 5000; row++) table.append(0, row, 0, 0, null, Buffer.alloc(1000, row), []);
  const full = table.bytes;
  expect(full).toBeGreaterThan(5_000_000);
  expect(full).toBeLessThan(7_000_000);
  const frozen = table.freeze();
  expect(frozen.bytes).toBe(full);
  expect([table.rows, table.bytes]).toEqual([0, empty]);
  expect(frozen.value(4999)).toEqual(Buffer.alloc(1000, 4999));
});

test('a frozen memtable does not change when the next one fills', () => {
  const table = new Memtable();
  table.append(0, 1, 0, 0, bytes('a'), null, []);
  const frozen = table.freeze();
  table.append(0, 2, 0, 0, bytes('b'), null, []);
  expect([frozen.rows, frozen.key(0), frozen.offset(0)]).toEqual([1, bytes('a'), 1]);
});

test('a value larger than a chunk has one of its own', () => {
  const table = new Memtable();
  table.append(0, 0, 0, 0, null, bytes('small'), []);
  table.append(0, 1, 0, 0, null, Buffer.alloc(3_000_000, 7), []);
  table.append(0, 2, 0, 0, null, bytes('after'), []);
  const frozen = table.freeze();
  expect([frozen.value(0), frozen.value(1)?.length, frozen.value(2)]).toEqual([
    bytes('small'),
    3_000_000,
    bytes('after'),
  ]);
});

test('a header name that is not UTF-8 has replacement characters, and a timestamp beyond all dates the last date', () => {
  const table = new Memtable();
  table.append(0, 0, 2 ** 63, 0, null, null, [{ key: Uint8Array.of(0xff, 0x61), value: null }]);
  const frozen = table.freeze();
  expect(frozen.headers(0)[0]?.key.toString()).toBe('\ufffda');
  expect(frozen.timestamp(0)).toBe(8.64e15);
});
