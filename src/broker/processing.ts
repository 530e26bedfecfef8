import { GarbageSweep } from '../processor/garbage-sweep.ts';
import { PackBuilder, type PackBuilding } from '../processor/pack-builder.ts';
import { PackSink } from '../processor/pack-sink.ts';
import { ThreadedPackBuilding } from '../processor/pack-thread.ts';
import type { TextService } from '../processor/text-service.ts';
import { WalDrain } from '../processor/wal-drain.ts';
import type { BrokerParts } from './parts.ts';
import { retryPolicy, type Storage } from './storage.ts';
import { openText } from './text.ts';
import type { Topics } from './topics.ts';

/** The processor: everything that happens in the background. */
export interface Processing {
  readonly packs: PackSink;
  readonly text: TextService;
  readonly garbage: GarbageSweep;
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
    temporaryFolder: locations.temporary,
    maxConcurrentUploads: settings['processor.max.concurrent.uploads'],
  };
  if (inMemory) return new PackBuilder({ ...options, disk, store, uploadFiles: false });
  return new ThreadedPackBuilding({ ...options, objectsUrl: locations.objects, retry: retryPolicy(settings) });
}

/** Makes the sinks; nothing runs before `start`. */
export async function openProcessing(parts: BrokerParts, storage: Storage, topics: Topics): Promise<Processing> {
  const { settings, clock, random, metrics } = parts;
  const logger = parts.logger.child('processor');
  const building = await openPackBuilding(parts, storage);
  const { log } = topics;
  const uploads = new Set<string>();
  const drain = new WalDrain(log, settings['processor.delete.after.index'], (below) => {
    text.skipTo(below).catch((err: unknown) => logger.error({ err }, 'the text sink cannot pass over WAL segments'));
  });
  const text: TextService = openText(parts, storage, topics, uploads, (sequence) => drain.textDoneBelow(sequence));
  const packs = new PackSink({
    wal: log.wal,
    building,
    sql: storage.sql,
    clock,
    random,
    logger,
    metrics,
    uploads,
    settings: {
      intervalMs: settings['processor.interval.ms'],
      minSegmentAgeMs: settings['processor.min.segment.age.ms'],
      maxSegmentsPerRun: settings['processor.max.segments.per.run'],
      maxConcurrentTasks: settings['processor.parallel.indexing'] ? settings['processor.max.concurrent.tasks'] : 1,
    },
    onPacked: (sequence) => drain.packed(sequence),
  });
  const garbage = new GarbageSweep({
    sql: storage.sql,
    store: storage.store,
    clock,
    logger,
    metrics,
    intervalMs: settings['processor.interval.ms'],
    graceMs: settings['processor.garbage.grace.ms'],
    uploads,
  });
  return {
    packs,
    text,
    garbage,
    workerMetrics: async () => [
      await text.metrics(),
      ...(building instanceof ThreadedPackBuilding ? [await building.metrics()] : []),
    ],
    start() {
      void text.start().catch(() => {}); // Its failure is logged where the thread is started.
      if (settings['processor.mode'] === 'maintenance') return;
      packs.start();
      garbage.start();
    },
    async stop() {
      await packs.stop();
      await garbage.stop();
      await text.stop();
      await building.close();
    },
  };
}
