import { describe, expect, test } from 'vitest';
import {
  decodeMessage,
  defineMessage,
  EncodeError,
  encodeMessage,
  float64,
  int16,
  int8,
  records,
  string,
  uint16,
  uint32,
} from '../../../../protocol/schema/index.ts';

const slices = defineMessage({
  name: 'slices',
  versions: [0, 1],
  flexible: 1,
  fields: { before: string(), data: records({ nullableSince: 0 }), after: string() },
});

describe('encoding', () => {
  test('a large slice is referenced in the output, not copied', () => {
    const data = Buffer.alloc(5000, 7);
    const chunks = encodeMessage(slices, 1, { before: 'a', data, after: 'b' });
    expect(chunks).toHaveLength(3);
    expect(chunks[1]).toBe(data);
    expect(decodeMessage(slices, 1, Buffer.concat(chunks))).toEqual({ before: 'a', data, after: 'b' });
  });

  test.each([0, 1])('a list of slices becomes one length and the bytes in order (version %i)', (version) => {
    const data = [Buffer.alloc(3000, 1), Buffer.alloc(3, 2), Buffer.alloc(3000, 3)];
    const chunks = encodeMessage(slices, version, { before: '', data, after: '' });
    expect(chunks.filter((chunk) => data.includes(chunk as Buffer<ArrayBuffer>))).toHaveLength(2);
    expect(decodeMessage(slices, version, Buffer.concat(chunks)).data).toEqual(Buffer.concat(data));
    expect(
      decodeMessage(slices, version, Buffer.concat(encodeMessage(slices, version, { before: '', data: [], after: '' })))
        .data,
    ).toEqual(Buffer.alloc(0));
  });

  test('a decoded slice shares the memory of the frame', () => {
    const frame = Buffer.concat(encodeMessage(slices, 0, { before: '', data: Buffer.from('xyz'), after: '' }));
    const { data } = decodeMessage(slices, 0, frame);
    frame[6] = 0x41;
    expect(Buffer.from(data ?? []).toString()).toBe('Ayz');
  });

  test('strings of every kind and length come back', () => {
    for (const text of [
      '',
      'a',
      'é',
      '🦊',
      'x'.repeat(63),
      'x'.repeat(64),
      'é'.repeat(63),
      'x'.repeat(32_767),
      '\u0000',
    ]) {
      const bytes = Buffer.concat(encodeMessage(slices, 0, { before: text, data: null, after: text }));
      expect(decodeMessage(slices, 0, bytes)).toEqual({ before: text, data: null, after: text });
    }
  });

  test('what does not fit is refused, never cut', () => {
    const message = { data: null, after: '' };
    expect(() => encodeMessage(slices, 0, { ...message, before: 'x'.repeat(32_768) })).toThrow(EncodeError);
    expect(encodeMessage(slices, 1, { ...message, before: 'x'.repeat(32_768) }).length).toBeGreaterThan(0);
    expect(() => encodeMessage(slices, 0, { ...message, before: '\ud800' })).toThrow('lone surrogate');
  });

  test.each([
    ['int8', int8(), [128, -129, 0.5, Number.NaN]],
    ['int16', int16(), [32_768, -32_769]],
    ['uint16', uint16(), [-1, 65_536]],
    ['uint32', uint32(), [-1, 2 ** 32]],
    ['float64', float64(), ['1' as unknown as number]],
  ])('a number that is no %s is refused', (_, field, wrong) => {
    const schema = defineMessage({ name: 'n', versions: [0, 0], fields: { n: field } });
    for (const n of wrong) expect(() => encodeMessage(schema, 0, { n })).toThrow(EncodeError);
    expect(encodeMessage(schema, 0, { n: 1 })).toHaveLength(1);
  });
});
