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

  test.each([
    ['words', 'query_string', { query: 'a '.repeat(600), fields: ['x', 'y^2'] }],
    ['ranges', 'query_string', { query: '[1 TO 2] '.repeat(600), fields: ['x', 'y'] }],
    ['whether there is something', 'query_string', { query: '* '.repeat(600), fields: ['x', 'y'] }],
    ['simple words', 'simple_query_string', { query: 'a '.repeat(600), fields: ['x', 'y^2'] }],
  ])('%s count in each of their fields', (_what, kind, body) => {
    const half = { ...body, query: body.query.slice(0, body.query.length / 2) };
    expect(outcome(JSON.stringify({ [kind]: half }))).not.toContain('too many clauses');
    expect(outcome(JSON.stringify({ [kind]: body }))).toContain('too many clauses');
  });

  test('a query of several fields counts in each', () => {
    const match = { multi_match: { query: 'a', fields: Array.from({ length: 600 }, (_, i) => `f${i}`) } };
    expect(outcome(JSON.stringify({ bool: { should: [match] } }))).not.toContain('too many clauses');
    expect(outcome(JSON.stringify({ bool: { should: [match, match] } }))).toContain('too many clauses');
  });
});
