import type { DocumentSource } from '../fulltext/document.ts';
import type { TextHit } from '../fulltext/query.ts';
import type { SearchPorts } from './ports.ts';
import type { AnswerBudget } from './answer-budget.ts';
import { readDocuments } from './records.ts';
import { isScored, type SearchRequest } from './request.ts';
import { sortValue } from './sort.ts';
import { fieldValues, filterSource } from './source-filter.ts';
import type { CatalogTopic } from './topics.ts';

/** A hit as an answer shows it. */
export interface RenderedHit {
  readonly _index: string;
  readonly _id: string;
  readonly _score: number | null;
  readonly _source?: Readonly<Record<string, unknown>>;
  readonly fields?: Readonly<Record<string, readonly unknown[]>>;
  readonly sort?: readonly (string | number)[];
}

/** Partitions that are read at once. */
const PARALLEL = 8;
/** Milliseconds of rendering between two turns of other work: the thread is that of the whole broker. */
const SLICE_MS = 8;

/**
 * Fetches the records of `hits` from the log and renders them, in the hits' order. A record that was deleted since the search is left
 * out. Without `_source` and `fields` nothing is fetched, unless a record may have expired whose index does not know of it.
 */
export async function renderHits(
  hits: readonly TextHit[],
  topics: readonly CatalogTopic[],
  request: SearchRequest,
  ports: SearchPorts,
  budget: AnswerBudget,
): Promise<RenderedHit[]> {
  const names = new Map(topics.map(({ topicId, name }) => [topicId, name]));
  const mayExpire = topics.some(({ name }) => ports.log.partition(name, 0)?.expiry !== undefined);
  const needsRecords = request.source.enabled || request.fields.length > 0 || mayExpire;
  const documents = needsRecords ? await fetchDocuments(hits, names, ports, budget) : undefined;
  const rendered: RenderedHit[] = [];
  let sliceEnd = ports.clock.monotonic() + SLICE_MS;
  for (const hit of hits) {
    if (ports.clock.monotonic() >= sliceEnd) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      // Throws where nobody waits for the answer any more.
      budget.take(0);
      sliceEnd = ports.clock.monotonic() + SLICE_MS;
    }
    const document = documents?.get(partitionKey(hit))?.get(hit.offset);
    if (documents !== undefined && document === undefined) continue;
    rendered.push(renderHit(hit, names.get(hit.topicId) ?? hit.topicId, document, request));
  }
  return rendered;
}

function partitionKey(hit: TextHit): string {
  return `${hit.topicId}/${hit.partition}`;
}

async function fetchDocuments(
  hits: readonly TextHit[],
  names: ReadonlyMap<string, string>,
  ports: SearchPorts,
  budget: AnswerBudget,
): Promise<Map<string, Map<number, DocumentSource>>> {
  const byPartition = Map.groupBy(hits, partitionKey);
  const found = new Map<string, Map<number, DocumentSource>>();
  const waiting = [...byPartition];
  const worker = async (): Promise<void> => {
    for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
      const [key, group] = entry;
      const { topicId, partition } = group[0]!;
      const log = ports.log.partition(names.get(topicId) ?? '', partition);
      if (log === undefined || log.topicId !== topicId) continue;
      const offsets = group.map(({ offset }) => offset).sort((a, b) => a - b);
      found.set(key, await readDocuments(log, offsets, ports, budget));
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, waiting.length) }, worker));
  return found;
}

function renderHit(
  hit: TextHit,
  topic: string,
  document: DocumentSource | undefined,
  request: SearchRequest,
): RenderedHit {
  return {
    _index: topic,
    _id: `${hit.partition}:${hit.offset}`,
    _score: isScored(request) ? hit.score : null,
    ...(document !== undefined && request.source.enabled && { _source: filterSource(document, request.source) }),
    ...(document !== undefined && request.fields.length > 0 && { fields: fieldValues(document, request.fields) }),
    ...(request.sort.length > 0 && { sort: request.sort.map((sort) => sortValue(hit, sort)) }),
  };
}
