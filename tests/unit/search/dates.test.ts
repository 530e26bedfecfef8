import { describe, expect, test } from 'vitest';
import { parseDate } from '../../../src/search/date-math.ts';
import { SearchError } from '../../../src/search/error.ts';
import { timeZone } from '../../../src/search/time-zone.ts';

const NOW = Date.UTC(2026, 2, 4, 5, 6, 7, 89);

function parsed(text: string, options: { roundUp?: boolean; format?: string; timeZone?: string } = {}): string {
  return new Date(parseDate(text, { now: NOW, roundUp: false, ...options })).toISOString();
}

describe('dates', () => {
  test.each([
    ['2026', '2026-01-01T00:00:00.000Z', '2026-12-31T23:59:59.999Z'],
    ['2026-02', '2026-02-01T00:00:00.000Z', '2026-02-28T23:59:59.999Z'],
    ['2024-02', '2024-02-01T00:00:00.000Z', '2024-02-29T23:59:59.999Z'],
    ['2026-02-03', '2026-02-03T00:00:00.000Z', '2026-02-03T23:59:59.999Z'],
    ['2026-02-03T04', '2026-02-03T04:00:00.000Z', '2026-02-03T04:59:59.999Z'],
    ['2026-02-03T04:05', '2026-02-03T04:05:00.000Z', '2026-02-03T04:05:59.999Z'],
    ['2026-02-03T04:05:06', '2026-02-03T04:05:06.000Z', '2026-02-03T04:05:06.999Z'],
    ['2026-02-03T04:05:06.7', '2026-02-03T04:05:06.700Z', '2026-02-03T04:05:06.700Z'],
    ['2026-02-03T04:05:06.123456789Z', '2026-02-03T04:05:06.123Z', '2026-02-03T04:05:06.123Z'],
    ['2026-02-03T04:05:06+02:00', '2026-02-03T02:05:06.000Z', '2026-02-03T02:05:06.999Z'],
    ['0001-01-01', '0001-01-01T00:00:00.000Z', '0001-01-01T23:59:59.999Z'],
    ['1770000000000', '2026-02-02T02:40:00.000Z', '2026-02-02T02:40:00.000Z'],
    ['-1', '1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.999Z'],
  ])('%s', (text, low, high) => {
    expect([parsed(text), parsed(text, { roundUp: true })]).toEqual([low, high]);
  });

  test.each([
    ['now', '2026-03-04T05:06:07.089Z'],
    ['now+1y-2M', '2027-01-04T05:06:07.089Z'],
    ['now-1M', '2026-02-04T05:06:07.089Z'],
    ['2026-03-31||-1M', '2026-02-28T00:00:00.000Z'],
    ['2024-02-29||+1y', '2025-02-28T00:00:00.000Z'],
    ['now-w', '2026-02-25T05:06:07.089Z'],
    ['now/w', '2026-03-02T00:00:00.000Z'],
    ['now/M', '2026-03-01T00:00:00.000Z'],
    ['now/y', '2026-01-01T00:00:00.000Z'],
    ['now/h', '2026-03-04T05:00:00.000Z'],
    ['now/m', '2026-03-04T05:06:00.000Z'],
    ['now/s', '2026-03-04T05:06:07.000Z'],
    ['now+1d/d-1h', '2026-03-04T23:00:00.000Z'],
    ['1969-12-31||/w', '1969-12-29T00:00:00.000Z'],
  ])('%s', (text, expected) => expect(parsed(text)).toBe(expected));

  test('days follow the clocks of the zone, hours do not', () => {
    const timeZone = 'Europe/Berlin';
    // Clocks go forward on 2026-03-29 at 02:00.
    expect(parsed('2026-03-29', { timeZone })).toBe('2026-03-28T23:00:00.000Z');
    expect(parsed('2026-03-29||+1d', { timeZone })).toBe('2026-03-29T22:00:00.000Z');
    expect(parsed('2026-03-29||+24h', { timeZone })).toBe('2026-03-29T23:00:00.000Z');
    expect(parsed('2026-03-29', { timeZone, roundUp: true })).toBe('2026-03-29T21:59:59.999Z');
    expect(parsed('now/d', { timeZone: 'Asia/Tokyo' })).toBe('2026-03-03T15:00:00.000Z');
  });

  test.each([
    ['20260304', 'basic_date'],
    ['04.03.2026', 'dd.MM.yyyy'],
    ['4/3/2026', 'd/M/yyyy'],
    ["2026-03-04'", "yyyy-MM-dd''"],
    ['1772582400', 'epoch_second'],
    ['1772582400.0', 'epoch_second'],
    ['2026-03-04T00:00:00+00:00', "yyyy-MM-dd'T'HH:mm:ssXXX"],
    ['2026-03-04', 'epoch_second||strict_date'],
  ])('%s with the format %s', (text, format) => {
    expect(parsed(text, { format })).toBe('2026-03-04T00:00:00.000Z');
  });

  test.each([
    '2026-13-01',
    '2026-02-29',
    '2026-01-01T24:00',
    '2026-01-01T10:60',
    'yesterday',
    '',
    'now+',
    'now+1',
    'now1d',
    'now+1d+',
    'now/',
    '||+1d',
    '2026-01-01||+999999999y',
    '9'.repeat(17),
    '2026-01-01T10:00:00+25:00',
  ])('%j is refused', (text) => expect(() => parsed(text)).toThrow(SearchError));

  test('a format that names a part twice is refused, not tried in every way', () => {
    const format = `yyyy${'Md'.repeat(8)}`;
    expect(() => parsed(`2026${'1'.repeat(24)}x`, { format })).toThrow("'M' occurs twice");
  });

  test('a zone is the same in whatever case it is written', () => {
    expect(timeZone('EUROPE/berlin')).toBe(timeZone('Europe/Berlin'));
  });

  test('the first century has its own years in zones with names', () => {
    expect(parsed('0050-06-01', { timeZone: 'Europe/Berlin' })).toMatch(/^0050-05-31T23:/);
  });

  test.each(['now+999999999y', 'now+999999999d', 'now-999999999M', '2026||+999999999w'])(
    '%s is refused in a zone with a name too',
    (text) => expect(() => parsed(text, { timeZone: 'Europe/Berlin' })).toThrow('is out of range'),
  );

  test.each(['', 'qqq', 'MM-dd', 'y'.repeat(600)])('the format %j is refused', (format) =>
    expect(() => parsed('2026', { format })).toThrow(SearchError),
  );
});
