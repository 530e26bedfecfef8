import { describe, expect, test } from 'vitest';
import { ParseContext } from '../../../src/search/context.ts';
import { SearchError } from '../../../src/search/error.ts';
import { parseQueryString } from '../../../src/search/lucene.ts';
import { parseSimpleQueryString } from '../../../src/search/simple-query-string.ts';
import { goldenCases, rewriteGolden } from '../../golden/search/cases.ts';
import { showQuery } from '../../golden/search/show.ts';

/** 2026-03-04T05:06:07.089Z, a Wednesday. */
const NOW = Date.UTC(2026, 2, 4, 5, 6, 7, 89);

/** A case may begin with a line of options: `options {"defaultOperator":"and"}`. */
function outcome(parse: typeof parseQueryString, input: string): string {
  const [, options = '{}', text = input] = /^options (.*)\n([^]*)$/.exec(input) ?? [];
  try {
    return showQuery(parse(text, new ParseContext(NOW), JSON.parse(options) as object));
  } catch (error) {
    if (!(error instanceof SearchError)) throw error;
    return `${error.status} ${error.type}: ${error.message}`;
  }
}

describe('Lucene query syntax', () => {
  const parse = (input: string): string => outcome(parseQueryString, input);
  rewriteGolden('lucene.txt', parse);
  const cases = goldenCases('lucene.txt');
  test('there are cases', () => expect(cases.length).toBeGreaterThan(60));
  for (const { input, expected } of cases) test(input, () => expect(parse(input)).toBe(expected));
});

describe('simple query string', () => {
  const parse = (input: string): string => outcome(parseSimpleQueryString, input);
  rewriteGolden('simple-query-string.txt', parse);
  const cases = goldenCases('simple-query-string.txt');
  test('there are cases', () => expect(cases.length).toBeGreaterThan(20));
  for (const { input, expected } of cases) test(input, () => expect(parse(input)).toBe(expected));
});
