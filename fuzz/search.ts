import { below, type Random } from '../src/base/random.ts';
import { ParseContext } from '../src/search/context.ts';
import { parseQuery } from '../src/search/dsl.ts';
import { SearchError } from '../src/search/error.ts';
import { parseQueryString } from '../src/search/lucene.ts';
import { parseMultiSearch } from '../src/search/multi-search.ts';
import { parseSearchRequest } from '../src/search/request.ts';
import { parseSimpleQueryString } from '../src/search/simple-query-string.ts';

const NOW = Date.UTC(2026, 2, 4);
const PIECES =
  'a b error level: @timestamp: _id: _exists_: "a b" ~ ~2 ^ ^2 AND OR NOT && || ! + - ( ) [ ] { } TO * ? /a/ / \\ \\u0041 \\u > >= < <= now now-1h/d 2026-01-01 || 5 é 漢字 😀 \u0000 \ud800'.split(
    ' ',
  );

/** The words of the DSL, so that random JSON comes near to what is meant. */
const NAMES = (
  'match match_phrase multi_match term terms prefix wildcard regexp fuzzy range exists ids bool constant_score query_string ' +
  'simple_query_string match_all must should filter must_not query fields value values field gte lt format time_zone boost ' +
  'operator fuzziness minimum_should_match default_field @timestamp _id message __proto__ sort from size _source'
).split(' ');

function pick<T>(random: Random, list: readonly T[]): T {
  return list[below(random, list.length)]!;
}

function line(random: Random): string {
  let text = '';
  for (let i = below(random, 12); i >= 0; i--) text += pick(random, PIECES) + (below(random, 2) === 0 ? ' ' : '');
  return text;
}

function json(random: Random, depth: number): unknown {
  const kind = below(random, depth > 6 ? 4 : 8);
  if (kind === 0) return line(random);
  if (kind === 1) return pick(random, [0, -1, 5, 1e308, 0.5, 2 ** 53]);
  if (kind === 2) return pick(random, [true, false, null]);
  if (kind === 3) return pick(random, NAMES);
  if (kind === 4) return Array.from({ length: below(random, 4) }, () => json(random, depth + 1));
  return object(random, depth);
}

function object(random: Random, depth: number): object {
  const names = Array.from({ length: 1 + below(random, 2) }, () => pick(random, NAMES));
  return Object.fromEntries(names.map((name) => [name, json(random, depth + 1)]));
}

/** Refusing properly is fine; any other error is a defect. */
function tried(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof SearchError)) throw error;
  }
}

function target(
  name: string,
  act: (random: Random) => unknown,
): { name: string; run(random: Random, iterations: number): void } {
  return {
    name,
    run(random, iterations) {
      for (let i = 0; i < iterations; i++) tried(() => act(random));
    },
  };
}

export const targets = [
  target('search-lucene', (random) => parseQueryString(line(random), new ParseContext(NOW))),
  target('search-simple', (random) => parseSimpleQueryString(line(random), new ParseContext(NOW))),
  target('search-dsl', (random) => parseQuery(object(random, 0), new ParseContext(NOW))),
  target('search-request', (random) => parseSearchRequest(new Map(), object(random, 0), NOW)),
  target('search-long', (random) => {
    const text = pick(random, PIECES)
      .repeat(below(random, 50) === 0 ? 32_000 : 100)
      .slice(0, 32_000);
    tried(() => parseQueryString(text, new ParseContext(NOW)));
    tried(() => parseSimpleQueryString(text, new ParseContext(NOW)));
  }),
  target('search-msearch', (random) =>
    parseMultiSearch(`${JSON.stringify(object(random, 0))}\n${JSON.stringify(json(random, 3))}\n`, '_all', new Map()),
  ),
];
