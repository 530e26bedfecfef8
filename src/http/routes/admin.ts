import { indexNotFound } from '../../search/error.ts';
import { integerOf } from '../../search/json.ts';
import type { CatalogTopic, SearchCatalog } from '../../search/topics.ts';
import type { HttpDeps, JsonDocument } from '../deps.ts';
import { badRequest } from '../error.ts';
import type { Reply, Route, RouteRequest } from '../route.ts';
import { anyObject, array, JSON_TYPE, object, text } from '../schemas.ts';
import { topicStats } from '../topic-stats.ts';

const JSON_ANSWER = { contentType: JSON_TYPE, schema: anyObject } as const;
const MAX_PAGE = 1000;

/** Topics, segments, the write-ahead log and the processor, for whoever runs the broker. */
export function adminRoutes(deps: HttpDeps): Route[] {
  return [...topicRoutes(deps), ...storageRoutes(deps), ...processorRoutes(deps)];
}

function knownTopic(catalog: SearchCatalog, name: string): CatalogTopic {
  const topic = catalog.topic(name);
  if (topic === undefined) throw indexNotFound(name.slice(0, 300));
  return topic;
}

function topicRoutes(deps: HttpDeps): Route[] {
  const { catalog } = deps.search;
  function topics(): Reply {
    const all = catalog.topics().map((topic) => {
      const { records, bytes } = topicStats(topic, deps.log);
      return {
        name: topic.name,
        topicId: topic.topicId,
        partitions: topic.partitions,
        search: topic.searchable,
        records,
        bytes,
      };
    });
    return { body: { topics: all } };
  }

  function topic({ params, may }: RouteRequest): Reply {
    const found = knownTopic(catalog, params['topic'] ?? '');
    const { partitions, records, bytes } = topicStats(found, deps.log);
    const seen = may('describe-configs', 'topic', found.name) ? deps.topicConfigs.configs(found.name) : undefined;
    const indexed = partitions.map((stats) => ({
      ...stats,
      indexedUpTo: deps.search.searcher.indexedUpTo(found.topicId, stats.partition),
    }));
    return {
      body: {
        name: found.name,
        topicId: found.topicId,
        search: found.searchable,
        records,
        bytes,
        configs: seen ?? {},
        partitions: indexed,
      },
    };
  }

  return [
    {
      methods: ['GET'],
      path: '/admin/topics',
      summary: 'Topics with counts and sizes',
      tag: 'admin',
      needs: 'describe',
      answer: { contentType: JSON_TYPE, schema: object({ topics: array(anyObject) }) },
      handle: topics,
    },
    {
      methods: ['GET'],
      path: '/admin/topics/{topic}',
      summary: 'A topic with its configs and the offsets of its partitions',
      tag: 'admin',
      needs: 'describe',
      answer: JSON_ANSWER,
      otherStatuses: { 404: 'No such topic.' },
      handle: topic,
    },
  ];
}

function storageRoutes(deps: HttpDeps): Route[] {
  async function segments({ query }: RouteRequest): Promise<Reply> {
    const kind = query.get('kind') ?? 'text';
    if (kind !== 'text' && kind !== 'pack')
      throw badRequest(`[kind] must be text or pack, but is '${kind.slice(0, 50)}'`);
    const named = query.get('topic');
    const after = query.get('after');
    const listing = {
      kind,
      limit: integerOf(query.get('limit') ?? 100, 'limit', 1, MAX_PAGE),
      ...(named !== undefined && { topicId: knownTopic(deps.search.catalog, named).topicId }),
      ...(after !== undefined && { after }),
    } as const;
    try {
      return { body: await deps.segments.list(listing) };
    } catch (error) {
      if (error instanceof RangeError) throw badRequest(`[after]: ${error.message}`);
      throw error;
    }
  }

  return [
    {
      methods: ['GET'],
      path: '/admin/segments',
      summary: 'Registered segments, a page at a time',
      tag: 'admin',
      needs: 'describe',
      query: [
        { name: 'kind', type: 'string', doc: 'text (default) or pack.' },
        { name: 'topic', type: 'string', doc: 'Only of this topic.' },
        { name: 'limit', type: 'integer', doc: `Segments to show (default 100, at most ${MAX_PAGE}).` },
        { name: 'after', type: 'string', doc: 'The `next` of the page before.' },
      ],
      answer: { contentType: JSON_TYPE, schema: object({ segments: array(anyObject), next: text }) },
      otherStatuses: { 404: 'No such topic.' },
      handle: segments,
    },
    {
      methods: ['GET'],
      path: '/admin/wal',
      summary: 'Segments and sizes of the write-ahead log',
      tag: 'admin',
      needs: 'describe',
      answer: JSON_ANSWER,
      handle: async () => ({ body: await deps.wal.status() }),
    },
  ];
}

function processorRoutes({ processor }: HttpDeps): Route[] {
  const change = (name: string, summary: string, act: () => Promise<JsonDocument>): Route => ({
    methods: ['POST'],
    path: `/admin/processor/${name}`,
    summary,
    tag: 'admin',
    needs: 'alter',
    changes: true,
    answer: JSON_ANSWER,
    otherStatuses: { 403: 'No right to alter the cluster, or a web page of another origin asked.' },
    handle: async () => ({ body: await act() }),
  });
  return [
    {
      methods: ['GET'],
      path: '/admin/processor',
      summary: 'What the background processor does and has done',
      tag: 'admin',
      needs: 'describe',
      answer: JSON_ANSWER,
      handle: async () => ({ body: await processor.status() }),
    },
    change('pause', 'Pause the processor after what it is doing', () => processor.pause()),
    change('resume', 'Let the processor go on', () => processor.resume()),
    change('run', 'Run once now over all that is ready; answers when done', () => processor.run()),
  ];
}
