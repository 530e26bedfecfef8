import { parseMultiSearch, runMultiSearch } from '../../search/multi-search.ts';
import { parseCountRequest, parseSearchRequest, type SearchRequest } from '../../search/request.ts';
import { seenBy } from '../../search/seen.ts';
import { type SearchAnswer, SearchService } from '../../search/service.ts';
import type { SearchCatalog } from '../../search/topics.ts';
import type { HttpDeps } from '../deps.ts';
import { badRequest } from '../error.ts';
import type { ParameterDoc, Route, RouteRequest } from '../route.ts';
import { array, integer, JSON_TYPE, object, searchAnswerSchema, searchBodySchema, shardsSchema } from '../schemas.ts';

const TOPIC_PARAMETERS: readonly ParameterDoc[] = [
  { name: 'ignore_unavailable', type: 'boolean', doc: 'Leave out names that no topic has.' },
  {
    name: 'allow_no_indices',
    type: 'boolean',
    doc: 'Answer, with nothing found, when a pattern fits no topic (default true).',
  },
  { name: 'expand_wildcards', type: 'string', doc: 'Taken for compatibility; topics are always open.' },
];
const QUERY_PARAMETERS: readonly ParameterDoc[] = [
  { name: 'q', type: 'string', doc: 'A query in Lucene syntax.' },
  { name: 'df', type: 'string', doc: 'Field for what names none; the default fields otherwise.' },
  { name: 'default_operator', type: 'string', doc: 'OR (default) or AND.' },
  { name: 'lenient', type: 'boolean', doc: 'A value of the wrong form matches nothing instead of being refused.' },
  { name: 'allow_leading_wildcard', type: 'boolean', doc: 'Whether a word may begin with a wildcard (default true).' },
  { name: 'analyze_wildcard', type: 'boolean', doc: 'Taken for compatibility; without effect.' },
  { name: 'preference', type: 'string', doc: 'Taken for compatibility; without effect.' },
  { name: 'routing', type: 'string', doc: 'Taken for compatibility; without effect.' },
];
const SEARCH_PARAMETERS: readonly ParameterDoc[] = [
  { name: 'from', type: 'integer', doc: 'Hits to pass over.' },
  { name: 'size', type: 'integer', doc: 'Hits to show (default 10); from + size is at most 10,000.' },
  { name: 'sort', type: 'string', doc: 'field:asc|desc, comma list; _score, @timestamp, _kafka.offset, _doc.' },
  { name: '_source', type: 'string', doc: 'true, false, or a comma list of fields.' },
  { name: '_source_includes', type: 'string', doc: 'Comma list of fields to show.' },
  { name: '_source_excludes', type: 'string', doc: 'Comma list of fields to leave out.' },
  {
    name: 'track_total_hits',
    type: 'string',
    doc: 'true (default), false, or a number up to which the total is exact.',
  },
  { name: 'track_scores', type: 'boolean', doc: 'Show scores although sorted by something else.' },
  { name: 'rest_total_hits_as_int', type: 'boolean', doc: 'hits.total as a number.' },
  { name: 'timeout', type: 'string', doc: 'Time for the search, for example 500ms.' },
  { name: 'scroll', type: 'string', doc: 'Not served: answered with 400.' },
  { name: 'search_type', type: 'string', doc: 'Taken for compatibility; without effect.' },
  { name: 'request_cache', type: 'boolean', doc: 'Taken for compatibility; without effect.' },
  { name: 'typed_keys', type: 'boolean', doc: 'Taken for compatibility; without effect.' },
  { name: 'allow_partial_search_results', type: 'boolean', doc: 'Taken for compatibility; failures are always shown.' },
  { name: 'batched_reduce_size', type: 'integer', doc: 'Taken for compatibility; without effect.' },
  { name: 'ccs_minimize_roundtrips', type: 'boolean', doc: 'Taken for compatibility; without effect.' },
  { name: 'max_concurrent_shard_requests', type: 'integer', doc: 'Taken for compatibility; without effect.' },
];
const MULTI_PARAMETERS: readonly ParameterDoc[] = [
  { name: 'max_concurrent_searches', type: 'integer', doc: 'Taken for compatibility; without effect.' },
  ...SEARCH_PARAMETERS.filter(({ name }) =>
    [
      'rest_total_hits_as_int',
      'search_type',
      'typed_keys',
      'ccs_minimize_roundtrips',
      'max_concurrent_shard_requests',
    ].includes(name),
  ),
];

const NOT_FOUND = {
  400: 'The query or a parameter is malformed.',
  403: 'A topic was named that may not be read.',
  404: 'No such topic.',
  429: 'The answer is too large.',
};

/** `_search`, `_count` and `_msearch`, over named topics and over all. */
export function searchRoutes(deps: HttpDeps): Route[] {
  const service = new SearchService(deps.search);
  return ['', '/{topic}'].flatMap((prefix) => [
    searchRoute(prefix, service, deps),
    countRoute(prefix, service, deps),
    multiSearchRoute(prefix, service, deps),
  ]);
}

/** The topics whose records the one who asks may read. */
export function readable({ search }: HttpDeps, { may }: Pick<RouteRequest, 'may'>): SearchCatalog {
  return seenBy(search.catalog, (topic) => may('read', 'topic', topic));
}

function searchRoute(prefix: string, service: SearchService, deps: HttpDeps): Route {
  const { clock } = deps;
  return {
    methods: ['GET', 'POST'],
    path: `${prefix}/_search`,
    summary: prefix === '' ? 'Search all topics' : 'Search topics',
    tag: 'search',
    query: [...QUERY_PARAMETERS, ...SEARCH_PARAMETERS, ...TOPIC_PARAMETERS],
    body: { contentType: JSON_TYPE, schema: searchBodySchema },
    answer: { contentType: JSON_TYPE, schema: searchAnswerSchema },
    otherStatuses: NOT_FOUND,
    async handle({ params, query, json, budget, signal, may }) {
      const request = parseSearchRequest(query, json(), clock.now());
      const catalog = readable(deps, { may });
      return { body: await service.search(catalog, params['topic'] ?? '_all', request, budget, signal) };
    },
  };
}

function countRoute(prefix: string, service: SearchService, deps: HttpDeps): Route {
  const { clock } = deps;
  return {
    methods: ['GET', 'POST'],
    path: `${prefix}/_count`,
    summary: prefix === '' ? 'Count matching records of all topics' : 'Count matching records of topics',
    tag: 'search',
    query: [...QUERY_PARAMETERS, ...TOPIC_PARAMETERS],
    body: { contentType: JSON_TYPE, schema: object({ query: { type: 'object' } }) },
    answer: { contentType: JSON_TYPE, schema: object({ count: integer, _shards: shardsSchema }) },
    otherStatuses: NOT_FOUND,
    async handle({ params, query, json, signal, may }) {
      const request = parseCountRequest(query, json(), clock.now());
      const catalog = readable(deps, { may });
      return { body: await service.count(catalog, params['topic'] ?? '_all', request.query, request.topics, signal) };
    },
  };
}

function multiSearchRoute(prefix: string, service: SearchService, deps: HttpDeps): Route {
  const { clock } = deps;
  return {
    methods: ['GET', 'POST'],
    path: `${prefix}/_msearch`,
    summary: 'Several searches in one request: header and body lines in turn',
    tag: 'search',
    query: MULTI_PARAMETERS,
    body: { contentType: 'application/x-ndjson', schema: { type: 'string' }, required: true },
    answer: { contentType: JSON_TYPE, schema: object({ took: integer, responses: array(searchAnswerSchema) }) },
    otherStatuses: { 400: 'The body or a parameter is malformed.' },
    async handle({ params, query, bytes, budget, signal, may }) {
      const started = clock.monotonic();
      if (bytes.length === 0) throw badRequest('_msearch needs a body of header and body lines');
      const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
      const searches = parseMultiSearch(lines, params['topic'] ?? '_all', query);
      const catalog = readable(deps, { may });
      const search = (topics: string, request: SearchRequest): Promise<SearchAnswer> =>
        service.search(catalog, topics, request, budget, signal);
      const responses = await runMultiSearch(searches, search, clock.now());
      return { body: { took: Math.round(clock.monotonic() - started), responses } };
    },
  };
}
