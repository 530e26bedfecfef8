import { expect, test } from 'vitest';
import { type DocumentRecord, sourceOf } from '../../../src/fulltext/document.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const record = (over: Partial<DocumentRecord>): DocumentRecord => ({
  offset: 7,
  timestamp: 1_700_000_000_123,
  key: null,
  value: bytes('hello'),
  headers: [],
  ...over,
});
const kafka = { partition: 3, offset: 7, timestamp: 1_700_000_000_123, key: null, headers: {} };
const stamp = { '@timestamp': '2023-11-14T22:13:20.123Z' };

test('a value that is not a JSON object is the message', () => {
  expect(sourceOf(record({}), 3)).toEqual({ message: 'hello', ...stamp, _kafka: kafka });
  expect(sourceOf(record({ value: bytes('[1]') }), 3)['message']).toBe('[1]');
  expect(sourceOf(record({ value: bytes('{"a":') }), 3)['message']).toBe('{"a":');
  expect(sourceOf(record({ value: bytes('') }), 3)['message']).toBe('');
});

test('a JSON object brings its own fields', () => {
  const source = sourceOf(record({ value: bytes(' {"level":"ERROR","n":{"a":[1,null]},"__proto__":1}') }), 3);
  expect(JSON.parse(JSON.stringify(source))).toEqual(
    JSON.parse(`{"level":"ERROR","n":{"a":[1,null]},"__proto__":1,"@timestamp":"2023-11-14T22:13:20.123Z",
      "_kafka":{"partition":3,"offset":7,"timestamp":1700000000123,"key":null,"headers":{}}}`),
  );
});

test('bytes that are not UTF-8 are base64', () => {
  const odd = new Uint8Array([0xff, 0xfe]);
  const source = sourceOf(record({ value: odd, key: odd, headers: [{ key: bytes('h'), value: odd }] }), 3);
  expect(source).toEqual({
    message_base64: '//4=',
    ...stamp,
    _kafka: {
      partition: 3,
      offset: 7,
      timestamp: 1_700_000_000_123,
      key_base64: '//4=',
      headers: { h_base64: '//4=' },
    },
  });
});

test('a tombstone says so', () => {
  expect(sourceOf(record({ value: null, key: bytes('k') }), 3)).toEqual({
    ...stamp,
    _kafka: { ...kafka, key: 'k', tombstone: true },
  });
});

test('repeated headers are arrays, in order, and null headers are null', () => {
  const headers = [
    { key: bytes('a'), value: bytes('1') },
    { key: bytes('b'), value: null },
    { key: bytes('a'), value: bytes('2') },
  ];
  const { _kafka } = sourceOf(record({ headers }), 3) as { _kafka: { headers: unknown } };
  expect(_kafka.headers).toEqual({ a: ['1', '2'], b: null });
});

test("the record's own fields win and the value's move to _original", () => {
  const value = bytes('{"@timestamp":"mine","_kafka":{"x":1},"_kafka.offset":9,"_original":2,"a":1}');
  expect(sourceOf(record({ value }), 3)).toEqual({
    a: 1,
    _original: { '@timestamp': 'mine', _kafka: { x: 1 }, '_kafka.offset': 9, _original: 2 },
    ...stamp,
    _kafka: kafka,
  });
});

test('integers beyond doubles keep their digits', () => {
  const text = JSON.stringify(
    sourceOf(record({ value: bytes('{"id":12345678901234567891,"big":1e999,"x":1.5e1}') }), 3),
  );
  expect(text).toContain('"id":12345678901234567891');
  expect(text).toContain('"big":1e999');
  expect(text).toContain('"x":15');
});

test('a value nested too deeply, with too many names or too long a name is text', () => {
  const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
  const wide = (names: number): string =>
    JSON.stringify(Object.fromEntries([...Array(names).keys()].map((i) => [`f${i}`, i])));
  const isText = (value: string): boolean => sourceOf(record({ value: bytes(value) }), 3)['message'] === value;
  expect([64, 65, 5000].map((levels) => isText(deep(levels)))).toEqual([false, true, true]);
  expect([1000, 1001].map((names) => isText(wide(names)))).toEqual([false, true]);
  expect([1024, 1025].map((length) => isText(`{"${'x'.repeat(length)}":1}`))).toEqual([false, true]);
  expect(isText(JSON.stringify(Array.from({ length: 3000 }, () => ({ a: 1 }))))).toBe(true);
  expect(isText(JSON.stringify({ list: Array.from({ length: 3000 }, () => ({ a: 1 })) }))).toBe(false);
});

test('a timestamp that is no date is given as a number', () => {
  expect(sourceOf(record({ timestamp: -1 }), 3)['@timestamp']).toBe('1969-12-31T23:59:59.999Z');
  expect(sourceOf(record({ timestamp: 9e15 }), 3)['@timestamp']).toBe(9e15);
});
