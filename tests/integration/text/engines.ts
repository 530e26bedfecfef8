import {
  type BatchOptions,
  buildBatch,
  buildMarker,
  type MarkerType,
  type RecordInput,
} from '../../../protocol/records/index.ts';
import { codecs } from '../../../src/base/compression.ts';
import { crc32c } from '../../../src/base/crc32c.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { type BrokerOptions, type Engines, Opened, openEngines, partsOf } from '../../../src/broker/engines.ts';
import type { PartitionLog } from '../../../src/log/types.ts';
import { textSegmentRegistry } from '../../../src/metadata/registry.ts';
import { AnswerBudget } from '../../../src/search/answer-budget.ts';
import { ByteBudget } from '../../../src/search/byte-budget.ts';
import { searchCatalog } from '../../../src/search/catalog.ts';
import { registeredSegments } from '../../../src/search/registered-segments.ts';
import { parseSearchRequest } from '../../../src/search/request.ts';
import { SearchService } from '../../../src/search/service.ts';

const BUDGET = 64 * 1024 * 1024;

/** A record with a key and a text. */
export function record(key: string | null, value: string | null, timestamp = 1000): RecordInput {
  return {
    timestamp,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
  };
}

/** A batch as the log takes it. */
export function batch(records: readonly RecordInput[], options: Partial<BatchOptions> = {}): Uint8Array {
  return buildBatch({ baseOffset: 0, partitionLeaderEpoch: -1, ...options }, records, codecs, crc32c);
}

/** The end of a transaction, as the log takes it. */
export function marker(producerId: number, type: MarkerType, timestamp = 1000): Uint8Array {
  const options = { baseOffset: 0, timestamp, producerId, producerEpoch: 0 };
  return buildMarker(options, { type, coordinatorEpoch: 1 }, codecs, crc32c);
}

/** Log, processor and search of a broker without its front doors: what transactions write can be written as it is. */
export class EngineWorld {
  readonly engines: Engines;
  readonly #search: SearchService;
  readonly #opened: Opened;

  private constructor(engines: Engines, search: SearchService, opened: Opened) {
    this.engines = engines;
    this.#search = search;
    this.#opened = opened;
  }

  static async open(options: BrokerOptions): Promise<EngineWorld> {
    const parts = partsOf(options);
    const opened = new Opened();
    const engines = await openEngines(parts, opened);
    const { storage, topics, processing } = engines;
    const search = new SearchService({
      catalog: searchCatalog(topics.catalog),
      log: topics.log,
      segments: registeredSegments(textSegmentRegistry(storage.sql)),
      searcher: processing.text,
      codecs,
      clock: parts.clock,
      metrics: createMetrics(),
      settings: { maxWaitMs: 10_000, timeoutMs: 20_000, maxBatchBytes: 1024 * 1024 },
    });
    processing.start();
    return new EngineWorld(engines, search, opened);
  }

  partition(topic: string, partition = 0): PartitionLog {
    const found = this.engines.topics.log.partition(topic, partition);
    if (found === undefined) throw new Error(`there is no ${topic}-${partition}`);
    return found;
  }

  /** What is found by words of the query syntax: an exact number of records, and the offsets of the first hits. */
  async find(topic: string, words: string): Promise<{ count: number; offsets: number[] }> {
    const url = new Map([
      ['q', words],
      ['size', '1000'],
    ]);
    const catalog = searchCatalog(this.engines.topics.catalog);
    const budget = new AnswerBudget(BUDGET, new ByteBudget(BUDGET));
    const request = parseSearchRequest(url, undefined, 0);
    // Hits whose records are gone are left out of an answer: what is counted alone comes from the index.
    const { count, relation } = await this.#search.count(catalog, topic, request.query, request.topics);
    const { hits } = await this.#search.search(catalog, topic, request, budget);
    if (relation !== 'eq') throw new Error(`the total for ${words} is a lower bound`);
    const offsets = hits.hits.map(({ _id }) => Number(_id.split(':')[1]));
    return { count, offsets: offsets.sort((a, b) => a - b) };
  }

  close(): Promise<void> {
    return this.#opened.close();
  }
}
