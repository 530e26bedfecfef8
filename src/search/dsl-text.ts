import type { Query } from '../fulltext/query.ts';
import { tokensOf, wordsFor } from './analysis.ts';
import {
  ANY_QUERY,
  boostOf,
  type DslParser,
  type DslScope,
  fieldQuery,
  fuzzinessOf,
  onlyServed,
  operatorOf,
  optionalFlag,
  requiredText,
} from './dsl-scope.ts';
import { parsingError } from './error.ts';
import { boolQuery, fieldGroups, overGroups, withBoost } from './fields.ts';
import { cut, integerOf, type JsonObject, listOf, objectOf, onlyMembers, stringOf } from './json.ts';
import { searchLimits } from './limits.ts';
import { minimumShouldMatch } from './minimum-should-match.ts';
import { specialFieldQuery } from './special-fields.ts';

/** Parameters that say how much work a query may do; ours is bounded otherwise. */
const EFFORT = ['max_expansions', 'rewrite', 'fuzzy_rewrite', 'max_determinized_states'];

const MATCH_MEMBERS = [
  'query',
  'operator',
  'minimum_should_match',
  'fuzziness',
  'prefix_length',
  'fuzzy_transpositions',
  'analyzer',
  'zero_terms_query',
  'lenient',
  'auto_generate_synonyms_phrase_query',
  ...EFFORT,
  ...ANY_QUERY,
];
const MATCH: ReadonlySet<string> = new Set(MATCH_MEMBERS);
const PHRASE: ReadonlySet<string> = new Set(['query', 'slop', 'analyzer', 'zero_terms_query', ...EFFORT, ...ANY_QUERY]);
const MULTI_MATCH: ReadonlySet<string> = new Set([...MATCH_MEMBERS, 'fields', 'type', 'slop', 'tie_breaker']);

const SERVED = { analyzer: ['standard'], prefix_length: [0], fuzzy_transpositions: [true] } as const;

export const matchParser: DslParser = (body, scope) => {
  const { field, params } = fieldQuery('match', body, 'query', MATCH);
  onlyServed(params, 'match', SERVED);
  return withBoost(matchQuery([field], params, 'match', scope), boostOf(params, 'match'));
};

export const matchPhraseParser: DslParser = (body, scope) => phraseParser('match_phrase', body, scope);
export const matchPhrasePrefixParser: DslParser = (body, scope) => phraseParser('match_phrase_prefix', body, scope);

export const matchBoolPrefixParser: DslParser = (body, scope) => {
  const { field, params } = fieldQuery('match_bool_prefix', body, 'query', MATCH);
  onlyServed(params, 'match_bool_prefix', SERVED);
  return withBoost(boolPrefixQuery([field], params, 'match_bool_prefix', scope), boostOf(params, 'match_bool_prefix'));
};

export const multiMatchParser: DslParser = (body, scope) => {
  const params = objectOf(body, 'multi_match');
  onlyMembers(params, 'multi_match', MULTI_MATCH);
  onlyServed(params, 'multi_match', { ...SERVED, tie_breaker: [0] });
  const specs = params['fields'] === undefined ? [] : listOf(params['fields']).map((spec) => stringOf(spec, 'fields'));
  const type = params['type'] === undefined ? 'best_fields' : stringOf(params['type'], 'type');
  // With these each field is asked for everything, with cross_fields the fields share it.
  const apart = type === 'best_fields' || type === 'most_fields';
  const groups = fieldGroups(specs).flatMap((group) =>
    apart && group.fields.length > 0 ? group.fields.map((field) => ({ fields: [field], boost: group.boost })) : [group],
  );
  const score = type === 'most_fields' ? 'sum' : 'best';
  const queryOf = (fields: readonly string[]): Query => multiMatch(type, fields, params, scope);
  return overGroups(groups, boostOf(params, 'multi_match'), queryOf, scope.context, score);
};

function multiMatch(type: string, fields: readonly string[], params: JsonObject, scope: DslScope): Query {
  switch (type) {
    case 'best_fields':
    case 'most_fields':
    case 'cross_fields':
      return matchQuery(fields, params, 'multi_match', scope);
    case 'phrase':
      return phraseQuery(fields, params, 'multi_match', scope, false);
    case 'phrase_prefix':
      return phraseQuery(fields, params, 'multi_match', scope, true);
    case 'bool_prefix':
      return boolPrefixQuery(fields, params, 'multi_match', scope);
    default:
      throw parsingError(`[multi_match] does not know the type [${cut(type)}]`);
  }
}

function matchQuery(fields: readonly string[], params: JsonObject, kind: string, scope: DslScope): Query {
  const text = requiredText(params, 'query', kind, searchLimits.queryLength);
  const own = special(fields, text, params, scope);
  if (own !== undefined) return own;
  const words = wordsFor(fields.length === 1 ? fields[0] : undefined, text);
  if (words.length === 0) return zeroTerms(params);
  const operator = operatorOf(params['operator'], 'operator');
  const wanted = params['minimum_should_match'];
  const minimum = wanted === undefined || operator === 'and' ? undefined : minimumShouldMatch(wanted)(words.length);
  if (minimum !== undefined && minimum > words.length) return { kind: 'none' };
  const required = minimum === undefined || minimum < 2 ? {} : { minimumShouldMatch: minimum };
  if (params['fuzziness'] === undefined) return { kind: 'match', fields, text, operator, ...required };
  const distance = fuzzinessOf(params['fuzziness']);
  const fuzzy = words.map((value): Query => {
    scope.context.clause();
    return { kind: 'fuzzy', fields, value, distance };
  });
  if (fuzzy.length === 1) return fuzzy[0]!;
  return operator === 'and'
    ? boolQuery({ must: fuzzy })
    : boolQuery({ should: fuzzy, minimumShouldMatch: 1, ...required });
}

function phraseParser(kind: string, body: unknown, scope: DslScope): Query {
  const { field, params } = fieldQuery(kind, body, 'query', PHRASE);
  onlyServed(params, kind, SERVED);
  return withBoost(phraseQuery([field], params, kind, scope, kind === 'match_phrase_prefix'), boostOf(params, kind));
}

function phraseQuery(
  fields: readonly string[],
  params: JsonObject,
  kind: string,
  scope: DslScope,
  prefix: boolean,
): Query {
  const text = requiredText(params, 'query', kind, searchLimits.queryLength);
  const own = special(fields, text, params, scope);
  if (own !== undefined) return own;
  if (wordsFor(fields.length === 1 ? fields[0] : undefined, text).length === 0) return zeroTerms(params);
  const slop = params['slop'] === undefined ? 0 : integerOf(params['slop'], 'slop', 0, 1_000_000);
  return { kind: 'phrase', fields, text, slop, ...(prefix && { prefix }) };
}

/** All words but the last as they are, the last one as a prefix. */
function boolPrefixQuery(fields: readonly string[], params: JsonObject, kind: string, scope: DslScope): Query {
  const text = requiredText(params, 'query', kind, searchLimits.queryLength);
  const words = tokensOf(text);
  if (words.length === 0) return zeroTerms(params);
  const queries = words.map((word, index): Query => {
    scope.context.clause();
    const last = index === words.length - 1;
    return last ? { kind: 'prefix', fields, value: word } : { kind: 'match', fields, text: word, operator: 'or' };
  });
  if (queries.length === 1) return queries[0]!;
  if (operatorOf(params['operator'], 'operator') === 'and') return boolQuery({ must: queries });
  const minimum = params['minimum_should_match'];
  const required = minimum === undefined ? 1 : Math.max(1, minimumShouldMatch(minimum)(queries.length));
  return required > queries.length ? { kind: 'none' } : boolQuery({ should: queries, minimumShouldMatch: required });
}

function special(fields: readonly string[], text: string, params: JsonObject, scope: DslScope): Query | undefined {
  const lenient = optionalFlag(params, 'lenient') ?? false;
  return specialFieldQuery(fields, text, { now: scope.context.now, lenient });
}

function zeroTerms(params: JsonObject): Query {
  const value =
    params['zero_terms_query'] === undefined ? 'none' : stringOf(params['zero_terms_query'], 'zero_terms_query');
  if (value.toLowerCase() === 'all') return { kind: 'all' };
  if (value.toLowerCase() === 'none') return { kind: 'none' };
  throw parsingError(`[zero_terms_query] must be 'none' or 'all', but is '${cut(value)}'`);
}
