import type { Query, QueryValue } from '../fulltext/query.ts';
import {
  ANY_QUERY,
  boostOf,
  type DslParser,
  type DslScope,
  fieldQuery,
  fuzzinessOf,
  onlyServed,
  optionalFlag,
  optionalText,
  requiredScalar,
  requiredText,
} from './dsl-scope.ts';
import { illegalArgument, parsingError } from './error.ts';
import { boolQuery, boosted, idsQuery, isTimeField, withBoost } from './fields.ts';
import { cut, type JsonObject, listOf, objectOf, onlyMembers, scalarOf, stringOf } from './json.ts';
import { searchLimits } from './limits.ts';
import { type RangeBounds, rangeQuery, timeQuery } from './range.ts';

const TERM: ReadonlySet<string> = new Set(['value', 'term', 'case_insensitive', ...ANY_QUERY]);
const PATTERN: ReadonlySet<string> = new Set([
  'value',
  'wildcard',
  'prefix',
  'case_insensitive',
  'rewrite',
  ...ANY_QUERY,
]);
const REGEXP: ReadonlySet<string> = new Set([
  'value',
  'flags',
  'case_insensitive',
  'max_determinized_states',
  'rewrite',
  ...ANY_QUERY,
]);
const FUZZY: ReadonlySet<string> = new Set([
  'value',
  'fuzziness',
  'prefix_length',
  'max_expansions',
  'transpositions',
  'rewrite',
  ...ANY_QUERY,
]);
const RANGE: ReadonlySet<string> = new Set([
  'gt',
  'gte',
  'lt',
  'lte',
  'from',
  'to',
  'include_lower',
  'include_upper',
  'format',
  'time_zone',
  'relation',
  ...ANY_QUERY,
]);
const EXISTS: ReadonlySet<string> = new Set(['field', ...ANY_QUERY]);
const IDS: ReadonlySet<string> = new Set(['values', 'type', ...ANY_QUERY]);
const ONLY_BOOST: ReadonlySet<string> = new Set(ANY_QUERY);

export const termParser: DslParser = (body, scope) => {
  const { field, params } = fieldQuery('term', body, 'value', TERM);
  onlyServed(params, 'term', { case_insensitive: [false] });
  const value = requiredScalar(params, params['term'] === undefined ? 'value' : 'term', 'term');
  return exactly(field, [value], boostOf(params, 'term'), scope);
};

export const termsParser: DslParser = (body, scope) => {
  const { boost: _boost, _name, ...fields } = objectOf(body, 'terms');
  const [field, second] = Object.keys(fields);
  if (field === undefined) throw parsingError('[terms] query requires a field');
  if (second !== undefined) {
    throw parsingError(`[terms] query does not support multiple fields, found [${cut(field)}] and [${cut(second)}]`);
  }
  const values = fields[field];
  if (!Array.isArray(values)) throw parsingError(`[terms] query requires an array of terms for [${cut(field)}]`);
  if (values.length > searchLimits.terms) {
    throw illegalArgument(
      `The number of terms [${values.length}] used in the Terms Query exceeds ${searchLimits.terms}`,
    );
  }
  const scalars = values.map((value: unknown) => scalarOf(value, `terms.${cut(field)}`));
  return exactly(field, scalars, boostOf(objectOf(body, 'terms'), 'terms'), scope);
};

/** Exact values: ids and times in their own way. */
function exactly(field: string, values: readonly QueryValue[], boost: number, scope: DslScope): Query {
  if (field === '_id') return idsQuery(values.map(String), boost);
  if (!isTimeField(field) || values.every((value) => typeof value === 'number')) {
    return values.length === 0 ? { kind: 'none' } : { kind: 'term', field, values, ...boosted(boost) };
  }
  const times = values.map((value) => {
    scope.context.clause();
    return timeQuery(field, String(value), { now: scope.context.now, boost: 1 });
  });
  return withBoost(times.length === 1 ? times[0]! : boolQuery({ should: times, minimumShouldMatch: 1 }), boost);
}

export const prefixParser: DslParser = (body) => patternQuery('prefix', body);
export const wildcardParser: DslParser = (body) => patternQuery('wildcard', body);

function patternQuery(kind: 'prefix' | 'wildcard', body: unknown): Query {
  const { field, params } = fieldQuery(kind, body, 'value', PATTERN);
  const name = params['value'] === undefined && params[kind] !== undefined ? kind : 'value';
  const value = anyCase(requiredText(params, name, kind, searchLimits.termLength), field, params, kind);
  return { kind, fields: [field], value, ...boosted(boostOf(params, kind)) };
}

/** Tokens are in lower case; exact values are as they were written, and compared so. */
function anyCase(value: string, field: string, params: JsonObject, kind: string): string {
  if (optionalFlag(params, 'case_insensitive') !== true) return value;
  if (field.endsWith('.keyword')) throw parsingError(`[${kind}] [case_insensitive] is not served on exact values`);
  return value.toLowerCase();
}

export const regexpParser: DslParser = (body) => {
  const { field, params } = fieldQuery('regexp', body, 'value', REGEXP);
  onlyServed(params, 'regexp', { flags: ['ALL', 'NONE', ''], case_insensitive: [false] });
  const value = requiredText(params, 'value', 'regexp', searchLimits.regexpLength);
  return { kind: 'regexp', fields: [field], value, ...boosted(boostOf(params, 'regexp')) };
};

export const fuzzyParser: DslParser = (body) => {
  const { field, params } = fieldQuery('fuzzy', body, 'value', FUZZY);
  onlyServed(params, 'fuzzy', { prefix_length: [0], transpositions: [true] });
  const value = requiredText(params, 'value', 'fuzzy', searchLimits.termLength);
  const distance = fuzzinessOf(params['fuzziness']);
  return { kind: 'fuzzy', fields: [field], value, distance, ...boosted(boostOf(params, 'fuzzy')) };
};

export const rangeParser: DslParser = (body, scope) => {
  const { field, params } = fieldQuery('range', body, undefined, RANGE);
  const bounds: Record<string, QueryValue> = {};
  const set = (end: keyof RangeBounds, value: unknown): void => {
    if (value !== undefined && value !== null) bounds[end] = scalarOf(value, `range.${end}`);
  };
  set(optionalFlag(params, 'include_lower') === false ? 'gt' : 'gte', params['from']);
  set(optionalFlag(params, 'include_upper') === false ? 'lt' : 'lte', params['to']);
  for (const end of ['gt', 'gte', 'lt', 'lte'] as const) set(end, params[end]);
  const boost = boostOf(params, 'range');
  if (Object.keys(bounds).length === 0) return { kind: 'exists', field, ...boosted(boost) };
  const [format, timeZone] = [optionalText(params, 'format'), optionalText(params, 'time_zone')];
  return rangeQuery(field, bounds, { now: scope.context.now, boost, format, timeZone });
};

export const existsParser: DslParser = (body) => {
  const params = objectOf(body, 'exists');
  onlyMembers(params, 'exists', EXISTS);
  const field = requiredText(params, 'field', 'exists', searchLimits.termLength);
  return { kind: 'exists', field, ...boosted(boostOf(params, 'exists')) };
};

export const idsParser: DslParser = (body) => {
  const params = objectOf(body, 'ids');
  onlyMembers(params, 'ids', IDS);
  if (params['values'] === undefined) throw parsingError('[ids] requires providing an array of ids');
  const values = listOf(params['values']).map((value) => stringOf(value, 'ids.values'));
  if (values.length > searchLimits.terms) throw illegalArgument(`[ids] takes at most ${searchLimits.terms} values`);
  return idsQuery(values, boostOf(params, 'ids'));
};

export const matchAllParser: DslParser = (body) => {
  const params = objectOf(body, 'match_all');
  onlyMembers(params, 'match_all', ONLY_BOOST);
  return { kind: 'all', ...boosted(boostOf(params, 'match_all')) };
};

export const matchNoneParser: DslParser = (body) => {
  onlyMembers(objectOf(body, 'match_none'), 'match_none', ONLY_BOOST);
  return { kind: 'none' };
};
