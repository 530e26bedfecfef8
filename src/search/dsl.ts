import type { Query } from '../fulltext/query.ts';
import type { ParseContext } from './context.ts';
import {
  boolParser,
  constantScoreParser,
  disMaxParser,
  queryStringParser,
  simpleQueryStringParser,
} from './dsl-compound.ts';
import type { DslParser } from './dsl-scope.ts';
import {
  existsParser,
  fuzzyParser,
  idsParser,
  matchAllParser,
  matchNoneParser,
  prefixParser,
  rangeParser,
  regexpParser,
  termParser,
  termsParser,
  wildcardParser,
} from './dsl-term.ts';
import {
  matchBoolPrefixParser,
  matchParser,
  matchPhraseParser,
  matchPhrasePrefixParser,
  multiMatchParser,
} from './dsl-text.ts';
import { parsingError } from './error.ts';
import { cut, isObject, jsonType } from './json.ts';

/** Every query of the DSL that is served. */
const PARSERS: Readonly<Record<string, DslParser>> = {
  match: matchParser,
  match_phrase: matchPhraseParser,
  match_phrase_prefix: matchPhrasePrefixParser,
  match_bool_prefix: matchBoolPrefixParser,
  multi_match: multiMatchParser,
  term: termParser,
  terms: termsParser,
  prefix: prefixParser,
  wildcard: wildcardParser,
  regexp: regexpParser,
  fuzzy: fuzzyParser,
  range: rangeParser,
  exists: existsParser,
  ids: idsParser,
  match_all: matchAllParser,
  match_none: matchNoneParser,
  bool: boolParser,
  constant_score: constantScoreParser,
  dis_max: disMaxParser,
  query_string: queryStringParser,
  simple_query_string: simpleQueryStringParser,
};

/** Names of the queries that are served. */
export const queryKinds: readonly string[] = Object.keys(PARSERS);

/** Parses a query of Elasticsearch's DSL, `{"kind": {…}}`. Throws SearchError. */
export function parseQuery(value: unknown, context: ParseContext, depth = 0): Query {
  context.nested(depth);
  context.clause();
  if (!isObject(value)) throw parsingError(`[_na] query malformed, must be an object, but is ${jsonType(value)}`);
  const [kind, second] = Object.keys(value);
  if (kind === undefined) throw parsingError('query malformed, empty clause found');
  if (second !== undefined) {
    throw parsingError(`[${cut(kind)}] malformed query, expected [END_OBJECT] but found [FIELD_NAME] [${cut(second)}]`);
  }
  const parser = Object.hasOwn(PARSERS, kind) ? PARSERS[kind] : undefined;
  if (parser === undefined) throw parsingError(`unknown query [${cut(kind)}]; served are ${queryKinds.join(', ')}`);
  return parser(value[kind], { context, depth, nested: (inner) => parseQuery(inner, context, depth + 1) });
}
