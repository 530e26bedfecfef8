import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { type ProtoFile, protobufReader } from '../../../../src/lake/values/protobuf.ts';

const FILE = `syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "user.proto";
message First { string name = 1; message Inner { int32 n = 1; } } enum Kind { NONE = 0; BIG = 1; }
message Order {
  int64 order_id = 1;
  Kind kind = 2;
  repeated string tags = 3;
  map<string, int32> counts = 4;
  google.protobuf.Timestamp at = 5;
  optional int32 maybe = 6;
  google.protobuf.Int64Value boxed = 7;
  people.User user = 8;
  bool paid = 9;
}`;
const USER: ProtoFile = {
  name: 'user.proto',
  text: 'syntax = "proto3"; package people; message User { string id = 1; }',
};

function encoded(message: string, value: object): Buffer {
  const root = new protobuf.Root();
  protobuf.parse(USER.text, root, { keepCase: true });
  for (const file of protobuf.parse(FILE, root, { keepCase: true }).imports ?? []) {
    const known = protobuf.common.get(file);
    if (known?.nested !== undefined) root.addJSON(known.nested);
  }
  const type = root.lookupType(message);
  return Buffer.from(type.encode(type.fromObject(value)).finish());
}

const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one)));

test('a message is read under the names of its file, with defaults, times and boxed values', async () => {
  const read = await protobufReader(FILE, [USER]);
  const value = {
    order_id: '9223372036854775807',
    kind: 'BIG',
    tags: ['a', 'b'],
    counts: { x: 1 },
    at: { seconds: 1_769_853_600, nanos: 500_000_000 },
    boxed: { value: 7 },
    user: { id: 'u' },
  };
  expect(plain(read(Buffer.concat([Buffer.from([2, 2]), encoded('shop.Order', value)])))).toEqual({
    order_id: '9223372036854775807n',
    kind: 'BIG',
    tags: ['a', 'b'],
    counts: { x: 1 },
    at: '2026-01-31T10:00:00.500000Z',
    boxed: 7,
    user: { id: 'u' },
    paid: false,
  });
  expect(plain(read(Buffer.from([2, 2])))).toEqual({ order_id: 0, kind: 'NONE', tags: [], counts: {}, paid: false });
});

test('the bytes say which message of the file they are', async () => {
  const read = await protobufReader(FILE, [USER]);
  expect(plain(read(Buffer.concat([Buffer.from([0]), encoded('shop.First', { name: 'x' })])))).toEqual({ name: 'x' });
  const inner = Buffer.concat([Buffer.from([4, 0, 0]), encoded('shop.First.Inner', { n: 5 })]);
  expect(plain(read(inner))).toEqual({ n: 5 });
});

test.each([[[2, 20]], [[]], [[0xff, 0xff, 0xff, 0xff, 0xff]], [[200]], [[2, 2, 0x0a, 0x7f]]])(
  'bytes %j are refused',
  async (bytes) => {
    const read = await protobufReader(FILE, [USER]);
    expect(() => read(Buffer.from(bytes))).toThrow();
  },
);

test('a file that is none, and one whose imports are missing, are refused', async () => {
  for (const text of ['message', FILE])
    await expect(protobufReader(text)).rejects.toThrow(expect.objectContaining({ name: 'InvalidProtobufValue' }));
});
