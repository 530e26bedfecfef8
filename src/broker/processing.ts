import type { Compaction } from '../processor/compaction/compaction.ts';
import { GarbageSweep } from '../processor/garbage-sweep.ts';
import { PackBuilder, type PackBuilding } from '../processor/packs/builder.ts';
import { PackSink, type PackSinkParts } from '../processor/packs/sink.ts';
import { ThreadedPackBuilding } from '../processor/packs/thread.ts';
import type { KeyDeletions } from '../processor/erasure/key-deletions.ts';
import { Replay, type ReplayFigures } from '../processor/replay.ts';
import type { Scheduler } from '../processor/jobs/scheduler.ts';
import type { TableService } from '../processor/tables/service.ts';
import type { TextService } from '../processor/text/service.ts';
import { WalDrain } from '../processor/wal-drain.ts';
import { openCompaction } from './compaction.ts';
import { openJobs, startJobs } from './jobs.ts';
import { openKeyDeletions } from './key-deletions.ts';
import { defineSegmentMerging } from './merging.ts';
import type { BrokerParts } from './parts.ts';
import { retryPolicy, type Storage } from './storage.ts';
import { defineStorageClasses } from './storage-classes.ts';
import { openTables } from './tables.ts';
import { openText } from './text.ts';
import type { Topics } from './topics.ts';

/** The processor: everything that happens in the background. */
export interface Processing {
  readonly packs: PackSink;
  readonly text: TextService;
  readonly tables: TableService;
  readonly garbage: GarbageSweep;
  readonly compaction: Compaction;
  /** Runs all of it. */
  readonly jobs: Scheduler;
  readonly keyDeletions: KeyDeletions;
  /** How far it follows the log. */
  replay(): Promise<ReplayFigures>;
  /** Metrics of its threads. */
  workerMetrics(): Promise<object[][]>;
  /** In maintenance the text sink only follows, so that searches see new records; uploads and deletions wait until somebody asks for them. */
  start(): void;
  /** Everything rests after what it is doing, over restarts, until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

async function openPackBuilding(parts: BrokerParts, { locations, store }: Storage): Promise<PackBuilding> {
  const { settings, disk, inMemory } = parts;
  const options = {
    walFolder: locations.wal,
    temporaryFolder: `${locations.temporary}/packs`,
    maxConcurrentUploads: settings['processor.max.concurrent.uploads'],
  };
  if (inMemory) return new PackBuilder({ ...options, disk, store, uploadFiles: false });
  return new ThreadedPackBuilding({ ...options, objectsUrl: locations.objects, retry: retryPolicy(settings) });
}

function openPacks(
  { settings, clock, random, metrics, logger }: BrokerParts,
  { sql }: Storage,
  { log }: Topics,
  shared: Pick<PackSinkParts, 'building' | 'uploads' | 'onPacked'>,
): PackSink {
  return new PackSink({
    ...shared,
    wal: log.wal,
    sql,
    clock,
    random,
    logger: logger.child('processor'),
    metrics,
    settings: {
      minSegmentAgeMs: settings['processor.min.segment.age.ms'],
      maxSegmentsPerRun: settings['processor.max.segments.per.run'],
      maxConcurrentTasks: settings['processor.parallel.indexing'] ? settings['processor.max.concurrent.tasks'] : 1,
    },
  });
}

function openGarbage(
  parts: BrokerParts,
  { sql, store }: Storage,
  uploads: Pick<ReadonlySet<string>, 'has'>,
): GarbageSweep {
  const { settings, clock, metrics } = parts;
  const logger = parts.logger.child('garbage');
  const graceMs = settings['processor.garbage.grace.ms'];
  return new GarbageSweep({ sql, store, clock, logger, metrics, graceMs, uploads });
}

function openReplay(
  { settings, metrics }: BrokerParts,
  { log: { wal } }: Topics,
  { text, tables }: Pick<Processing, 'text' | 'tables'>,
): Replay {
  const limits = {
    indexBytes: settings['index.memory.bytes'],
    tableBytes: settings['table.memory.bytes'],
    appliers: settings['table.max.concurrent.reads'],
    flushes: settings['memtable.max.concurrent.flushes'],
  };
  return new Replay({ wal, text, tables, metrics, limits });
}

type Switched = Pick<Processing, 'packs' | 'text' | 'tables' | 'compaction' | 'jobs'>;

/** Pausing and resuming of everything. Jobs remember it themselves. */
function switchesOf({
  packs,
  text,
  tables,
  compaction,
  jobs,
}: Switched): Record<'pause' | 'pauseSinks' | 'resume', () => Promise<void>> {
  async function pauseSinks(): Promise<void> {
    packs.pause();
    compaction.pause();
    // A thread that has died keeps nobody else from it.
    await Promise.all([text.pause(), tables.pause()]);
  }
  return {
    pauseSinks,
    pause() {
      jobs.pause();
      return pauseSinks();
    },
    async resume() {
      packs.resume();
      compaction.resume();
      jobs.resume();
      await Promise.all([text.resume(), tables.resume()]);
    },
  };
}

/** Everything that works, without what runs it. */
async function openWorkers(parts: BrokerParts, storage: Storage, topics: Topics) {
  const { settings } = parts;
  const logger = parts.logger.child('processor');
  // What an earlier run was putting together.
  parts.disk.removeTree(storage.locations.temporary);
  const building = await openPackBuilding(parts, storage);
  const uploads = new Set<string>();
  const drain = new WalDrain(topics.log, settings['processor.delete.after.index'], (below) => {
    text.skipTo(below).catch((err: unknown) => logger.error({ err }, 'the text sink cannot pass over WAL segments'));
  });
  const text: TextService = openText(parts, storage, topics, uploads, (sequence) => drain.textDoneBelow(sequence));
  const packs = openPacks(parts, storage, topics, {
    building,
    uploads,
    onPacked: (sequence) => drain.packed(sequence),
  });
  const moving = new Set<string>();
  const garbage = openGarbage(parts, storage, { has: (key) => uploads.has(key) || moving.has(key) });
  const tables = await openTables(parts, storage, topics, uploads);
  const rewriting = openCompaction(parts, storage, topics, uploads);
  const { compaction, erasing, merging } = rewriting;
  const workerMetrics = async (): Promise<object[][]> => [
    await text.metrics(),
    await tables.metrics(),
    ...(building instanceof ThreadedPackBuilding ? [await building.metrics()] : []),
    await rewriting.workerMetrics(),
  ];
  return {
    workers: { packs, text, tables, garbage, compaction },
    inner: { building, drain, erasing, merging, uploads, moving },
    workerMetrics,
  };
}

/** Makes the sinks and the scheduler; nothing runs before `start`. */
export async function openProcessing(parts: BrokerParts, storage: Storage, topics: Topics): Promise<Processing> {
  const { workers, inner, workerMetrics } = await openWorkers(parts, storage, topics);
  const { packs, text, tables, garbage, compaction } = workers;
  const logger = parts.logger.child('processor');
  const jobs = await openJobs(parts, storage, topics, workers);
  const keyDeletions = openKeyDeletions(parts, storage, topics, { ...workers, ...inner, jobs });
  defineSegmentMerging(jobs, parts, storage, topics, { ...workers, ...inner });
  defineStorageClasses(jobs, parts, storage, topics, inner.moving);
  const switches = switchesOf({ ...workers, jobs });
  const replay = openReplay(parts, topics, workers);
  const maintenance = parts.settings['processor.mode'] === 'maintenance';
  let unlisten = (): void => {};
  return {
    ...workers,
    jobs,
    keyDeletions,
    replay: () => replay.figures(),
    async workerMetrics() {
      await replay.figures().catch(() => {}); // A thread that does not answer is a matter of health.
      return workerMetrics();
    },
    start() {
      if (jobs.allPaused) {
        logger.warn({}, 'the processor was paused before the start and stays so until it is resumed');
        void switches.pauseSinks().catch(() => {}); // A thread that cannot be started is logged where it is started.
      }
      void text.start().catch(() => {}); // Its failure is logged where the thread is started.
      tables.start(!maintenance);
      // Not even the next attempt of what somebody asked for.
      if (maintenance) jobs.hold();
      else {
        unlisten = startJobs(jobs, topics);
        keyDeletions.start().catch((err: unknown) => logger.error({ err }, 'deletions of keys were not taken up'));
      }
    },
    pause: switches.pause,
    resume: switches.resume,
    async stop() {
      unlisten();
      const ended = jobs.stop();
      await packs.stop();
      await garbage.stop();
      await compaction.stop();
      await text.stop();
      await tables.stop();
      await inner.building.close();
      await ended;
    },
  };
}
