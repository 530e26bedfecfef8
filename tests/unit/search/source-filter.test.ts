import { describe, expect, test } from 'vitest';
import { fieldValues, filterSource, parseSourceFilter } from '../../../src/search/source-filter.ts';

const source = {
  a: { b: 1, c: { d: 2 } },
  'x.y': 3,
  list: [{ p: 1, q: 2 }, { q: 3 }, 'text'],
  nothing: null,
  big: (JSON as unknown as { rawJSON(text: string): object }).rawJSON('12345678901234567890'),
};

function filtered(wish: unknown): unknown {
  return JSON.parse(JSON.stringify(filterSource(source, parseSourceFilter(wish))));
}

describe('_source filters', () => {
  test('no filter is the very same object', () => {
    expect(filterSource(source, parseSourceFilter(true))).toBe(source);
  });

  test.each([
    ['a', { a: { b: 1, c: { d: 2 } } }],
    ['a.b', { a: { b: 1 } }],
    ['a.c', { a: { c: { d: 2 } } }],
    ['*.d', { a: { c: { d: 2 } } }],
    ['x.y', { 'x.y': 3 }],
    ['list.p', { list: [{ p: 1 }] }],
    [['nothing', 'x*'], { 'x.y': 3, nothing: null }],
    ['none', {}],
    [{ includes: ['a.*'], excludes: ['*.d'] }, { a: { b: 1, c: {} } }],
    [{ excludes: ['a.c', 'list', 'x.y', 'big', 'nothing'] }, { a: { b: 1 } }],
    [{ excludes: ['list.q', 'a', 'big'] }, { 'x.y': 3, list: [{ p: 1 }, {}, 'text'], nothing: null }],
  ])('%j', (wish, expected) => expect(filtered(wish)).toEqual(expected));

  test('a thousand names are looked for in wide records without looking long', () => {
    const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`name-of-a-field-${i}`, i]));
    const patterns = Array.from({ length: 1024 }, (_, i) => `name-of-another-*-${i}`);
    const began = performance.now();
    for (let record = 0; record < 100; record++) expect(fieldValues(wide, patterns)).toEqual({});
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test('digits beyond a double are kept', () => {
    expect(JSON.stringify(filterSource(source, parseSourceFilter('big')))).toBe('{"big":12345678901234567890}');
  });

  test('fields are flat lists of values', () => {
    expect(fieldValues(source, ['a.*', 'list.q', 'x.y', 'nothing'])).toEqual({
      'a.b': [1],
      'a.c.d': [2],
      'list.q': [2, 3],
      'x.y': [3],
    });
  });

  test('a field named like a member of every object is a field', () => {
    const own = JSON.parse('{"__proto__":{"x":1},"constructor":2}') as Record<string, unknown>;
    expect(JSON.stringify(filterSource(own, parseSourceFilter(['__proto__.x'])))).toBe('{"__proto__":{"x":1}}');
    expect(fieldValues(own, ['*'])).toEqual({ '__proto__.x': [1], constructor: [2] });
  });
});
