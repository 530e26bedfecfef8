import { describe, expect, test } from 'vitest';
import { ParseContext } from '../../../src/search/context.ts';
import { parseQuery, queryKinds } from '../../../src/search/dsl.ts';
import { SearchError } from '../../../src/search/error.ts';
import { goldenCases, rewriteGolden } from '../../golden/search/cases.ts';
import { showQuery } from '../../golden/search/show.ts';

const NOW = Date.UTC(2026, 2, 4, 5, 6, 7, 89);

function outcome(input: string): string {
  try {
    return showQuery(parseQuery(JSON.parse(input), new ParseContext(NOW)));
  } catch (error) {
    if (!(error instanceof SearchError)) throw error;
    return `${error.status} ${error.type}: ${error.message}`;
  }
}

describe('query DSL', () => {
  rewriteGolden('dsl.txt', outcome);
  const cases = goldenCases('dsl.txt');
  for (const { input, expected } of cases) test(input, () => expect(outcome(input)).toBe(expected));

  test('every kind of query that is served has a case', () => {
    const seen = cases.map(({ input }) => input).join('\n');
    expect(queryKinds.filter((kind) => !seen.includes(`"${kind}"`))).toEqual([]);
  });
});
