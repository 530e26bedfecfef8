import { describe, expect, test } from 'vitest';
import { compileRe2, InvalidPattern } from '../../../src/base/re2.ts';

const MATCHES: readonly [string, string][] = [
  ['', ''],
  ['orders', 'orders'],
  ['orders.*', 'orders-eu'],
  ['(?i)ORDERS', 'orders'],
  ['(?i:O)rders', 'orders'],
  ['(a|b|)c', 'c'],
  ['a{2,3}', 'aaa'],
  ['a{2,}b', 'aaaab'],
  ['(ab){2}', 'abab'],
  ['a{x}', 'a{x}'],
  ['^a$', 'a'],
  ['\\Aa\\z', 'a'],
  ['[^a-c]+', 'xyz'],
  ['[]a]+', 'a]'],
  ['[a-]', '-'],
  ['[\\d\\-x]+', '1-x'],
  ['[[:alpha:]]+[[:^alpha:]]', 'ab1'],
  ['\\w+\\.\\d+', 'topic_a.12'],
  ['\\Qa.b*\\E+', 'a.b***'],
  ['\\x61\\x{62}\\141', 'aba'],
  ['\\p{Greek}\\pL\\P{Lu}', 'αxy'],
  ['(?P<name>a)(?<other>b)', 'ab'],
  ['a.b', 'aéb'],
  ['(?s)a.b', 'a\nb'],
  ['(?m)a$\\n^b', 'a\nb'],
  ['a*?b+?', 'aab'],
  ['(x+x+)+y', `${'x'.repeat(200)}y`],
];

const DIFFERS: readonly [string, string][] = [
  ['orders', 'orders2'],
  ['orders', 'my-orders'],
  ['a{2,3}', 'aaaa'],
  ['a.b', 'a\nb'],
  ['orders', 'ORDERS'],
  ['a\\b', 'ab'],
  ['[^a]', 'a'],
  ['(?i)[^a]', 'A'],
  ['\\d', '٣'],
  ['(x+x+)+y', 'x'.repeat(2000)],
];

const INVALID = [
  '(',
  ')',
  'a**',
  '*',
  '[a',
  '[b-a]',
  '(?=a)',
  '(?<!a)',
  '(a)\\1',
  '\\',
  '\\y',
  'a{1001}',
  'a{3,2}',
  '[[:nothing:]]',
  '\\p{Nothing}',
  '((a{1000}){1000}){1000}',
  '(?z)',
];

describe('regular expressions in the syntax of RE2', () => {
  test.each(MATCHES)('%j matches %j', (pattern, text) => expect(compileRe2(pattern).matches(text)).toBe(true));

  test.each(DIFFERS)('%j does not match %j', (pattern, text) => expect(compileRe2(pattern).matches(text)).toBe(false));

  test.each(INVALID)('%j is invalid', (pattern) => expect(() => compileRe2(pattern)).toThrow(InvalidPattern));
});
