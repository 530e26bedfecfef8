import { type JsonObject, listOf, objectOf, stringOf } from '../../search/json.ts';
import { type CatalogTopic, fits, resolveTopics } from '../../search/topics.ts';
import { urlFlag } from '../../search/request.ts';
import { type FieldInfo, type FieldType, sampledFields } from '../../search/sampled-fields.ts';
import type { HttpDeps } from '../deps.ts';
import { badRequest } from '../error.ts';
import { fieldCapabilities, mappingOf } from '../mapping.ts';
import type { ParameterDoc, Reply, Route, RouteRequest } from '../route.ts';
import { readable } from './search.ts';
import { anyObject, array, JSON_TYPE, object, text } from '../schemas.ts';

const PARAMETERS: readonly ParameterDoc[] = [
  { name: 'ignore_unavailable', type: 'boolean', doc: 'Leave out names that no topic has.' },
  { name: 'allow_no_indices', type: 'boolean', doc: 'Whether a pattern may fit nothing (default true).' },
  { name: 'expand_wildcards', type: 'string', doc: 'Taken for compatibility; without effect.' },
];

/** What topics are, in Elasticsearch's words: existence, mappings, fields. */
export function topicRoutes(deps: HttpDeps): Route[] {
  return [
    ...mappingRoutes(deps),
    ...['/_field_caps', '/{topic}/_field_caps'].map((path) => capabilityRoute(path, deps)),
  ];
}

const COMMON = {
  tag: 'cluster',
  answer: { contentType: JSON_TYPE, schema: anyObject },
  query: PARAMETERS,
  otherStatuses: { 403: 'The topic may not be read.', 404: 'No such topic.' },
} as const;

/** Fields are read from records: only of topics that may be read. */
function resolve({ params, query, may }: RouteRequest, deps: HttpDeps): readonly CatalogTopic[] {
  return resolveTopics(params['topic'] ?? '_all', readable(deps, { may }), {
    ignoreUnavailable: urlFlag(query, 'ignore_unavailable') ?? false,
    allowNoIndices: urlFlag(query, 'allow_no_indices') ?? true,
  });
}

/** Topics that one request for fields may look into. */
const MAX_TOPICS = 200;
/** What a field takes in an answer beside its name. */
const FIELD_BYTES = 200;

async function fieldsOf(
  topics: readonly CatalogTopic[],
  { search }: HttpDeps,
  { budget }: RouteRequest,
): Promise<readonly FieldInfo[]> {
  const types = new Map<string, Set<FieldType>>();
  for (const topic of topics.slice(0, MAX_TOPICS)) {
    const sampled = await sampledFields(topic, search);
    // Throws when it becomes too much, and when nobody waits for it any more.
    budget.take(sampled.reduce((bytes, { name }) => bytes + name.length + FIELD_BYTES, 0));
    for (const field of sampled) {
      const known = types.get(field.name) ?? new Set();
      for (const type of field.types) known.add(type);
      types.set(field.name, known);
    }
  }
  return [...types].map(([name, found]) => ({ name, types: [...found] }));
}

function mappingRoutes(deps: HttpDeps): Route[] {
  async function describe(topic: CatalogTopic, request: RouteRequest): Promise<object> {
    const index = { number_of_shards: String(topic.partitions), number_of_replicas: '0', uuid: topic.topicId };
    const settings = { index: { ...index, provided_name: topic.name } };
    return { aliases: {}, mappings: mappingOf(await fieldsOf([topic], deps, request)), settings };
  }

  async function each(
    request: RouteRequest,
    show: (topic: CatalogTopic, request: RouteRequest) => Promise<object>,
  ): Promise<Reply> {
    const shown: [string, object][] = [];
    for (const topic of resolve(request, deps)) shown.push([topic.name, await show(topic, request)]);
    return { body: Object.fromEntries(shown) };
  }

  const mapping = (request: RouteRequest): Promise<Reply> =>
    each(request, async (topic) => ({ mappings: mappingOf(await fieldsOf([topic], deps, request)) }));
  return [
    {
      ...COMMON,
      methods: ['GET'],
      path: '/{topic}',
      summary: 'Topics with mappings and settings; HEAD asks whether they exist',
      handle: (request) => each(request, describe),
    },
    { ...COMMON, methods: ['GET'], path: '/{topic}/_mapping', summary: 'Fields of topics', handle: mapping },
    { ...COMMON, methods: ['GET'], path: '/_mapping', summary: 'Fields of all topics', handle: mapping },
  ];
}

function capabilityRoute(path: string, deps: HttpDeps): Route {
  return {
    ...COMMON,
    methods: ['GET', 'POST'],
    path,
    summary: 'What each field can be used for',
    query: [
      ...PARAMETERS,
      { name: 'fields', type: 'string', doc: 'Comma list of names, `*` allowed.' },
      { name: 'include_unmapped', type: 'boolean', doc: 'Taken for compatibility; without effect.' },
      { name: 'filters', type: 'string', doc: 'Taken for compatibility; without effect.' },
    ],
    body: { contentType: JSON_TYPE, schema: object({ fields: {} }) },
    answer: { contentType: JSON_TYPE, schema: object({ indices: array(text), fields: anyObject }) },
    async handle(request) {
      const patterns = fieldPatterns(request);
      const topics = resolve(request, deps);
      const wanted = (name: string): boolean => patterns.some((pattern) => fits(name, pattern));
      const fields = fieldCapabilities(await fieldsOf(topics, deps, request), wanted);
      return { body: { indices: topics.map(({ name }) => name), fields } };
    },
  };
}

function fieldPatterns(request: RouteRequest): readonly string[] {
  const value = request.json();
  const body: JsonObject = value === undefined ? {} : objectOf(value, 'body');
  const named = request.query.get('fields')?.split(',') ?? body['fields'];
  if (named === undefined) throw badRequest('_field_caps needs [fields]: a comma list of names, * for all');
  const patterns = listOf(named).map((one) => stringOf(one, 'fields'));
  if (patterns.length > 1000) throw badRequest('[fields] takes at most 1000 names');
  return patterns;
}
