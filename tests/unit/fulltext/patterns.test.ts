import { expect, test } from 'vitest';
import { FuzzyMatcher } from '../../../src/fulltext/fuzzy.ts';
import { QueryRejected } from '../../../src/fulltext/rejected.ts';
import { compileRegexp } from '../../../src/fulltext/regexp.ts';
import { utf8 } from './oracle/sealed.ts';
import { compileWildcard } from '../../../src/fulltext/wildcard.ts';

test.each([
  ['a*c', 'abbc', true],
  ['a*c', 'abbcd', false],
  ['*', '', true],
  ['?', '😀', true],
  ['a\\*', 'a*', true],
  ['a\\*', 'ab', false],
  ['*b*d', 'abcbd', true],
  ['*?', 'é', true],
  ['*é?', 'aéé', true],
  ['??', '😀', false],
])('wildcard %s on %s: %s', (pattern, text, expected) => {
  expect(compileWildcard(pattern).matches(text)).toBe(expected);
});

test.each([
  ['ab|cd', 'cd', true],
  ['a(b|c)*d', 'abcbcd', true],
  ['a{2,3}', 'aaaa', false],
  ['a{2,}', 'aaaa', true],
  ['[^a-c]x', 'dx', true],
  ['[^a-c]x', 'bx', false],
  ['[]-]', '-', true],
  ['"a.c"', 'abc', false],
  ['a@', 'a anything', true],
  ['\\d+\\.\\w', '12.x', true],
  ['\\D', '1', false],
  ['', '', true],
  ['#', '', false],
  ['.é', '😀é', true],
])('regexp %s on %s: %s', (pattern, text, expected) => {
  expect(compileRegexp(pattern).matches(text)).toBe(expected);
});

test('a regexp that starts with literal text knows it', () => {
  expect(
    ['err.*', 'er(ro|x)', 'a*b', '[e]rror', 'e+r', 'ab{2}'].map((pattern) => compileRegexp(pattern).prefix),
  ).toEqual(['err', 'er', '', 'error', 'e', 'ab']);
});

test.each([
  'a{',
  '(a',
  '[a',
  'a)',
  '*a',
  'a{3,2}',
  '"x',
  'a\\',
  '~a',
  'a&b',
  '<1-9>',
  'a{1000}{1000}',
  '((((){1000}){1000}){1000}){1000}',
  '('.repeat(200),
])('regexp %s is refused', (pattern) => {
  expect(() => compileRegexp(pattern)).toThrow(QueryRejected);
});

test('a regexp made to explode takes time in proportion to the text', () => {
  const regexp = compileRegexp('(a|a|aa)*(a?){50}b');
  expect(regexp.matches('a'.repeat(700))).toBe(false);
  expect(regexp.matches(`${'a'.repeat(700)}b`)).toBe(true);
});

function similarity(wanted: string, text: string, distance: number): number {
  const bytes = utf8(text);
  return new FuzzyMatcher(wanted, distance).similarity(bytes, 0, bytes.length);
}

test('fuzzy terms are within some edits, a swap of neighbours being one', () => {
  const alike = (a: string, b: string, distance: number): boolean => similarity(a, b, distance) > 0;
  expect(alike('error', 'erorr', 1)).toBe(true);
  expect(alike('error', 'eror', 1)).toBe(true);
  expect(alike('error', 'errors', 1)).toBe(true);
  expect(alike('error', 'terrors', 1)).toBe(false);
  expect(alike('error', 'terrors', 2)).toBe(true);
  expect(alike('café', 'cafe', 1)).toBe(true);
  expect(similarity('error', 'error', 2)).toBe(1);
});
