import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  array,
  bigint64,
  type Decoded,
  decodeMessage,
  defineMessage,
  type Encodable,
  EncodeError,
  encodeMessage,
  int32,
  int64,
  saturated64,
  string,
  struct,
  uuid,
} from '../../../../protocol/schema/index.ts';

const pointFields = {
  name: string(),
  rack: string({ since: 1, nullableSince: 1 }),
  weight: int32({ since: 2, default: -1 }),
  note: string({ since: 2, ignorable: true }),
  old: int32({ until: 1 }),
  leader: struct({ id: int32({ default: -1 }), epoch: int32({ default: -1 }) }, { since: 3, tag: 0 }),
  cursor: struct({ at: int32() }, { since: 3, nullableSince: 3, default: null }),
};
const point = defineMessage({ name: 'point', versions: [0, 3], flexible: 3, fields: pointFields });

type Point = Encodable<typeof pointFields>;

function roundTrip(version: number, message: Point) {
  return decodeMessage(point, version, Buffer.concat(encodeMessage(point, version, message)));
}

function hex(version: number, message: Point): string {
  return Buffer.concat(encodeMessage(point, version, message)).toString('hex');
}

const everything = {
  rack: null,
  weight: -1,
  note: '',
  old: 0,
  leader: { id: -1, epoch: -1 },
  cursor: null,
};

describe('fields of a message', () => {
  test('a decoded message has every field, with its default where the version does not carry it', () => {
    expect(roundTrip(0, { name: 'a' })).toEqual({ ...everything, rack: '', name: 'a' });
    expect(roundTrip(3, { name: 'a', rack: 'r', weight: 7, cursor: { at: 9 } })).toEqual({
      ...everything,
      name: 'a',
      rack: 'r',
      weight: 7,
      cursor: { at: 9 },
    });
  });

  test('a field lies on the wire from its first to its last version', () => {
    expect(hex(0, { name: 'a', old: 5 })).toBe('00016100000005');
    expect(hex(1, { name: 'a', rack: null, old: 5 })).toBe('000161ffff00000005');
    expect(hex(2, { name: 'a', rack: 'b', weight: 3 })).toBe('000161000162000000030000');
  });

  test('a flexible version has compact lengths, tagged fields by need, and one byte before a nullable struct', () => {
    expect(hex(3, { name: 'a', rack: null })).toBe('02610' + '0ffffffff01ff00');
    expect(hex(3, { name: 'a', rack: null, cursor: { at: 1 }, leader: { id: 2, epoch: 3 } })).toBe(
      '026100ffffffff0101000000010001000900000002000000030' + '0',
    );
  });

  test('a version that would lose a value refuses it, unless the field is ignorable', () => {
    expect(() => hex(0, { name: 'a', rack: 'r' })).toThrow(EncodeError);
    expect(() => hex(0, { name: 'a', rack: null })).toThrow("cannot carry 'rack'");
    expect(() => hex(1, { name: 'a', rack: 'r', weight: 1 })).toThrow("point v1: this version cannot carry 'weight'");
    expect(() => hex(2, { name: 'a', rack: 'r', leader: { id: 1 } })).toThrow("cannot carry 'leader'");
    expect(hex(1, { name: 'a', rack: 'r', weight: -1, note: 'lost', leader: {} })).toBe('00016100017200000000');
  });

  test('null is refused where the version has no null', () => {
    expect(() => hex(1, { name: null as unknown as string, rack: 'r' })).toThrow(EncodeError);
    expect(() => hex(2, { name: 'a', rack: null, old: null as unknown as number })).toThrow(EncodeError);
  });

  test('tagged fields that the schema does not know are kept and written again in the order of tags', () => {
    const message = { name: 'a', rack: null, leader: { id: 1, epoch: 1 } };
    const kept = { ...message, unknownTaggedFields: [{ tag: 4, bytes: Buffer.from('xy') }] };
    const bytes = Buffer.concat(encodeMessage(point, 3, kept));
    const decoded = decodeMessage(point, 3, bytes);
    expect(decoded).toMatchObject({ unknownTaggedFields: [{ tag: 4, bytes: Buffer.from('xy') }] });
    expect(Buffer.concat(encodeMessage(point, 3, decoded))).toEqual(bytes);
    expect(bytes.toString('hex').endsWith('04027879')).toBe(true);
  });

  test('an unknown tagged field must not take the tag of a known one', () => {
    const message = {
      name: 'a',
      rack: null,
      leader: { id: 1 },
      unknownTaggedFields: [{ tag: 0, bytes: Buffer.of(1) }],
    };
    expect(() => encodeMessage(point, 3, message)).toThrow(EncodeError);
  });

  test('a version that the message does not have is an error, for reading and for writing', () => {
    expect(() => decodeMessage(point, 4, Buffer.alloc(9))).toThrow('point has no version 4');
    expect(() => encodeMessage(point, -1, { name: 'a' })).toThrow('point has no version -1');
  });

  test('64-bit values are safe integers, the nearest safe integer, or all their bits', () => {
    const wide = defineMessage({
      name: 'wide',
      versions: [0, 0],
      fields: { saturated: saturated64(), opaque: bigint64() },
    });
    const bytes = Buffer.from('7fffffffffffffff8000000000000000', 'hex');
    expect(decodeMessage(wide, 0, bytes)).toEqual({ saturated: Number.MAX_SAFE_INTEGER, opaque: -(2n ** 63n) });
    const safe = defineMessage({ name: 'safe', versions: [0, 0], fields: { offset: int64() } });
    expect(() => decodeMessage(safe, 0, bytes)).toThrow('safe integer');
    for (const offset of [0, -1, 2 ** 32, -(2 ** 32) - 5, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      expect(decodeMessage(safe, 0, Buffer.concat(encodeMessage(safe, 0, { offset })))).toEqual({ offset });
    }
    expect(() => encodeMessage(safe, 0, { offset: 2 ** 53 })).toThrow(EncodeError);
    expect(() => encodeMessage(safe, 0, { offset: 0.5 })).toThrow(EncodeError);
  });

  test('a uuid is 22 base64url characters in a message and 16 bytes on the wire', () => {
    const named = defineMessage({ name: 'named', versions: [0, 0], fields: { id: uuid() } });
    const bytes = Buffer.concat(encodeMessage(named, 0, { id: '_-8AAAAAAAAAAAAAAAAAAQ' }));
    expect(bytes.toString('hex')).toBe('ffef00000000000000000000000000' + '01');
    expect(decodeMessage(named, 0, bytes)).toEqual({ id: '_-8AAAAAAAAAAAAAAAAAAQ' });
    expect(() => encodeMessage(named, 0, { id: 'short' })).toThrow(EncodeError);
    expect(() => encodeMessage(named, 0, { id: '!!!!!!!!!!!!!!!!!!!!!!' })).toThrow(EncodeError);
  });

  test('types follow from the declaration: null by nullableSince, optional where not every version carries the field', () => {
    expectTypeOf<Decoded<typeof pointFields>['rack']>().toEqualTypeOf<string | null>();
    expectTypeOf<Decoded<typeof pointFields>['cursor']>().toEqualTypeOf<{ readonly at: number } | null>();
    expectTypeOf<Point['weight']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Point['name']>().toEqualTypeOf<string>();
    const list = { ids: array(int32(), { nullableSince: 0 }) };
    expectTypeOf<Decoded<typeof list>['ids']>().toEqualTypeOf<readonly number[] | null>();
  });
});
