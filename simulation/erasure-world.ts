import { type BatchOptions, buildBatch, buildMarker, type MarkerType } from '../protocol/records/index.ts';
import { crc32c } from '../src/base/crc32c.ts';
import { memoryDisk } from '../src/base/disk-memory.ts';
import { silentLogger } from '../src/base/logger.ts';
import { type Random, seededRandom } from '../src/base/random.ts';
import { type Catalog, MemoryCatalog } from '../src/lake/index.ts';
import { readCommitted } from '../src/log/committed-read.ts';
import type { LocalLog } from '../src/log/local-log.ts';
import { openLog } from '../src/log/open.ts';
import { defaultLogSettings } from '../src/log/options.ts';
import { PackColdStore } from '../src/log/pack-cold-store.ts';
import type { LocalPartition } from '../src/log/partition.ts';
import { type KeyDeletionRow, KeyDeletionRows } from '../src/metadata/key-deletions.ts';
import { saveLogStart } from '../src/metadata/log-start.ts';
import { partitionRows } from '../src/metadata/partitions.ts';
import { sectionRegistry } from '../src/metadata/registry.ts';
import { openInlineSqlite } from '../src/metadata/sqlite-inline.ts';
import { createTopic } from '../src/metadata/topics.ts';
import type { SqlEngine } from '../src/metadata/types.ts';
import { memoryStore } from '../src/objects/memory.ts';
import type { ObjectStore } from '../src/objects/types.ts';
import { Compactor } from '../src/processor/compaction/compactor.ts';
import { CompactionRegistration } from '../src/processor/compaction/registration.ts';
import { ErasedObjects } from '../src/metadata/erased-objects.ts';
import { KeyDeletions } from '../src/processor/erasure/key-deletions.ts';
import { LogErasure } from '../src/processor/erasure/log-erasure.ts';
import { ObjectClearing } from '../src/processor/erasure/object-clearing.ts';
import { GarbageSweep } from '../src/processor/garbage-sweep.ts';
import { PackBuilder } from '../src/processor/packs/builder.ts';
import { PackSink } from '../src/processor/packs/sink.ts';
import { WalDrain } from '../src/processor/wal-drain.ts';
import { NO_CODECS } from '../src/wal/no-codecs.ts';
import { turns } from './compaction-world.ts';
import type { ErasureBug } from './erasure-bugs.ts';
import { ErasureIndexer } from './erasure-indexer.ts';
import { type ErasureTables, openErasureTables } from './erasure-tables.ts';
import { PARTITIONS, TOPIC, TOPIC_ID } from './erasure-topic.ts';
import { Violation } from './groups-checks.ts';
import { ManualClock } from './groups-clock.ts';
import { Life } from './log-world.ts';
import { Mortality } from './mortality.ts';
import { silentMetrics } from './silent-metrics.ts';
import { topicConfig } from './topic-config.ts';

export const GRACE_MS = 500;
const DECOMPRESSED_LIMIT = 1_000_000;
const SIGNAL = new AbortController().signal;

/** What a seed draws. */
export interface ErasurePlan {
  readonly sealBytes: number;
  readonly tailMaxBytes: number;
  readonly keys: number;
}

/** Whole milliseconds, as a machine tells the time: timers may end between them. */
class WholeClock extends ManualClock {
  override now(): number {
    return Math.floor(super.now());
  }
}

interface Shared {
  readonly sql: SqlEngine;
  readonly clock: Life['clock'];
  readonly random: Random;
  readonly uploads: Set<string>;
  readonly store: ObjectStore;
}

/** A topic with log, packs, text segments, table and the deletion of keys, unchanged, on one clock; the process dies when told to. */
export class ErasureWorld {
  readonly clock = new WholeClock();
  readonly random: Random;
  readonly plan: ErasurePlan;
  readonly bug: ErasureBug;
  readonly objects: ObjectStore = memoryStore(this.clock);
  readonly sql: SqlEngine = openInlineSqlite(':memory:');
  readonly catalog: Catalog = new MemoryCatalog();
  readonly #disk = memoryDisk();
  log!: LocalLog;
  packs!: PackSink;
  index!: ErasureIndexer;
  tables!: ErasureTables;
  deletions!: KeyDeletions;
  sweep!: GarbageSweep;
  restarts = 0;
  /** The job of the topic is due. */
  due = false;
  #life: Life;
  #drain: WalDrain | undefined;
  readonly #mortality = new Mortality();

  constructor(plan: ErasurePlan, bug: ErasureBug, random: Random) {
    this.plan = plan;
    this.bug = bug;
    this.random = random;
    this.#life = new Life(this.clock);
  }

  async create(): Promise<void> {
    const row = { topicId: TOPIC_ID, name: TOPIC, partitions: PARTITIONS, created: 0 };
    await this.sql.transaction(createTopic(row, []));
    await this.start();
  }

  get partitions(): readonly LocalPartition[] {
    return this.log.partitionsOf(TOPIC_ID);
  }

  get dead(): boolean {
    return this.#mortality.dead;
  }

  /** The process dies so many requests from now, unless it ends its work before. */
  dieAfter(requests: number, done: boolean): void {
    this.#mortality.dieAfter(requests, done);
  }

  survive(): void {
    this.#mortality.survive();
  }

  #mortalCatalog(): Catalog {
    return new Proxy(this.catalog, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        const call = (value as (...args: unknown[]) => Promise<unknown>).bind(target);
        return (...args: unknown[]) =>
          name === 'close' ? Promise.resolve() : this.#mortality.request(() => call(...args));
      },
    });
  }

  async start(): Promise<void> {
    this.#mortality.revive();
    const { clock } = (this.#life = new Life(this.clock));
    const sql = this.#mortality.sql(this.sql);
    const store = this.#mortality.store(this.objects);
    const random = seededRandom(Math.floor(this.random.float() * 2 ** 32));
    this.log = await this.#openLog(clock, random, sql, store);
    const drain = new WalDrain(this.log, true, () => {});
    this.#drain = drain;
    drain.textDoneBelow(Number.MAX_SAFE_INTEGER);
    const uploads = new Set<string>();
    const shared = { sql, clock, random, logger: silentLogger, metrics: silentMetrics, uploads, store };
    const files = { disk: this.#disk, uploadFiles: false, store };
    const folders = { walFolder: '/wal', temporaryFolder: '/tmp/packs' };
    this.packs = new PackSink({
      ...shared,
      wal: this.log.wal,
      building: new PackBuilder({ ...files, ...folders, maxConcurrentUploads: 1 }),
      settings: { minSegmentAgeMs: 0, maxSegmentsPerRun: 100, maxConcurrentTasks: 1 },
      onPacked: (sequence) => drain.packed(sequence),
    });
    this.sweep = new GarbageSweep({ ...shared, graceMs: GRACE_MS });
    const compactor = new Compactor({
      ...files,
      ...shared,
      codecs: NO_CODECS,
      decompressedLimitBytes: DECOMPRESSED_LIMIT,
      temporaryFolder: '/tmp/erasure',
      indexBasePath: 'indexes',
    });
    const registration = new CompactionRegistration(sql, clock);
    this.index = new ErasureIndexer({
      merging: compactor,
      registration,
      partitions: () => this.partitions,
      uploads,
      clock,
    });
    this.tables = await openErasureTables({
      ...shared,
      catalog: this.#mortalCatalog(),
      disk: this.#disk,
      host: (host) => this.bug.tableHost?.(host) ?? host,
      readLog: (partition, offset) => readCommitted(this.partitions[partition], offset, 2000),
    });
    this.#openDeletions(shared, compactor, registration, drain);
    if (this.bug.forgets === undefined) await this.deletions.start();
    await turns();
  }

  #openDeletions(
    { sql, clock, random, uploads, store }: Shared,
    compactor: Compactor,
    registration: CompactionRegistration,
    drain: WalDrain,
  ): void {
    const { bug } = this;
    const tables = { erase: this.tables.erase };
    this.deletions = new KeyDeletions({
      rows: new KeyDeletionRows(sql),
      partitions: () => bug.partitions?.(this.partitions) ?? this.partitions,
      log: new LogErasure({
        settling: {
          roll: () => this.log.wal.roll(),
          pack: async () => {
            await this.packs.run(true);
            // The text sink follows the log by itself; what stands for it does so here.
            await this.index.run();
            return this.packs.status().failing;
          },
          release: () => drain.release(),
          indexedUpTo: (_topicId, partition) => this.index.indexedUpTo(partition),
          seal: () => this.index.run(),
        },
        erasing: {
          erase: (task, host) => compactor.erase(bug.task?.(task) ?? task, bug.host?.(host) ?? host),
        },
        registration,
        clock,
        uploads,
        maxBytesPerSecond: () => Number.MAX_VALUE,
      }),
      tables: bug.tables?.(tables, this.tables.files) ?? tables,
      clearing:
        bug.clearing ??
        new ObjectClearing({
          registration,
          merging: compactor,
          partitions: () => this.partitions,
          clock,
          uploads,
          objects: new ErasedObjects(sql),
          store,
          random,
          indexBasePath: 'indexes',
          maxBytesPerSecond: () => Number.MAX_VALUE,
        }),
      submit: () => {
        this.due = true;
      },
      clock,
      random,
      audit: silentLogger,
      metrics: silentMetrics,
    });
  }

  async #openLog(clock: Life['clock'], random: Random, sql: SqlEngine, store: ObjectStore): Promise<LocalLog> {
    const sections = sectionRegistry(sql);
    const limits = { codecs: NO_CODECS, decompressedLimitBytes: DECOMPRESSED_LIMIT };
    const real = new PackColdStore({ ...limits, sections, store, logger: silentLogger });
    const { sealBytes, tailMaxBytes } = this.plan;
    const config = { ...topicConfig, timestampAfterMaxMs: Number.MAX_SAFE_INTEGER };
    return openLog({
      folder: '/wal',
      disk: this.#disk,
      clock,
      random,
      logger: silentLogger,
      metrics: silentMetrics,
      processes: { self: '1 1', alive: () => false },
      codecs: NO_CODECS,
      topics: [{ name: TOPIC, topicId: TOPIC_ID, partitions: PARTITIONS, config }],
      facts: (await partitionRows(this.sql)).map(({ logStart, ...facts }) => ({ ...facts, logStartOffset: logStart })),
      cold: this.bug.cold?.(real) ?? real,
      saveLogStart: (topicId, partition, offset, by) => saveLogStart(sql, topicId, partition, offset, by, clock.now()),
      minimumSequence: 0,
      settings: { ...defaultLogSettings, sealBytes, sealAgeMs: 20, spareFiles: 0, tailMaxBytes },
    });
  }

  /** The process ends as it is, and another one starts. */
  async restart(): Promise<void> {
    this.#mortality.die();
    this.#life.end();
    await turns();
    this.restarts++;
    this.due = false;
    await this.start();
  }

  /** Whether WAL segments stay although they are packed. */
  holdWal(hold: boolean): void {
    this.#drain?.textDoneBelow(hold ? 0 : Number.MAX_SAFE_INTEGER);
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    do await turns();
    while (this.clock.runNext(end));
  }

  /** What `work` comes to, with time passing meanwhile; nothing when the process dies before. */
  async done<T>(work: Promise<T>): Promise<T | undefined> {
    let outcome: { readonly value?: T; readonly error?: Error } | undefined;
    work.then(
      (value) => (outcome = { value }),
      (error: Error) => (outcome = { error }),
    );
    for (let rounds = 0; outcome === undefined && !this.#mortality.dead; rounds++) {
      if (rounds > 20_000) throw new Violation('the work does not come to its end');
      await turns();
      if (outcome === undefined) this.clock.runNext(this.clock.now() + 10);
    }
    if (this.#mortality.dead) return undefined;
    if (outcome?.error !== undefined) throw outcome.error;
    return outcome?.value;
  }

  /** The job of the topic, as the scheduler runs it. It may have to wait for something; that it says, and is tried again. */
  async runJob(): Promise<void> {
    this.due = false;
    try {
      await this.done(this.deletions.run(TOPIC_ID, { signal: SIGNAL, progress() {} }));
    } catch (error) {
      if ((error as Error).name !== 'JobFailure') throw error;
      this.due = true;
    }
  }

  requests(): Promise<KeyDeletionRow[]> {
    return new KeyDeletionRows(this.sql).list(10_000);
  }

  batch(
    records: readonly { key: string | null; value: string | null; timestamp: number }[],
    options: Partial<BatchOptions>,
  ): Uint8Array {
    const bytes = (text: string | null): Uint8Array | null => (text === null ? null : Buffer.from(text));
    const inputs = records.map(({ key, value, timestamp }) => ({ timestamp, key: bytes(key), value: bytes(value) }));
    return buildBatch({ ...options, baseOffset: 0 }, inputs, NO_CODECS, crc32c);
  }

  marker(producerId: number, type: MarkerType): Uint8Array {
    const options = { baseOffset: 0, timestamp: this.clock.now(), producerId, producerEpoch: 0 };
    return buildMarker(options, { type, coordinatorEpoch: 1 }, NO_CODECS, crc32c);
  }
}
