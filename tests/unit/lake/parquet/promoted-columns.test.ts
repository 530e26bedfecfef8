import { expect, test } from 'vitest';
import { Memtable, parsePromotedColumns, recordSchema } from '../../../../src/lake/index.ts';
import { promote } from '../../../../src/lake/parquet/promote.ts';

const ROWS = (count: number) => Uint32Array.from({ length: count }, (_, row) => row);

function promoted(columns: string, ...values: (string | null)[]) {
  const table = new Memtable();
  for (const [offset, value] of values.entries()) {
    table.append(0, offset, 0, 0, null, value === null ? null : Buffer.from(value), []);
  }
  return promote(table.freeze(), ROWS(values.length), parsePromotedColumns(columns));
}

test('the setting names columns, their types and nested fields', () => {
  expect(parsePromotedColumns(' level string,duration_ms long, user.id string ')).toEqual([
    { name: 'level', path: ['level'], type: 'string' },
    { name: 'duration_ms', path: ['duration_ms'], type: 'long' },
    { name: 'user.id', path: ['user', 'id'], type: 'string' },
  ]);
  expect(parsePromotedColumns('')).toEqual([]);
});

test.each([
  ['level', /"level" is not a name and a type/],
  ['level string null', /is not a name and a type/],
  ['a..b string', /not a name of a column/],
  ['level text', /type "text", which is none of boolean, int/],
  ['Offset long', /name of a column that every table has/],
  ['a int, A long', /"A" is named twice/],
])('"%s" is refused with a sentence', (text, sentence) => {
  expect(() => parsePromotedColumns(text)).toThrow(sentence);
});

test('promoted columns follow the fixed ones, whose ids never change', () => {
  const fields = recordSchema(parsePromotedColumns('level string, user.id string')).fields;
  expect(fields.map(({ id, name }) => `${id} ${name}`)).toEqual([
    '1 partition',
    '2 offset',
    '3 timestamp',
    '4 timestamp_type',
    '5 key',
    '6 value',
    '7 headers',
    '11 level',
    '12 user.id',
  ]);
});

test('values are taken from nested fields, and from fields whose names have dots', () => {
  const { columns, misfits } = promoted(
    'user.id string',
    '{"user":{"id":"a"}}',
    '{"user.id":"b"}',
    '{"user":1}',
    null,
    '[]',
  );
  expect(columns).toEqual([['a', 'b', null, null, null]]);
  expect(misfits).toBe(0);
});

test('a value that does not fit its column is null there and counted', () => {
  const { columns, misfits } = promoted(
    'n int',
    '{"n":1}',
    '{"n":"1"}',
    '{"n":1.5}',
    '{"n":2147483648}',
    '{"n":null}',
    '{}',
  );
  expect(columns).toEqual([[1, null, null, null, null, null]]);
  expect(misfits).toBe(3);
});

test('long keeps every digit of 64 bits and refuses more', () => {
  const { columns, misfits } = promoted(
    'n long',
    '{"n":9223372036854775807}',
    '{"n":-9223372036854775808}',
    '{"n":9223372036854775808}',
    '{"n":9007199254740993}',
  );
  expect(columns).toEqual([[9223372036854775807n, -9223372036854775808n, null, 9007199254740993n]]);
  expect(misfits).toBe(1);
});

test('times are ISO 8601 with a zone, to the microsecond; dates are days that exist', () => {
  const times = promoted('t timestamptz', '{"t":"2026-01-02T03:04:05.123456789+01:00"}', '{"t":"2026-01-02T03:04:05"}');
  expect(times.columns).toEqual([[1767319445123456n, null]]);
  expect(times.misfits).toBe(1);
  const dates = promoted('d date', '{"d":"1970-01-02"}', '{"d":"2026-02-30"}', '{"d":"1969-12-31"}');
  expect(dates.columns).toEqual([[1, null, -1]]);
  const late = promoted('t timestamptz', '{"t":"2026-02-30T00:00:00Z"}', '{"t":"2024-02-29T23:59:59-01:00"}');
  expect(late).toEqual({ columns: [[null, 1709254799000000n]], misfits: 1 });
});

test('what is no JSON object has no promoted fields', () => {
  expect(promoted('n int', '{"n":', 'text', '  {"n":3}', '')).toEqual({ columns: [[null, null, 3, null]], misfits: 0 });
});
