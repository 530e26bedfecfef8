import { seenBy } from '../../search/seen.ts';
import { DEFAULT_TOPIC_OPTIONS, resolveTopics, type CatalogTopic } from '../../search/topics.ts';
import { urlFlag } from '../../search/request.ts';
import {
  bytesText,
  type CatColumn,
  chosenColumns,
  columnHelp,
  sortedRows,
  tableJson,
  tableText,
} from '../cat-table.ts';
import type { HttpDeps } from '../deps.ts';
import { overall } from './health.ts';
import type { ParameterDoc, Reply, Route, RouteRequest } from '../route.ts';
import { anyObject, array, JSON_TYPE } from '../schemas.ts';
import { type TopicStats, topicStats } from '../topic-stats.ts';

const PARAMETERS: readonly ParameterDoc[] = [
  { name: 'format', type: 'string', doc: 'text or json; as the Accept header says without it, text by default.' },
  { name: 'v', type: 'boolean', doc: 'Show the names of the columns.' },
  { name: 'h', type: 'string', doc: 'Comma list of columns.' },
  { name: 's', type: 'string', doc: 'Comma list of columns to sort by; column:desc.' },
  { name: 'bytes', type: 'string', doc: 'Unit of sizes: b, kb, mb, gb, tb, pb.' },
  { name: 'help', type: 'boolean', doc: 'List the columns.' },
  { name: 'expand_wildcards', type: 'string', doc: 'Taken for compatibility; without effect.' },
  { name: 'health', type: 'string', doc: 'Only topics of this health.' },
];

interface Row {
  readonly topic: CatalogTopic;
  readonly stats: TopicStats;
  readonly health: string;
}

function columnsFor(unit: string | undefined): readonly CatColumn<Row>[] {
  const number = (name: string, aliases: string[], doc: string, of: (row: Row) => number): CatColumn<Row> => ({
    name,
    aliases,
    doc,
    shown: true,
    right: true,
    value: (row) => String(of(row)),
    order: of,
  });
  const size = (name: string, aliases: string[], doc: string): CatColumn<Row> => ({
    ...number(name, aliases, doc, ({ stats }) => stats.bytes),
    value: ({ stats }) => bytesText(stats.bytes, unit),
  });
  return [
    { name: 'health', aliases: [], doc: 'current health', shown: true, value: ({ health }) => health },
    { name: 'status', aliases: [], doc: 'always open', shown: true, value: () => 'open' },
    { name: 'index', aliases: ['i', 'idx'], doc: 'topic', shown: true, value: ({ topic }) => topic.name },
    { name: 'uuid', aliases: ['id'], doc: 'topic id', shown: true, value: ({ topic }) => topic.topicId },
    number('pri', ['p', 'shards.primary'], 'partitions', ({ topic }) => topic.partitions),
    number('rep', ['r', 'shards.replica'], 'always 0', () => 0),
    number(
      'docs.count',
      ['dc', 'docsCount'],
      'offsets from log start to last stable offset',
      ({ stats }) => stats.records,
    ),
    number('docs.deleted', ['dd', 'docsDeleted'], 'always 0', () => 0),
    size('store.size', ['ss', 'storeSize'], 'bytes of the topic in log and packs'),
    size('pri.store.size', [], 'the same'),
    {
      name: 'search',
      aliases: [],
      doc: 'whether the topic is indexed',
      shown: false,
      value: ({ topic }) => String(topic.searchable),
    },
  ];
}

/** What a client has to ask for first to be given JSON, and not the text for people. */
const JSON_FIRST = /^application\/(?:json|vnd\.elasticsearch\+json|(?:x-|vnd\.)?msgpack)\b/i;

function wantsJson(query: RouteRequest['query'], headers: RouteRequest['headers']): boolean {
  const format = query.get('format');
  return format === undefined ? JSON_FIRST.test(String(headers['accept'] ?? '')) : format === 'json';
}

/** `_cat/indices`: the topics as a table. */
export function catRoutes(deps: HttpDeps): Route[] {
  const { catalog } = deps.search;

  async function indices({ params, query, headers, may }: RouteRequest): Promise<Reply> {
    const columns = columnsFor(query.get('bytes'));
    if (urlFlag(query, 'help') === true) return plain(columnHelp(columns));
    const parts = await deps.health.parts();
    const health = HEALTH_COLOUR[overall(parts)];
    const wanted = query.get('health');
    const seen = seenBy(catalog, (topic) => may('describe', 'topic', topic));
    const rows = resolveTopics(params['topic'] ?? '_all', seen, DEFAULT_TOPIC_OPTIONS)
      .map((topic) => ({ topic, stats: topicStats(topic, deps.log), health }))
      .filter((row) => wanted === undefined || row.health === wanted);
    const chosen = chosenColumns(columns, query.get('h'));
    const sorted = sortedRows(rows, columns, query.get('s'));
    if (wantsJson(query, headers)) return { body: tableJson(sorted, chosen) };
    return plain(tableText(sorted, chosen, urlFlag(query, 'v') ?? false));
  }

  return ['/_cat/indices', '/_cat/indices/{topic}'].map((path) => ({
    methods: ['GET'],
    path,
    summary: 'Topics as a table',
    tag: 'cluster',
    query: PARAMETERS,
    answer: { contentType: JSON_TYPE, schema: array(anyObject) },
    otherStatuses: { 403: 'The topic may not be described.', 404: 'No such topic.' },
    handle: indices,
  })) satisfies Route[];
}

/** Elasticsearch's colours for the health of the whole. */
export const HEALTH_COLOUR = { ok: 'green', degraded: 'yellow', failing: 'red' } as const;

function plain(text: string): Reply {
  return { text, contentType: 'text/plain; charset=UTF-8' };
}
