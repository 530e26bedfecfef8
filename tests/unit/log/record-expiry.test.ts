import { expect, test } from 'vitest';
import { expiresAt, expiryRule, isExpired, parseRecordSource } from '../../../src/log/record-expiry.ts';

const record = (value: unknown, headers: Record<string, string> = {}, timestamp = 1000) => ({
  timestamp,
  value: value === undefined ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  headers: Object.entries(headers).map(([key, text]) => ({ key: Buffer.from(key), value: Buffer.from(text) })),
});
const lifetime = (source: string) => expiryRule(source, '')!;
const expires = (source: string) => expiryRule('', source)!;

test('a source is a header or a field, and nothing else is one', () => {
  expect(parseRecordSource('header:ttl-ms')).toEqual({ kind: 'header', name: 'ttl-ms' });
  expect(parseRecordSource('field:meta.ttl')).toEqual({ kind: 'field', path: 'meta.ttl' });
  for (const text of ['', 'ttl', 'header:', 'field:a..b', 'key:x']) expect(parseRecordSource(text)).toBeUndefined();
  expect(expiryRule('', '')).toBeUndefined();
});

test('a lifetime counts from the timestamp of the record', () => {
  expect(expiresAt(lifetime('header:ttl'), record('x', { ttl: '500' }))).toBe(1500);
  expect(expiresAt(lifetime('field:meta.ttl'), record({ meta: { ttl: 250.5 } }))).toBe(1250.5);
  expect(expiresAt(lifetime('field:meta.ttl'), record({ 'meta.ttl': 7 }))).toBe(1007);
  expect(expiresAt(lifetime('header:ttl'), record('x', { ttl: '500' }, -1))).toBe(Infinity);
});

test('a time is milliseconds since the epoch or ISO 8601 with a zone', () => {
  expect(expiresAt(expires('field:until'), record({ until: 5000 }))).toBe(5000);
  expect(expiresAt(expires('header:until'), record('x', { until: '5000' }))).toBe(5000);
  expect(expiresAt(expires('field:until'), record({ until: '1970-01-01T01:00:05+01:00' }))).toBe(5000);
});

test.each([
  ['a negative lifetime', lifetime('field:n'), record({ n: -1 })],
  ['no number', lifetime('field:n'), record({ n: 'soon' })],
  ['a time without a zone', expires('field:n'), record({ n: '2026-01-01T00:00:00' })],
  ['no JSON', expires('field:n'), record('{"n":')],
  ['no value', expires('field:n'), record(undefined)],
  ['no such header', expires('header:n'), record('x', { m: '1' })],
  ['a member of the prototype', expires('field:__proto__.n'), record({})],
  ['an array', expires('field:0'), record([1])],
])('%s never ends a record', (_what, rule, one) => {
  expect(expiresAt(rule, one)).toBe(Infinity);
});

test('of a lifetime and a time the earlier one holds, the last of repeated headers counts, and the end itself is past it', () => {
  const both = expiryRule('header:ttl', 'field:until')!;
  expect(expiresAt(both, record({ until: 1200 }, { ttl: '500' }))).toBe(1200);
  expect(expiresAt(both, record({ until: 9000 }, { ttl: '500' }))).toBe(1500);
  const repeated = {
    ...record('x', { ttl: '1' }),
    headers: [...record('x', { ttl: '1' }).headers, ...record('x', { ttl: '9' }).headers],
  };
  expect(expiresAt(lifetime('header:ttl'), repeated)).toBe(1009);
  expect(isExpired(both, record({ until: 1200 }), 1199)).toBe(false);
  expect(isExpired(both, record({ until: 1200 }), 1200)).toBe(true);
  expect(isExpired(undefined, record({ until: 1200 }), 5000)).toBe(false);
});
