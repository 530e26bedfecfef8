import type { KeyDeletionRow } from '../../../src/metadata/key-deletions.ts';
import { codecs } from '../../../src/base/compression.ts';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { crc32c } from '../../../src/base/crc32c.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { HttpAccess } from '../../../src/http/access.ts';
import { PasswordCheck } from '../../../src/security/password-check.ts';
import { ScramUsers } from '../../../src/security/scram-users.ts';
import type { TextHit, TextSearch, TextSearcher, TextSearchResult } from '../../../src/fulltext/query.ts';
import type { ExpiryRule } from '../../../src/log/record-expiry.ts';
import { LogError, type PartitionLog, type ReadResult } from '../../../src/log/types.ts';
import type { HealthPart, HttpDeps } from '../../../src/http/deps.ts';
import { HttpFront, type HttpFrontOptions } from '../../../src/http/front.ts';
import type { HttpLimits } from '../../../src/http/server.ts';
import { SqlService, type SqlSettings } from '../../../src/sql/service.ts';
import { type CommitContext, DEFAULT_RETRY, MemoryCatalog, warehouseAt } from '../../../src/lake/index.ts';
import { memoryStore } from '../../../src/objects/memory.ts';
import { Scheduler } from '../../../src/processor/jobs/scheduler.ts';
import { type Authorizer, everybodyMay } from '../../../src/security/authorizer.ts';
import type { CatalogTopic } from '../../../src/search/topics.ts';
import { type BatchOptions, buildBatch, type RecordInput } from '../../../protocol/records/index.ts';

interface StoredBatch {
  readonly base: number;
  readonly last: number;
  readonly bytes: Uint8Array;
}

/** One kind of job, which works for every key but `bad`. */
function jobsOf(clock: Clock): Scheduler {
  const parts = { random: seededRandom(3), logger: silentLogger, metrics: createMetrics(), maxRunning: 2 };
  const jobs = new Scheduler({ clock, ...parts });
  jobs.define({
    name: 'sorting',
    summary: 'Sorts things.',
    area: 'system',
    priority: 1,
    concurrency: 1,
    retry: { baseMs: 1e6, maxMs: 1e6, factor: 1 },
    quarantineAfter: 3,
    async run(key) {
      if (key === 'bad') throw new Error('there is no order in it');
    },
  });
  return jobs;
}

/** An empty catalog and warehouse, in memory. */
function lakeOf(clock: Clock): CommitContext {
  const catalog = new MemoryCatalog();
  void catalog.createNamespace(['topics']);
  const warehouse = warehouseAt('memory://quarry', memoryStore(clock));
  return { catalog, warehouse, clock, random: seededRandom(4), retry: DEFAULT_RETRY };
}

/** A partition whose batches are in memory: what a search reads of the log. */
const KEY_DELETION: KeyDeletionRow = {
  deletionId: '0:0',
  topicId: 'id',
  topic: 'logs',
  keyDigest: '00',
  key: undefined,
  ends: [3],
  principal: 'User:ANONYMOUS',
  host: '127.0.0.1',
  requested: 1,
  finished: 2,
  outcome: 'deleted',
  records: 1,
  tableRows: 0,
};

export class MemoryPartition {
  readonly batches: StoredBatch[] = [];
  logStartOffset = 0;
  logEndOffset = 0;
  lastStableOffset = 0;
  aborted: { producerId: number; firstOffset: number; lastOffset: number }[] = [];
  expiry: ExpiryRule | undefined;
  reads = 0;

  append(records: readonly RecordInput[], options: Partial<BatchOptions> = {}): void {
    const base = this.logEndOffset;
    const bytes = buildBatch({ baseOffset: base, ...options }, records, codecs, crc32c);
    const last = base + records.length - 1;
    this.batches.push({ base, last, bytes });
    this.logEndOffset = last + 1;
    this.lastStableOffset = last + 1;
  }

  read(offset: number): Promise<ReadResult> {
    this.reads++;
    if (offset < this.logStartOffset || offset > this.logEndOffset) {
      return Promise.reject(new LogError('OFFSET_OUT_OF_RANGE', 'no such offset'));
    }
    const batch = this.batches.find(({ last }) => last >= offset);
    return Promise.resolve({
      chunks: batch === undefined ? [] : [batch.bytes],
      bytes: batch?.bytes.length ?? 0,
      highWatermark: this.logEndOffset,
      lastStableOffset: this.lastStableOffset,
      logStartOffset: this.logStartOffset,
      abortedTransactions: this.aborted,
    });
  }
}

/** A searcher that finds every record of the ranges; tests change what it says. */
export class ScriptedSearcher implements TextSearcher {
  readonly asked: TextSearch[] = [];
  indexed = Number.MAX_SAFE_INTEGER;
  answer: (
    request: TextSearch,
    signal?: AbortSignal,
  ) => Partial<TextSearchResult> | Promise<Partial<TextSearchResult>> = () => ({});

  async search(request: TextSearch, signal?: AbortSignal): Promise<TextSearchResult> {
    this.asked.push(request);
    const all = request.ranges.flatMap(({ topicId, partition, from, to }) =>
      Array.from({ length: to - from }, (_, index): TextHit => {
        const offset = from + index;
        return { topicId, partition, offset, timestamp: 1000 + offset, score: 1 };
      }),
    );
    const base = {
      total: all.length,
      exact: true,
      timedOut: false,
      maxScore: 1,
      hits: all.slice(0, request.limit),
      failures: [],
    };
    return { ...base, ...(await this.answer(request, signal)) };
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  indexedUpTo(): number {
    return this.indexed;
  }
}

export interface World {
  readonly topics: CatalogTopic[];
  readonly searcher: ScriptedSearcher;
  readonly health: HealthPart[];
  readonly deps: HttpDeps;
  partition(topic: string, partition: number): MemoryPartition;
  /** Adds a topic; a record for each value, JSON unless it is text. */
  topic(name: string, values?: readonly unknown[], options?: Partial<CatalogTopic>): MemoryPartition;
}

const sqlSettings: SqlSettings = {
  timeoutMs: 4000,
  maxQueries: 2,
  memoryBytes: 64 << 20,
  threads: 1,
  maxRows: 5000,
  maxAnswerBytes: 500_000,
  maxBatchBytes: 1 << 20,
};

const encoder = new TextEncoder();

export function record(value: unknown, timestamp = 1000): RecordInput {
  return { timestamp, key: null, value: encoder.encode(typeof value === 'string' ? value : JSON.stringify(value)) };
}

/** Everything behind the HTTP front door, in memory. */
export function createWorld(clock: Clock = systemClock, authorizer: Authorizer = everybodyMay): World {
  const topics: CatalogTopic[] = [];
  const logs = new Map<string, MemoryPartition>();
  const searcher = new ScriptedSearcher();
  const health: HealthPart[] = [{ name: 'wal', status: 'ok' }];
  const find = (name: string, partition: number): MemoryPartition | undefined => logs.get(`${name}/${partition}`);
  const log = {
    partition(name: string, partition: number): PartitionLog | undefined {
      const memory = find(name, partition);
      const topic = topics.find((one) => one.name === name);
      if (memory === undefined || topic === undefined) return undefined;
      const { logStartOffset, lastStableOffset, logEndOffset, expiry } = memory;
      const read = (offset: number): Promise<ReadResult> => memory.read(offset);
      const described = { topic: name, topicId: topic.topicId, partition, leaderEpoch: 0, sizeBytes: 100 };
      return {
        ...described,
        expiry,
        logStartOffset,
        lastStableOffset,
        logEndOffset,
        highWatermark: logEndOffset,
        read,
      } as unknown as PartitionLog;
    },
  };
  const metrics = createMetrics();
  const catalog = { topics: () => topics, topic: (name: string) => topics.find((topic) => topic.name === name) };
  const settings = { maxWaitMs: 50, timeoutMs: 5000, maxBatchBytes: 1 << 20 };
  const segments = { textSegments: () => Promise.resolve([]) };
  const lake = lakeOf(clock);
  const deps: HttpDeps = {
    info: { name: 'broker-0', clusterName: 'quarry', clusterId: 'abc', version: '0.1.0' },
    access: openAccess(),
    search: { catalog, log, segments, searcher, codecs, clock, metrics, settings },
    // Its thread begins with the first query; who asks one closes it.
    sql: new SqlService({ log, clock, metrics, settings: sqlSettings }),
    authorizer,
    log,
    health: { parts: () => Promise.resolve(health) },
    metrics,
    workerMetrics: () => Promise.resolve([]),
    topicConfigs: { configs: () => ({ 'retention.ms': '1' }) },
    processor: {
      status: () => Promise.resolve({ state: 'running' }),
      pause: () => Promise.resolve({ state: 'paused' }),
      resume: () => Promise.resolve({ state: 'running' }),
      run: () => Promise.resolve({ state: 'running', runs: 1 }),
    },
    jobs: jobsOf(clock),
    keyDeletions: {
      request: () => Promise.resolve(KEY_DELETION),
      whenDone: () => Promise.resolve(),
      byId: () => Promise.resolve(KEY_DELETION),
      list: () => Promise.resolve([KEY_DELETION]),
    },
    segments: { list: ({ kind, limit }) => Promise.resolve({ segments: [{ kind, limit }], next: 'more' }) },
    wal: { status: () => ({ segments: 3 }) },
    lake: { open: () => Promise.resolve(lake), writes: (topic) => topics.some(({ name }) => name === topic) },
    clock,
    logger: silentLogger,
  };
  return {
    topics,
    searcher,
    health,
    deps,
    partition: (name, partition) => find(name, partition)!,
    topic(name, values = [], options = {}) {
      topics.push({ name, topicId: `id-of-${name}`, partitions: 1, searchable: true, ...options });
      for (let partition = 0; partition < (options.partitions ?? 1); partition++)
        logs.set(`${name}/${partition}`, new MemoryPartition());
      const memory = find(name, 0)!;
      if (values.length > 0) memory.append(values.map((value) => record(value)));
      return memory;
    },
  };
}

const LIMITS: HttpLimits = {
  maxBodyBytes: 100_000,
  maxBodiesBytes: 1_000_000,
  maxAnswerBytes: 1_000_000,
  maxAnswersBytes: 4_000_000,
  maxConnections: 100,
  maxRequests: 50,
  requestTimeoutMs: 5000,
};

export interface Served {
  readonly front: HttpFront;
  readonly base: string;
  /** Of the second listener, when there is one. */
  readonly metricsBase: string;
  readonly port: number;
  get(path: string, init?: RequestInit): Promise<Response>;
  json(path: string, init?: RequestInit): Promise<{ status: number; body: any }>;
  post(path: string, body: unknown): Promise<{ status: number; body: any }>;
}

/** Lets everybody in, who may then do everything. */
function openAccess(): HttpAccess {
  const passwords = new PasswordCheck({ plain: [], scram: new ScramUsers(), hashes: [], random: seededRandom(1) });
  return { required: false, passwords, tokens: [], tls: undefined, failureDelayMs: 0 };
}

/** Serves `world` on free ports. */
export async function serve(
  world: World,
  limits: Partial<HttpLimits> = {},
  options: Partial<HttpFrontOptions> = {},
): Promise<Served> {
  const listener = { host: '127.0.0.1', port: 0 };
  const front = new HttpFront(world.deps, {
    listener,
    metricsListener: listener,
    limits: { ...LIMITS, ...limits },
    ...options,
  });
  const [main, second] = await front.listen();
  const base = `http://127.0.0.1:${main!.port}`;
  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(base + path, init);
  const json = async (path: string, init?: RequestInit): Promise<{ status: number; body: any }> => {
    const response = await get(path, init);
    return { status: response.status, body: await response.json() };
  };
  const post = (path: string, body: unknown): Promise<{ status: number; body: any }> =>
    json(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { front, base, metricsBase: `http://127.0.0.1:${second?.port ?? 0}`, port: main!.port, get, json, post };
}
