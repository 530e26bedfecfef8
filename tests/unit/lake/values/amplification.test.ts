import { expect, test } from 'vitest';
import { avroReader, InvalidAvroValue } from '../../../../src/lake/values/avro.ts';
import { InvalidProtobufValue, protobufReader } from '../../../../src/lake/values/protobuf.ts';

/** A count as Avro writes it, and the end of the list. */
const list = (count: number): Buffer => {
  const bytes: number[] = [];
  for (let left = count * 2; ; left >>>= 7) {
    if (left < 128) return Buffer.from([...bytes, left, 0]);
    bytes.push((left & 127) | 128);
  }
};

test('a record that holds two of another one, forty times over, is no schema for a value of no bytes', () => {
  let schema: object = { type: 'record', name: 'R0', fields: [{ name: 'n', type: 'null' }] };
  for (let level = 1; level <= 40; level++)
    schema = {
      type: 'record',
      name: `R${level}`,
      fields: [
        { name: 'a', type: schema },
        { name: 'b', type: `R${level - 1}` },
      ],
    };
  expect(() => avroReader(JSON.stringify(schema))(Buffer.alloc(0))).toThrow(InvalidAvroValue);
});

test('lists of nothing are counted over the whole value', () => {
  const read = avroReader('{"type":"array","items":{"type":"array","items":"null"}}');
  const inner = Buffer.concat(Array.from({ length: 500 }, () => list(1000)));
  const outer = list(500);
  const bytes = Buffer.concat([outer.subarray(0, -1), inner, Buffer.from([0])]);
  expect(() => read(bytes)).toThrow(InvalidAvroValue);
  expect(read(Buffer.concat([list(1).subarray(0, -1), list(3), Buffer.from([0])]))).toEqual([[null, null, null]]);
});

test('any number of nullable fields may be null', () => {
  const fields = Array.from({ length: 3000 }, (_none, at) => ({ name: `f${at}`, type: ['null', 'int'] }));
  const read = avroReader(JSON.stringify({ type: 'record', name: 'R', fields }));
  expect(Object.values(read(Buffer.alloc(3000)) as object).every((value) => value === null)).toBe(true);
});

test('a decimal of very many digits stays what it is stored in', () => {
  const decimal = (scale: number) => avroReader(JSON.stringify({ type: 'bytes', logicalType: 'decimal', scale }));
  const long = Buffer.concat([list(100_000).subarray(0, -1), Buffer.alloc(100_000, 1)]);
  expect(decimal(2)(long)).toEqual(Buffer.alloc(100_000, 1));
  expect(decimal(2 ** 40)(Buffer.from([2, 7]))).toEqual(Buffer.from([7]));
  expect(decimal(2)(Buffer.from([2, 7]))).toBe('0.07');
});

test('a time that a schema gives to what is no whole number is that number', () => {
  const half = Buffer.alloc(8);
  half.writeDoubleLE(0.5);
  expect(avroReader('{"type":"double","logicalType":"timestamp-millis"}')(half)).toBe(0.5);
  expect(avroReader('{"type":"double","logicalType":"date"}')(half)).toBe(0.5);
});

test('a schema and a message that are nested without end are refused', async () => {
  const deep = `${'{"type":"array","items":'.repeat(100_000)}"int"${'}'.repeat(100_000)}`;
  expect(() => avroReader(deep)).toThrow(InvalidAvroValue);
  const read = await protobufReader('syntax = "proto3"; message M { M m = 1; }');
  let message = Buffer.alloc(0);
  for (let level = 0; level < 5000; level++) {
    const length = message.length;
    message = Buffer.concat([Buffer.from([10, (length & 127) | 128, length >> 7]), message]);
  }
  expect(() => read(Buffer.concat([Buffer.from([0]), message]))).toThrow(InvalidProtobufValue);
});
