import { type BatchOptions, buildBatch, buildMarker, type MarkerType } from '../protocol/records/index.ts';
import { crc32c } from '../src/base/crc32c.ts';
import { memoryDisk } from '../src/base/disk-memory.ts';
import { silentLogger } from '../src/base/logger.ts';
import { type Random, seededRandom, uuidToString } from '../src/base/random.ts';
import type { LocalLog } from '../src/log/local-log.ts';
import { openLog } from '../src/log/open.ts';
import { defaultLogSettings, type PartitionFacts } from '../src/log/options.ts';
import { PackColdStore } from '../src/log/pack-cold-store.ts';
import type { LocalPartition } from '../src/log/partition.ts';
import type { LogConfig } from '../src/log/types.ts';
import { type CompactionRow, compactionRows } from '../src/metadata/compactions.ts';
import { saveLogStart } from '../src/metadata/log-start.ts';
import { partitionRows } from '../src/metadata/partitions.ts';
import { sectionRegistry } from '../src/metadata/registry.ts';
import { openInlineSqlite } from '../src/metadata/sqlite-inline.ts';
import { createTopic } from '../src/metadata/topics.ts';
import type { SqlEngine } from '../src/metadata/types.ts';
import { memoryStore } from '../src/objects/memory.ts';
import { Compaction } from '../src/processor/compaction/compaction.ts';
import { Compactor } from '../src/processor/compaction/compactor.ts';
import type { Compacting } from '../src/processor/compaction/types.ts';
import { GarbageSweep } from '../src/processor/garbage-sweep.ts';
import { PackBuilder } from '../src/processor/packs/builder.ts';
import { PackSink } from '../src/processor/packs/sink.ts';
import { WalDrain } from '../src/processor/wal-drain.ts';
import { NO_CODECS } from '../src/wal/no-codecs.ts';
import type { CompactionBug } from './compaction-bugs.ts';
import { ManualClock } from './groups-clock.ts';
import { Life } from './log-world.ts';
import { Mortality } from './mortality.ts';
import { silentMetrics } from './silent-metrics.ts';
import { topicConfig } from './topic-config.ts';

const TOPIC = 'table';
export const TOPIC_ID = uuidToString(new Uint8Array(16).fill(5));
export const GRACE_MS = 500;
const DECOMPRESSED_LIMIT = 1_000_000;

/** What a seed draws. */
export interface CompactionPlan {
  readonly sealBytes: number;
  readonly tailMaxBytes: number;
  /** Memory for keys: some plans have too little for all. */
  readonly keyBytes: number;
  readonly segmentBytes: number;
  readonly deleteRetentionMs: number;
  readonly minCompactionLagMs: number;
  readonly keys: number;
}

/** A partition of a compacted topic with log, packs, registry, compaction and sweep, unchanged, on one clock; the process dies when told to. */
export class CompactionWorld {
  readonly clock = new ManualClock();
  readonly random: Random;
  readonly plan: CompactionPlan;
  readonly bug: CompactionBug;
  readonly #disk = memoryDisk();
  readonly objects = memoryStore(this.clock);
  readonly sql: SqlEngine = openInlineSqlite(':memory:');
  config: LogConfig;
  log!: LocalLog;
  packs!: PackSink;
  compaction!: Compaction;
  sweep!: GarbageSweep;
  /** The end of the highest section that any pass went over. */
  touchedBelow = 0;
  restarts = 0;
  #life: Life;
  #drain: WalDrain | undefined;
  readonly #mortality = new Mortality();

  constructor(plan: CompactionPlan, bug: CompactionBug, random: Random) {
    this.plan = plan;
    this.bug = bug;
    this.random = random;
    this.#life = new Life(this.clock);
    this.config = {
      ...topicConfig,
      timestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
      segmentBytes: plan.segmentBytes,
      deleteRetentionMs: plan.deleteRetentionMs,
      minCompactionLagMs: plan.minCompactionLagMs,
      minCleanableRatio: 0.05,
      compact: true,
      delete: false,
    };
  }

  async create(): Promise<void> {
    await this.sql.transaction(createTopic({ topicId: TOPIC_ID, name: TOPIC, partitions: 1, created: 0 }, []));
    await this.start();
  }

  get partition(): LocalPartition {
    return this.log.partition(TOPIC, 0) as LocalPartition;
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

  async start(): Promise<void> {
    this.#mortality.revive();
    const { clock } = (this.#life = new Life(this.clock));
    const { plan, bug } = this;
    const inner = bug.sql?.(this.sql, () => this.#mortality.dead) ?? this.sql;
    const sql = this.#mortality.sql(inner);
    const store = this.#mortality.store(this.objects);
    const random = seededRandom(Math.floor(this.random.float() * 2 ** 32));
    const settings = { codecs: NO_CODECS, decompressedLimitBytes: DECOMPRESSED_LIMIT };
    const real = new PackColdStore({ ...settings, sections: sectionRegistry(sql), store, logger: silentLogger });
    const cold = bug.cold?.(real) ?? real;
    this.log = await openLog({
      folder: '/wal',
      disk: this.#disk,
      clock,
      random,
      logger: silentLogger,
      metrics: silentMetrics,
      processes: { self: '1 1', alive: () => false },
      codecs: NO_CODECS,
      topics: [{ name: TOPIC, topicId: TOPIC_ID, partitions: 1, config: this.config }],
      facts: await this.#facts(),
      cold,
      saveLogStart: (topicId, partition, offset, by) => saveLogStart(sql, topicId, partition, offset, by, clock.now()),
      minimumSequence: 0,
      settings: {
        ...defaultLogSettings,
        sealBytes: plan.sealBytes,
        sealAgeMs: 20,
        spareFiles: 0,
        tailMaxBytes: plan.tailMaxBytes,
      },
    });
    const drain = new WalDrain(this.log, true, () => {});
    this.#drain = drain;
    drain.textDoneBelow(Number.MAX_SAFE_INTEGER);
    const uploads = new Set<string>();
    const shared = { sql, clock, random, logger: silentLogger, metrics: silentMetrics, uploads, store };
    const files = { disk: this.#disk, uploadFiles: false, store };
    const building = new PackBuilder({
      ...files,
      walFolder: '/wal',
      temporaryFolder: '/tmp/packs',
      maxConcurrentUploads: 1,
    });
    const schedule = { minSegmentAgeMs: 0, maxSegmentsPerRun: 100, maxConcurrentTasks: 1 };
    const onPacked = (sequence: number): void => drain.packed(sequence);
    this.packs = new PackSink({ ...shared, wal: this.log.wal, building, settings: schedule, onPacked });
    this.sweep = new GarbageSweep({ ...shared, graceMs: GRACE_MS });
    const compactor = new Compactor({
      ...files,
      ...settings,
      ...shared,
      temporaryFolder: '/tmp/compaction',
      indexBasePath: 'indexes',
    });
    this.compaction = new Compaction({
      ...shared,
      partitions: () => [...this.log.compactedPartitions()].map((partition) => bug.partition?.(partition) ?? partition),
      searched: () => true,
      compacting: this.#watched(compactor),
      settings: { keyBytes: plan.keyBytes, maxBytesPerSecond: Number.MAX_VALUE },
    });
  }

  #watched(compactor: Compactor): Compacting {
    return {
      compact: (task, host) => {
        this.touchedBelow = Math.max(this.touchedBelow, (task.sections.at(-1)?.lastOffset ?? -1) + 1);
        return compactor.compact(this.bug.task?.(task) ?? task, this.bug.host?.(host) ?? host);
      },
      close: () => compactor.close(),
    };
  }

  async #facts(): Promise<PartitionFacts[]> {
    const compactedUpTo = (await this.compacted())?.cleanedUpTo ?? 0;
    return (await partitionRows(this.sql)).map(({ logStart, ...facts }) => ({
      ...facts,
      logStartOffset: logStart,
      compactedUpTo,
    }));
  }

  async compacted(): Promise<CompactionRow | undefined> {
    return (await compactionRows(this.sql))[0];
  }

  /** The process ends as it is, and another one starts. */
  async restart(): Promise<void> {
    this.#mortality.die();
    this.#life.end();
    await turns();
    this.restarts++;
    await this.start();
  }

  /** Whether WAL segments stay although they are packed, as when an index is not made yet. */
  holdWal(hold: boolean): void {
    this.#drain?.textDoneBelow(hold ? 0 : Number.MAX_SAFE_INTEGER);
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    do await turns();
    while (this.clock.runNext(end));
  }

  configure(change: Partial<LogConfig>): void {
    this.config = { ...this.config, ...change };
    this.log.configureTopic(TOPIC_ID, this.config);
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

/** Everything that waits for promises goes on. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
