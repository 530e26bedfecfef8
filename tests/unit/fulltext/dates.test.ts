import { expect, test } from 'vitest';
import { parseDateBytes } from '../../../src/fulltext/dates.ts';
import { utf8 } from './oracle/sealed.ts';

const parse = (text: string): number => parseDateBytes(utf8(text), 0, utf8(text).length);

test('dates and date-times of ISO 8601 are what Date makes of them', () => {
  for (let year = 0; year <= 9999; year += 37) {
    for (const rest of ['-01-01', '-02-28T23:59:59.999Z', '-03-01T00:00:00Z', '-12-31T12:30:00+02:00']) {
      const text = String(year).padStart(4, '0') + rest;
      expect({ text, time: parse(text) }).toEqual({ text, time: Date.parse(text) });
    }
  }
  expect(parse('2024-02-29T10:11:12.5Z')).toBe(Date.parse('2024-02-29T10:11:12.500Z'));
  expect(parse('2024-02-29 10:11')).toBe(Date.parse('2024-02-29T10:11:00Z'));
  expect(parse('2024-02-29T10:11:12.123456789-0530')).toBe(Date.parse('2024-02-29T10:11:12.123-05:30'));
});

test.each([
  '2023-02-29',
  '2024-13-01',
  '2024-00-10',
  '2024-01-32',
  '2024-01-01T24:00',
  '2024-01-01T10',
  '2024-01-01T10:00:00.',
  '2024-01-01T10:00Zx',
  '2024-01-01x',
  '2024/01/01',
  '2024-01-01T10:00+1:00',
  'abcd-ef-gh',
])('%s is no date', (text) => {
  expect(parse(text)).toBeNaN();
});
