import avsc from 'avsc';
import { expect, test } from 'vitest';
import { avroReader } from '../../../../src/lake/values/avro.ts';

/** What our reader makes of what the library wrote. */
function through(schema: unknown, value: unknown, references: string[] = []): unknown {
  const registry = {};
  for (const reference of references) avsc.Type.forSchema(JSON.parse(reference), { registry });
  const bytes = avsc.Type.forSchema(schema as never, { registry }).toBuffer(value as never);
  const read = avroReader(JSON.stringify(schema), references)(bytes);
  return JSON.parse(JSON.stringify(read, (_key, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one)));
}

const record = (...fields: [string, unknown][]) => ({
  type: 'record',
  name: 'Row',
  namespace: 'a.b',
  fields: fields.map(([name, type]) => ({ name, type })),
});

test.each([
  ['int', -5],
  ['long', 2 ** 52],
  ['boolean', true],
  ['double', 1.5],
  ['float', 0.25],
  ['string', 'grün'],
  ['null', null],
])('%s is read', (type, value) => {
  expect(through(type, value)).toEqual(value);
});

test('records, lists, maps, enums and unions are read as JSON would have them', () => {
  const schema = record(
    ['list', { type: 'array', items: 'int' }],
    ['map', { type: 'map', values: ['null', 'string'] }],
    ['kind', { type: 'enum', name: 'Kind', symbols: ['A', 'B'] }],
    ['inner', record(['n', 'int'])],
    ['maybe', ['null', 'Kind']],
  );
  schema.fields[3]!.type = { ...record(['n', 'int']), name: 'Inner' };
  const value = { list: [1, 2], map: { x: 'y', z: null }, kind: 'B', inner: { n: 3 }, maybe: 'A' };
  expect(through(schema, value)).toEqual(value);
});

test('a record may hold itself', () => {
  const schema = record(['n', 'int'], ['next', ['null', 'a.b.Row']]);
  expect(through(schema, { n: 1, next: { n: 2, next: null } })).toEqual({ n: 1, next: { n: 2, next: null } });
});

test('types of other schemas are known by name', () => {
  const reference = JSON.stringify({ ...record(['id', 'string']), name: 'User' });
  const schema = record(['user', 'a.b.User'], ['same', 'User']);
  expect(through(schema, { user: { id: 'x' }, same: { id: 'y' } }, [reference])).toEqual({
    user: { id: 'x' },
    same: { id: 'y' },
  });
});

test('64 bits keep every digit', () => {
  const bytes = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
  expect(avroReader('"long"')(bytes)).toBe(-(2n ** 63n));
});

test.each([
  [{ type: 'long', logicalType: 'timestamp-millis' }, 1_769_853_600_500, '2026-01-31T10:00:00.500000Z'],
  [{ type: 'long', logicalType: 'timestamp-micros' }, 1_769_853_600_500_123, '2026-01-31T10:00:00.500123Z'],
  [{ type: 'long', logicalType: 'timestamp-micros' }, -1, '1969-12-31T23:59:59.999999Z'],
  [{ type: 'int', logicalType: 'date' }, 20_484, '2026-01-31'],
  [{ type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, Buffer.from([0xff, 0x85]), '-1.23'],
  [{ type: 'string', logicalType: 'uuid' }, 'u', 'u'],
])('%j of %s is %s', (type, stored, expected) => {
  const plain = avsc.Type.forSchema(type.type as never).toBuffer(stored as never);
  expect(avroReader(JSON.stringify(type))(plain)).toBe(expected);
});

test.each([
  ['a list that claims more than there is', { type: 'array', items: 'int' }, [0x80, 0x80, 0x80, 0x80, 0x20]],
  ['a list of nothing', { type: 'array', items: 'null' }, [0xfe, 0xff, 0xff, 0xff, 0x1f, 0x00]],
  ['a text longer than the bytes', 'string', [0x7e, 0x41]],
  ['a negative length', 'bytes', [0x01]],
  ['a branch that is not there', ['null', 'int'], [0x08, 0x02]],
  ['bytes after the value', 'int', [0x02, 0x02]],
  ['an integer without end', 'long', Array.from({ length: 11 }, () => 0xff)],
])('%s is refused at once', (_what, schema, bytes) => {
  const read = avroReader(JSON.stringify(schema));
  expect(() => read(Buffer.from(bytes))).toThrow(expect.objectContaining({ name: 'InvalidAvroValue' }));
});

test('levels without end are refused', () => {
  const read = avroReader(JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'r', type: ['null', 'R'] }] }));
  expect(() => read(Buffer.alloc(10_000, 2))).toThrow(/levels/);
});

test.each(['{"type":"record","name":"R"}', '"unknown"', '[1]', '{"type":"fixed","name":"F"}'])(
  'the schema %s is refused',
  (schema) => {
    expect(() => avroReader(schema)).toThrow(expect.objectContaining({ name: 'InvalidAvroValue' }));
  },
);
