import { describe, expect, test } from 'vitest';
import {
  array,
  bool,
  bytes,
  DecodeError,
  decodeMessage,
  defineMessage,
  int8,
  MAX_ELEMENTS,
  string,
} from '../../../../protocol/schema/index.ts';

const fields = { text: string(), payload: bytes(), list: array({ one: int8() }), flag: bool() };
const fixed = defineMessage({ name: 'fixed', versions: [0, 0], fields });
const compact = defineMessage({ name: 'compact', versions: [0, 0], flexible: 0, fields });

const decodeFixed = (hex: string) => decodeMessage(fixed, 0, Buffer.from(hex, 'hex'));
const decodeCompact = (hex: string) => decodeMessage(compact, 0, Buffer.from(hex, 'hex'));

describe('bytes that are not a message', () => {
  test('the good forms are read', () => {
    const wanted = { text: 'a', payload: Buffer.of(7), list: [{ one: 1 }], flag: true };
    expect(decodeFixed('000161' + '0000000107' + '0000000101' + '01')).toEqual(wanted);
    expect(decodeCompact('0261' + '0207' + '020100' + '01' + '00')).toEqual(wanted);
  });

  test.each([
    ['nothing', ''],
    ['half a length', '00'],
    ['a string longer than the frame', '0005' + '6162'],
    ['a null string that cannot be null', 'ffff' + '00'.repeat(20)],
    ['a string of length -2', 'fffe' + '00'.repeat(20)],
    ['bytes longer than the frame', '0000' + '7fffffff'],
    ['bytes of negative length', '0000' + '80000000'],
    ['an array longer than the frame', '0000' + '00000000' + '7fffffff' + '00'],
    ['a null array that cannot be null', '0000' + '00000000' + 'ffffffff' + '00'],
    ['a string that is not UTF-8', '0002' + 'c328' + '00'.repeat(12)],
    ['a missing end', '0000' + '00000000' + '00000000'],
  ])('refuses %s', (_, hex) => {
    expect(() => decodeFixed(hex)).toThrow(DecodeError);
  });

  test.each([
    ['a compact null string that cannot be null', '00'],
    ['a varint that does not end', '8080808080'],
    ['a cut varint', '80'],
    ['a varint of more than 32 bits', 'ffffffff1f'],
    ['a compact length beyond the frame', 'ffffffff0f'],
    ['a compact string that is longer than others may be', '818002' + '61'.repeat(32_768) + '010100' + '00'],
    ['a compact array beyond the frame', '01' + '01' + 'ffffffff0f'],
    ['a tagged field beyond the frame', '01' + '01' + '01' + '00' + '010563'],
    ['tags that do not rise', '01' + '01' + '01' + '00' + '02' + '0500' + '0500'],
    ['more tagged fields than there are', '01' + '01' + '01' + '00' + 'ffffffff0f'],
  ])('refuses %s', (_, hex) => {
    expect(() => decodeCompact(hex)).toThrow(DecodeError);
  });

  test('a known tagged field must take the bytes that it announces', () => {
    const tagged = defineMessage({
      name: 'tagged',
      versions: [0, 0],
      flexible: 0,
      fields: { text: string({ tag: 0 }) },
    });
    expect(decodeMessage(tagged, 0, Buffer.from('0100' + '02' + '0261', 'hex'))).toEqual({ text: 'a' });
    expect(() => decodeMessage(tagged, 0, Buffer.from('0100' + '03' + '0261' + '00', 'hex'))).toThrow(DecodeError);
    expect(() => decodeMessage(tagged, 0, Buffer.from('0100' + '01' + '0261', 'hex'))).toThrow(DecodeError);
  });

  test('a message holds a limited number of array elements, however many bytes it has', () => {
    const list = defineMessage({ name: 'list', versions: [0, 0], fields: { list: array(int8()) } });
    const frame = Buffer.alloc(MAX_ELEMENTS + 5);
    frame.writeInt32BE(MAX_ELEMENTS + 1);
    expect(() => decodeMessage(list, 0, frame)).toThrow(`more than ${MAX_ELEMENTS}`);
    frame.writeInt32BE(MAX_ELEMENTS);
    expect(decodeMessage(list, 0, frame).list.length).toBe(MAX_ELEMENTS);
  });

  test('the error says which message, and where', () => {
    expect(() => decodeFixed('0005')).toThrow('fixed v0: 5 bytes wanted at 2, but the frame ends at 2');
  });
});
