import type { CounterHandle, HistogramHandle } from '../base/metrics.ts';
import { EXPIRES_FIELD } from '../fulltext/live-index.ts';
import type { Query, TextSearch, TextSearchResult, VisibleRange } from '../fulltext/query.ts';
import { ruleText } from '../log/record-expiry.ts';
import type { TextSegmentRow } from '../metadata/types.ts';
import { type ErrorBody, illegalArgument, SearchError } from './error.ts';
import { waitUntilIndexed } from './freshness.ts';
import { type RenderedHit, renderHits } from './hits.ts';
import { searchLimits } from './limits.ts';
import type { SearchPorts } from './ports.ts';
import type { AnswerBudget } from './answer-budget.ts';
import { doubtfulRanges } from './doubtful.ts';
import { isScored, type SearchRequest } from './request.ts';
import { type CatalogTopic, resolveTopics, type SearchCatalog, type TopicOptions } from './topics.ts';

export interface ShardsSummary {
  readonly total: number;
  readonly successful: number;
  readonly skipped: number;
  readonly failed: number;
  readonly failures?: readonly object[];
}

/** Elasticsearch's answer to a search. */
export interface SearchAnswer {
  /** Milliseconds. */
  readonly took: number;
  readonly timed_out: boolean;
  readonly _shards: ShardsSummary;
  readonly hits: {
    /** `gte` where something could not be looked at: the value is a lower bound. */
    readonly total?: { readonly value: number; readonly relation: 'eq' | 'gte' } | number;
    readonly max_score: number | null;
    readonly hits: readonly RenderedHit[];
  };
}

export interface CountAnswer {
  readonly count: number;
  /** `gte` where `count` is a lower bound only. */
  readonly relation: 'eq' | 'gte';
  readonly _shards: ShardsSummary;
}

/** One answer of an `_msearch`. */
export type SearchOutcome = (SearchAnswer & { readonly status: number }) | ErrorBody;

/** What was found, before any record is fetched. */
interface Found {
  readonly topics: readonly CatalogTopic[];
  readonly partitions: number;
  readonly result: TextSearchResult;
  readonly exact: boolean;
}

interface Wanted {
  readonly query: Query;
  readonly sort: TextSearch['sort'];
  readonly limit: number;
  readonly timeoutMs: number;
}

/** Searches topics: the visible offsets of each partition, over sealed and live text indexes, and the records from the log. */
export class SearchService {
  readonly #ports: SearchPorts;
  readonly #duration: HistogramHandle;
  readonly #partial: CounterHandle;

  constructor(ports: SearchPorts) {
    this.#ports = ports;
    const { metrics } = ports;
    this.#duration = metrics.histogram(
      'quarry_search_duration_seconds',
      'Time that a search took, fetching its records included.',
    );
    this.#partial = metrics.counter('quarry_search_partial_total', 'Searches that could not look at everything.');
  }

  /**
   * One search. Rejects with SearchError: 404 for unknown topics, 400 for topics without an index, 429 for too large an answer.
   * An aborted `signal` ends it early. What the records take is taken from `budget`, which the caller releases.
   */
  async search(
    catalog: SearchCatalog,
    expression: string,
    request: SearchRequest,
    budget: AnswerBudget,
    signal?: AbortSignal,
  ): Promise<SearchAnswer> {
    const started = this.#ports.clock.monotonic();
    const topics = this.#searchable(catalog, expression, request.topics);
    const found = await this.#find(topics, wantedBy(request, this.#ports.settings.timeoutMs), signal);
    const page = found.result.hits.slice(request.from, request.from + request.size);
    const hits = await renderHits(page, found.topics, request, this.#ports, budget);
    const gone = page.length - hits.length;
    const took = this.#ports.clock.monotonic() - started;
    this.#duration.observe(took / 1000);
    const scored = isScored(request);
    const total = totalOf(Math.max(hits.length, found.result.total - gone), found.exact, request);
    return {
      took: Math.round(took),
      timed_out: found.result.timedOut,
      _shards: shardsOf(found),
      hits: { ...(total !== undefined && { total }), max_score: scored ? found.result.maxScore : null, hits },
    };
  }

  /** How many records match. Rejects as `search` does. */
  async count(
    catalog: SearchCatalog,
    expression: string,
    query: Query,
    options: TopicOptions,
    signal?: AbortSignal,
  ): Promise<CountAnswer> {
    const topics = this.#searchable(catalog, expression, options);
    const wanted = { query, sort: [], limit: 0, timeoutMs: this.#ports.settings.timeoutMs };
    const found = await this.#find(topics, wanted, signal);
    return { count: found.result.total, relation: found.exact ? 'eq' : 'gte', _shards: shardsOf(found) };
  }

  async #find(topics: readonly CatalogTopic[], wanted: Wanted, signal: AbortSignal | undefined): Promise<Found> {
    const { searcher, clock, settings, segments } = this.#ports;
    // Of the many searches of one request those that have not begun need not.
    if (signal?.aborted === true)
      throw new SearchError('timeout_exception', 'nobody waits for the answer any more', 504);
    const ranges = this.#visibleRanges(topics);
    const waitMs = Math.min(settings.maxWaitMs, wanted.timeoutMs);
    const lagging = await waitUntilIndexed(searcher, ranges, clock, waitMs, signal);
    const sealed = ranges.length === 0 ? [] : await segments.textSegments(topics.map(({ topicId }) => topicId));
    const query = this.#counting(wanted.query, topics);
    const request = { ...wanted, query, ranges, segments: within(sealed, ranges) };
    const all = await this.#run(request, signal);
    const doubtful = await this.#doubtful(request, topics, signal);
    const result = { ...all, total: Math.max(0, all.total - doubtful) };
    const exact = result.exact && lagging.length === 0 && doubtful === 0;
    if (!exact) this.#partial.inc();
    return { topics, partitions: topics.reduce((sum, topic) => sum + topic.partitions, 0), result, exact };
  }

  /** The query, less what no longer counts by what it says of itself. */
  #counting(query: Query, topics: readonly CatalogTopic[]): Query {
    const { log, clock } = this.#ports;
    if (topics.every(({ name }) => log.partition(name, 0)?.expiry === undefined)) return query;
    const expired: Query = { kind: 'range', field: EXPIRES_FIELD, lte: clock.now() };
    return { kind: 'bool', must: [query], should: [], mustNot: [expired], filter: [] };
  }

  /**
   * How many of the records that match are in indexes which do not know until when they count, because the topic's rule is younger: they are made
   * anew in time. What of them is shown is looked at record by record; a total does without them.
   */
  async #doubtful(
    request: TextSearch,
    topics: readonly CatalogTopic[],
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const rules = new Map(
      topics.map(({ topicId, name }) => [topicId, ruleText(this.#ports.log.partition(name, 0)?.expiry)]),
    );
    const ranges = doubtfulRanges(request.segments, request.ranges, rules);
    return ranges.length === 0 ? 0 : (await this.#run({ ...request, limit: 0, sort: [], ranges }, signal)).total;
  }

  async #run(request: TextSearch, signal: AbortSignal | undefined): Promise<TextSearchResult> {
    try {
      return await this.#ports.searcher.search(request, signal);
    } catch (error) {
      // By its name: it may come from another thread.
      if (error instanceof Error && error.name === 'QueryRejected')
        throw new SearchError('query_shard_exception', `failed to create query: ${error.message}`);
      throw error;
    }
  }

  /** The topics meant; a pattern passes over those without an index, a plain name does not. */
  #searchable(catalog: SearchCatalog, expression: string, options: TopicOptions): CatalogTopic[] {
    const topics = resolveTopics(expression, catalog, options);
    const plain = new Set(expression.split(',').map((part) => part.trim()));
    const refused = topics.find(({ name, searchable }) => !searchable && plain.has(name));
    if (refused !== undefined) {
      throw illegalArgument(`topic [${refused.name}] is not indexed for search: its setting quarry.search is false`);
    }
    const searchable = topics.filter((topic) => topic.searchable);
    if (searchable.reduce((sum, topic) => sum + topic.partitions, 0) > searchLimits.partitions) {
      throw illegalArgument(`a search may look at most at ${searchLimits.partitions} partitions; name fewer topics`);
    }
    return searchable;
  }

  /** What a reader may see now: from the log start to the last stable offset. */
  #visibleRanges(topics: readonly CatalogTopic[]): VisibleRange[] {
    const ranges: VisibleRange[] = [];
    for (const { name, topicId, partitions } of topics) {
      for (let partition = 0; partition < partitions; partition++) {
        const log = this.#ports.log.partition(name, partition);
        if (log === undefined || log.lastStableOffset <= log.logStartOffset) continue;
        ranges.push({ topicId, partition, from: log.logStartOffset, to: log.lastStableOffset });
      }
    }
    return ranges;
  }
}

function wantedBy(request: SearchRequest, timeoutMs: number): Wanted {
  return {
    query: request.query,
    sort: sortKeys(request),
    limit: request.size === 0 ? 0 : request.from + request.size,
    timeoutMs: Math.min(request.timeoutMs ?? timeoutMs, timeoutMs),
  };
}

const BY_SCORE = { by: 'score', descending: true } as const;

/** Scores are worked out only where something is sorted by them. */
function sortKeys({ sort, trackScores }: SearchRequest): TextSearch['sort'] {
  const keys = sort.map(({ key }) => key);
  return isScored({ sort, trackScores }) && !keys.some(({ by }) => by === 'score') ? [...keys, BY_SCORE] : keys;
}

/** The segments that hold something of `ranges`. */
function within(rows: readonly TextSegmentRow[], ranges: readonly VisibleRange[]): TextSegmentRow[] {
  const byPartition = new Map(ranges.map((range) => [`${range.topicId}/${range.partition}`, range]));
  return rows.filter((row) => {
    const range = byPartition.get(`${row.topicId}/${row.partition}`);
    return range !== undefined && row.lastOffset >= range.from && row.baseOffset < range.to;
  });
}

type Total = SearchAnswer['hits']['total'];

function totalOf(value: number, exact: boolean, { trackTotalHits, totalAsInteger }: SearchRequest): Total {
  if (trackTotalHits === false) return undefined;
  if (totalAsInteger) return value;
  if (typeof trackTotalHits === 'number' && value > trackTotalHits) return { value: trackTotalHits, relation: 'gte' };
  return { value, relation: exact ? 'eq' : 'gte' };
}

function shardsOf({ partitions, result }: Found): ShardsSummary {
  const failed = Math.min(result.failures.length, partitions);
  const summary = { total: partitions, successful: partitions - failed, skipped: 0, failed };
  if (failed === 0) return summary;
  const failures = result.failures.slice(0, 100).map(({ objectKey, reason }) => ({
    shard: 0,
    index: objectKey,
    reason: { type: 'unavailable_exception', reason },
  }));
  return { ...summary, failures };
}
