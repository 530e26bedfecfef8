import type { Query } from '../fulltext/query.ts';
import {
  ANY_QUERY,
  boostOf,
  type DslParser,
  type DslScope,
  operatorOf,
  optionalFlag,
  optionalText,
} from './dsl-scope.ts';
import { fuzzinessOf, onlyServed, requiredText } from './dsl-scope.ts';
import { parsingError } from './error.ts';
import { boolQuery, boosted, constantScore, withBoost } from './fields.ts';
import { integerOf, type JsonObject, listOf, objectOf, onlyMembers, stringOf } from './json.ts';
import { searchLimits } from './limits.ts';
import { parseQueryString } from './lucene.ts';
import { minimumShouldMatch } from './minimum-should-match.ts';
import { parseSimpleQueryString } from './simple-query-string.ts';

const BOOL: ReadonlySet<string> = new Set([
  'must',
  'must_not',
  'mustNot',
  'should',
  'filter',
  'minimum_should_match',
  'adjust_pure_negative',
  ...ANY_QUERY,
]);
const CONSTANT_SCORE: ReadonlySet<string> = new Set(['filter', ...ANY_QUERY]);
const DIS_MAX: ReadonlySet<string> = new Set(['queries', 'tie_breaker', ...ANY_QUERY]);
const QUERY_STRING: ReadonlySet<string> = new Set([
  'query',
  'default_field',
  'fields',
  'default_operator',
  'analyzer',
  'quote_analyzer',
  'allow_leading_wildcard',
  'analyze_wildcard',
  'auto_generate_synonyms_phrase_query',
  'enable_position_increments',
  'escape',
  'fuzziness',
  'fuzzy_max_expansions',
  'fuzzy_prefix_length',
  'fuzzy_rewrite',
  'fuzzy_transpositions',
  'lenient',
  'max_determinized_states',
  'minimum_should_match',
  'phrase_slop',
  'rewrite',
  'tie_breaker',
  'time_zone',
  'type',
  ...ANY_QUERY,
]);
const SIMPLE_QUERY_STRING: ReadonlySet<string> = new Set([
  'query',
  'fields',
  'default_operator',
  'flags',
  'analyzer',
  'analyze_wildcard',
  'auto_generate_synonyms_phrase_query',
  'fuzzy_max_expansions',
  'fuzzy_prefix_length',
  'fuzzy_transpositions',
  'lenient',
  'minimum_should_match',
  'quote_field_suffix',
  ...ANY_QUERY,
]);
const SERVED = {
  analyzer: ['standard'],
  quote_analyzer: ['standard'],
  fuzzy_prefix_length: [0],
  fuzzy_transpositions: [true],
};

export const boolParser: DslParser = (body, scope) => {
  const params = objectOf(body, 'bool');
  onlyMembers(params, 'bool', BOOL);
  const must = clauses(params['must'], 'must', scope);
  const filter = clauses(params['filter'], 'filter', scope);
  const should = clauses(params['should'], 'should', scope);
  const mustNot = clauses(params['must_not'] ?? params['mustNot'], 'must_not', scope);
  const boost = boostOf(params, 'bool');
  const positive = must.length + filter.length;
  if (positive + should.length + mustNot.length === 0) return withBoost({ kind: 'all' }, boost);
  const wanted = params['minimum_should_match'];
  if (wanted === undefined || should.length === 0) {
    // What only excludes is taken from all records; they score 0, as in Elasticsearch.
    const all: Query[] = positive + should.length === 0 ? [{ kind: 'all' }] : [];
    return withBoost(boolQuery({ must, filter: [...filter, ...all], should, mustNot }), boost);
  }
  const minimum = Math.max(positive === 0 ? 1 : 0, minimumShouldMatch(wanted)(should.length));
  if (minimum > should.length) return { kind: 'none' };
  return withBoost(boolQuery({ must, filter, should, mustNot, minimumShouldMatch: minimum }), boost);
};

function clauses(value: unknown, name: string, scope: DslScope): Query[] {
  if (value === undefined) return [];
  if (value === null || typeof value !== 'object')
    throw parsingError(`[bool] [${name}] must be a query or an array of queries`);
  return listOf(value).map((one) => scope.nested(one));
}

export const constantScoreParser: DslParser = (body, scope) => {
  const params = objectOf(body, 'constant_score');
  onlyMembers(params, 'constant_score', CONSTANT_SCORE);
  if (params['filter'] === undefined) throw parsingError("[constant_score] requires a 'filter' element");
  return constantScore(scope.nested(params['filter']), boostOf(params, 'constant_score'));
};

export const disMaxParser: DslParser = (body, scope) => {
  const params = objectOf(body, 'dis_max');
  onlyMembers(params, 'dis_max', DIS_MAX);
  onlyServed(params, 'dis_max', { tie_breaker: [0] });
  const queries = params['queries'] === undefined ? [] : listOf(params['queries']).map((one) => scope.nested(one));
  if (queries.length === 0) throw parsingError("[dis_max] requires 'queries' field with at least one clause");
  return { kind: 'best', queries, ...boosted(boostOf(params, 'dis_max')) };
};

/** What both languages for one line of text have in common. */
function lineOptions(params: JsonObject, kind: string) {
  const minimum = params['minimum_should_match'];
  const fields =
    params['fields'] === undefined ? [] : listOf(params['fields']).map((field) => stringOf(field, 'fields'));
  return {
    fields,
    defaultOperator: operatorOf(params['default_operator'], 'default_operator'),
    boost: boostOf(params, kind),
    ...(params['lenient'] !== undefined && { lenient: optionalFlag(params, 'lenient') ?? false }),
    ...(minimum !== undefined && { minimumShouldMatch: minimumShouldMatch(minimum) }),
  };
}

export const queryStringParser: DslParser = (body, scope) => {
  const params = objectOf(body, 'query_string');
  onlyMembers(params, 'query_string', QUERY_STRING);
  onlyServed(params, 'query_string', SERVED);
  const text = requiredText(params, 'query', 'query_string', searchLimits.queryLength);
  const defaultField = optionalText(params, 'default_field');
  const options = lineOptions(params, 'query_string');
  if (defaultField !== undefined && options.fields.length > 0) {
    throw parsingError('[query_string] [fields] and [default_field] cannot both be given');
  }
  const timeZone = optionalText(params, 'time_zone');
  return parseQueryString(optionalFlag(params, 'escape') === true ? escapeAll(text) : text, scope.context, {
    ...options,
    depth: scope.depth,
    allowLeadingWildcard: optionalFlag(params, 'allow_leading_wildcard') ?? true,
    fuzziness: fuzzinessOf(params['fuzziness']),
    phraseSlop: params['phrase_slop'] === undefined ? 0 : integerOf(params['phrase_slop'], 'phrase_slop', 0, 1_000_000),
    ...(defaultField !== undefined && { fields: [defaultField] }),
    ...(timeZone !== undefined && { timeZone }),
  });
};

function escapeAll(text: string): string {
  return text.replaceAll(/[+\-!():^[\]"{}~*?|&/\\]/g, '\\$&');
}

export const simpleQueryStringParser: DslParser = (body, scope) => {
  const params = objectOf(body, 'simple_query_string');
  onlyMembers(params, 'simple_query_string', SIMPLE_QUERY_STRING);
  onlyServed(params, 'simple_query_string', SERVED);
  const text = requiredText(params, 'query', 'simple_query_string', searchLimits.queryLength);
  const flags = optionalText(params, 'flags');
  return parseSimpleQueryString(text, scope.context, {
    ...lineOptions(params, 'simple_query_string'),
    depth: scope.depth,
    ...(flags !== undefined && { flags }),
  });
};
