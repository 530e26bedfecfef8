import type { Query } from '../fulltext/query.ts';
import { ParseContext } from './context.ts';
import { parseQuery } from './dsl.ts';
import { fuzzinessOf, operatorOf } from './dsl-scope.ts';
import { illegalArgument, parsingError } from './error.ts';
import {
  booleanOf,
  cut,
  integerOf,
  isObject,
  type JsonObject,
  jsonType,
  listOf,
  numberOf,
  objectOf,
  stringOf,
} from './json.ts';
import { searchLimits } from './limits.ts';
import { parseQueryString } from './lucene.ts';
import { parseSort, parseSortParameter, type RequestedSort } from './sort.ts';
import { parseSourceFilter, type SourceFilter } from './source-filter.ts';
import { DEFAULT_TOPIC_OPTIONS, type TopicOptions } from './topics.ts';

/** A search as asked for, checked and parsed. */
export interface SearchRequest {
  readonly query: Query;
  readonly topics: TopicOptions;
  readonly from: number;
  readonly size: number;
  /** Empty: by score. */
  readonly sort: readonly RequestedSort[];
  readonly source: SourceFilter;
  /** Patterns of the fields to show beside `_source`. */
  readonly fields: readonly string[];
  /** True: exact; a number: exact up to it; false: no total. */
  readonly trackTotalHits: boolean | number;
  readonly trackScores: boolean;
  readonly timeoutMs: number | undefined;
  /** `hits.total` as a number, as before Elasticsearch 7. */
  readonly totalAsInteger: boolean;
}

/** Whether the answer shows scores. */
export function isScored({ sort, trackScores }: Pick<SearchRequest, 'sort' | 'trackScores'>): boolean {
  return sort.length === 0 || trackScores || sort.some(({ key }) => key.by === 'score');
}

/** Parameters of a URL by name; an empty text stands for a name without a value. */
export type UrlParameters = ReadonlyMap<string, string>;

/** Members of a search body that change the answer and are not served, with what to do instead. */
const NOT_SERVED: Readonly<Record<string, string>> = {
  aggs: 'aggregations are not served',
  aggregations: 'aggregations are not served',
  collapse: 'collapsing is not served',
  highlight: 'highlighting is not served',
  knn: 'vector search is not served',
  min_score: 'a minimum score is not served',
  pit: 'points in time are not served',
  post_filter: 'a post filter is not served; put it into [query] as a bool filter',
  rescore: 'rescoring is not served',
  runtime_mappings: 'runtime fields are not served',
  script_fields: 'scripts are not served',
  search_after: 'search_after is not served; use from and size, or a range over @timestamp or _kafka.offset',
  slice: 'sliced scrolls are not served',
  suggest: 'suggesters are not served',
  retriever: 'retrievers are not served',
  indices_boost: 'boosts of indices are not served',
};

/** Members that say how to search, or ask for what a record does not have: they change nothing here. */
const WITHOUT_EFFECT = [
  'explain',
  'profile',
  'version',
  'seq_no_primary_term',
  'stored_fields',
  'terminate_after',
  'ext',
  'stats',
];
const SERVED = [
  'query',
  'from',
  'size',
  'sort',
  '_source',
  'fields',
  'docvalue_fields',
  'track_total_hits',
  'track_scores',
  'timeout',
];
const KNOWN: ReadonlySet<string> = new Set([...SERVED, ...WITHOUT_EFFECT]);

/** Parses a search from its URL parameters and its body (parsed JSON, undefined without one). The URL wins. Throws SearchError. */
export function parseSearchRequest(url: UrlParameters, body: unknown, now: number): SearchRequest {
  const members = bodyOf(body);
  for (const name of Object.keys(members)) {
    const reason = Object.hasOwn(NOT_SERVED, name) ? NOT_SERVED[name] : undefined;
    if (reason !== undefined) throw parsingError(`[${name}]: ${reason}`);
    if (!KNOWN.has(name)) throw parsingError(`unknown key [${cut(name)}] in the search request`);
  }
  if (url.has('scroll'))
    throw illegalArgument('[scroll]: scrolling is not served; use from and size, or a range over _kafka.offset');
  const from = integerOf(url.get('from') ?? members['from'] ?? 0, 'from', 0);
  const size = integerOf(url.get('size') ?? members['size'] ?? 10, 'size', 0);
  if (from + size > searchLimits.resultWindow) {
    throw illegalArgument(
      `Result window is too large, from + size must be less than or equal to: [${searchLimits.resultWindow}] but was [${from + size}]`,
    );
  }
  const timeout = url.get('timeout') ?? members['timeout'];
  const sortText = url.get('sort');
  return {
    query: queryOf(url, members, now),
    topics: topicOptions(url),
    from,
    size,
    sort:
      sortText !== undefined
        ? parseSortParameter(sortText)
        : members['sort'] === undefined
          ? []
          : parseSort(members['sort']),
    source: sourceFilter(url, members),
    fields: [
      ...fieldPatterns(members['fields'], 'fields'),
      ...fieldPatterns(members['docvalue_fields'], 'docvalue_fields'),
    ],
    trackTotalHits: trackTotalHits(url.get('track_total_hits') ?? members['track_total_hits'] ?? true),
    trackScores: urlFlag(url, 'track_scores') ?? booleanOf(members['track_scores'] ?? false, 'track_scores'),
    timeoutMs: timeout === undefined ? undefined : durationMs(timeout, 'timeout'),
    totalAsInteger: urlFlag(url, 'rest_total_hits_as_int') ?? false,
  };
}

/** Parses the query of `_count`: the body has nothing else. */
export function parseCountRequest(
  url: UrlParameters,
  body: unknown,
  now: number,
): Pick<SearchRequest, 'query' | 'topics'> {
  const members = bodyOf(body);
  const other = Object.keys(members).find((name) => name !== 'query');
  if (other !== undefined) throw parsingError(`request does not support [${cut(other)}]`);
  return { query: queryOf(url, members, now), topics: topicOptions(url) };
}

function bodyOf(body: unknown): JsonObject {
  if (body === undefined) return {};
  if (isObject(body)) return body;
  throw parsingError(`the request body must be an object, but is ${jsonType(body)}`);
}

/** `q` of the URL, else `query` of the body, else everything. */
function queryOf(url: UrlParameters, members: JsonObject, now: number): Query {
  const context = new ParseContext(now);
  const text = url.get('q');
  if (text === undefined)
    return members['query'] === undefined ? { kind: 'all' } : parseQuery(members['query'], context);
  const [lenient, leading] = [urlFlag(url, 'lenient'), urlFlag(url, 'allow_leading_wildcard')];
  const field = url.get('df');
  return parseQueryString(text, context, {
    defaultOperator: operatorOf(url.get('default_operator'), 'default_operator'),
    fuzziness: fuzzinessOf(undefined),
    ...(field !== undefined && { fields: field.split(',') }),
    ...(lenient !== undefined && { lenient }),
    ...(leading !== undefined && { allowLeadingWildcard: leading }),
  });
}

function topicOptions(url: UrlParameters): TopicOptions {
  return {
    ignoreUnavailable: urlFlag(url, 'ignore_unavailable') ?? DEFAULT_TOPIC_OPTIONS.ignoreUnavailable,
    allowNoIndices: urlFlag(url, 'allow_no_indices') ?? DEFAULT_TOPIC_OPTIONS.allowNoIndices,
  };
}

/** A flag of a URL; a name without a value is true. */
export function urlFlag(url: UrlParameters, name: string): boolean | undefined {
  const text = url.get(name);
  return text === undefined ? undefined : text === '' || booleanOf(text, name);
}

function sourceFilter(url: UrlParameters, members: JsonObject): SourceFilter {
  const [source, includes, excludes] = ['_source', '_source_includes', '_source_excludes'].map((name) => url.get(name));
  const base = parseSourceFilter(
    source === undefined ? members['_source'] : source.includes(',') ? source.split(',') : source,
  );
  return {
    enabled: base.enabled,
    includes: includes === undefined ? base.includes : includes.split(','),
    excludes: excludes === undefined ? base.excludes : excludes.split(','),
  };
}

/** `_source` and its companions of a URL alone (`_doc`, `_source`). */
export function sourceFilterOfUrl(url: UrlParameters): SourceFilter {
  return sourceFilter(url, {});
}

function fieldPatterns(value: unknown, where: string): string[] {
  if (value === undefined) return [];
  const specs = listOf(value);
  if (specs.length > searchLimits.fields)
    throw illegalArgument(`[${where}] may name at most ${searchLimits.fields} fields`);
  return specs.map((spec) => stringOf(isObject(spec) ? objectOf(spec, where)['field'] : spec, where));
}

function trackTotalHits(value: unknown): boolean | number {
  if (typeof value === 'boolean' || value === 'true' || value === 'false') return booleanOf(value, 'track_total_hits');
  const number = numberOf(value, 'track_total_hits');
  return number === -1 ? true : integerOf(number, 'track_total_hits', 0);
}

const UNITS: Readonly<Record<string, number>> = {
  nanos: 1e-6,
  micros: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of a duration as Elasticsearch writes it (`500ms`, `2s`); undefined for -1, which is none. */
function durationMs(value: unknown, where: string): number | undefined {
  const text = stringOf(value, where);
  if (text === '-1') return undefined;
  const [, digits, unit = 'ms'] = /^(\d{1,12})(nanos|micros|ms|s|m|h|d)?$/.exec(text) ?? [];
  if (digits === undefined)
    throw illegalArgument(`failed to parse setting [${where}] with value [${cut(text)}] as a time value`);
  return Math.max(1, Math.ceil(Number(digits) * (UNITS[unit] ?? 1)));
}
