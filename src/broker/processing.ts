import type { Compaction } from '../processor/compaction/compaction.ts';
import { GarbageSweep } from '../processor/garbage-sweep.ts';
import { PackBuilder, type PackBuilding } from '../processor/pack-builder.ts';
import { PackSink, type PackSinkParts } from '../processor/pack-sink.ts';
import { ThreadedPackBuilding } from '../processor/pack-thread.ts';
import type { Scheduler } from '../processor/jobs/scheduler.ts';
import type { TableService } from '../processor/tables/service.ts';
import type { TextService } from '../processor/text-service.ts';
import { WalDrain } from '../processor/wal-drain.ts';
import { openCompaction } from './compaction.ts';
import { openJobs, startJobs } from './jobs.ts';
import type { BrokerParts } from './parts.ts';
import { retryPolicy, type Storage } from './storage.ts';
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
  /** Metrics of its threads. */
  workerMetrics(): Promise<object[][]>;
  /** In maintenance the text sink only follows, so that searches see new records; uploads and deletions wait until somebody asks for them. */
  start(): void;
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

function openGarbage(parts: BrokerParts, { sql, store }: Storage, uploads: Set<string>): GarbageSweep {
  const { settings, clock, metrics } = parts;
  const logger = parts.logger.child('garbage');
  const graceMs = settings['processor.garbage.grace.ms'];
  return new GarbageSweep({ sql, store, clock, logger, metrics, graceMs, uploads });
}

/** Makes the sinks; nothing runs before `start`. */
export async function openProcessing(parts: BrokerParts, storage: Storage, topics: Topics): Promise<Processing> {
  const { settings } = parts;
  const logger = parts.logger.child('processor');
  // What an earlier run was putting together.
  parts.disk.removeTree(storage.locations.temporary);
  const building = await openPackBuilding(parts, storage);
  const { log } = topics;
  const uploads = new Set<string>();
  const drain = new WalDrain(log, settings['processor.delete.after.index'], (below) => {
    text.skipTo(below).catch((err: unknown) => logger.error({ err }, 'the text sink cannot pass over WAL segments'));
  });
  const text: TextService = openText(parts, storage, topics, uploads, (sequence) => drain.textDoneBelow(sequence));
  const packs = openPacks(parts, storage, topics, {
    building,
    uploads,
    onPacked: (sequence) => drain.packed(sequence),
  });
  const garbage = openGarbage(parts, storage, uploads);
  const tables = await openTables(parts, storage, topics, uploads);
  const { compaction, workerMetrics: compactionMetrics } = openCompaction(parts, storage, topics, uploads);
  const jobs = openJobs(parts, storage, topics, { packs, text, garbage, compaction });
  let unlisten = (): void => {};
  return {
    packs,
    text,
    tables,
    garbage,
    compaction,
    jobs,
    workerMetrics: async () => [
      await text.metrics(),
      await tables.metrics(),
      ...(building instanceof ThreadedPackBuilding ? [await building.metrics()] : []),
      await compactionMetrics(),
    ],
    start() {
      void text.start().catch(() => {}); // Its failure is logged where the thread is started.
      tables.start(settings['processor.mode'] !== 'maintenance');
      // Not even the next attempt of what somebody asked for.
      if (settings['processor.mode'] === 'maintenance') jobs.pause();
      else unlisten = startJobs(jobs, log);
    },
    async stop() {
      unlisten();
      const ended = jobs.stop();
      await packs.stop();
      await garbage.stop();
      await compaction.stop();
      await text.stop();
      await tables.stop();
      await building.close();
      await ended;
    },
  };
}
