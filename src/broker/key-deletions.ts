import { ErasedObjects } from '../metadata/erased-objects.ts';
import { KeyDeletionRows } from '../metadata/key-deletions.ts';
import { CompactionRegistration } from '../processor/compaction/registration.ts';
import { KeyDeletions, keyDeletionJob } from '../processor/erasure/key-deletions.ts';
import { LogErasure, type Settling } from '../processor/erasure/log-erasure.ts';
import { ObjectClearing } from '../processor/erasure/object-clearing.ts';
import { sectionExpiryJob } from '../processor/erasure/section-expiry.ts';
import type { Erasing } from '../processor/erasure/types.ts';
import type { Merging } from '../processor/merging/types.ts';
import type { Scheduler } from '../processor/jobs/scheduler.ts';
import type { PackSink } from '../processor/packs/sink.ts';
import type { TableService } from '../processor/tables/service.ts';
import type { TextService } from '../processor/text/service.ts';
import type { WalDrain } from '../processor/wal-drain.ts';
import type { BrokerParts } from './parts.ts';
import type { Storage } from './storage.ts';
import type { Topics } from './topics.ts';

interface Workers {
  readonly packs: PackSink;
  readonly text: TextService;
  readonly tables: TableService;
  readonly jobs: Scheduler;
  readonly drain: WalDrain;
  readonly erasing: Erasing;
  readonly merging: Merging;
  /** Keys that the garbage sweep leaves alone. */
  readonly uploads: Set<string>;
}

function settlingOf({ catalog, log }: Topics, { packs, text, drain }: Workers): Settling {
  return {
    roll: () => log.wal.roll(),
    async pack() {
      await packs.run(true);
      return packs.status().failing;
    },
    release: () => drain.release(),
    indexedUpTo(topicId, partition) {
      const topic = catalog.byId(topicId);
      const searched = topic !== undefined && catalog.searchConfig(topic).search;
      return searched ? text.indexedUpTo(topicId, partition) : Number.POSITIVE_INFINITY;
    },
    async seal() {
      await text.seal();
      return (await text.status()).failing;
    },
  };
}

/** Deletions of keys, with their kind of job; a topic that is deleted ends those of its keys. */
export function openKeyDeletions(
  parts: BrokerParts,
  { sql, store }: Storage,
  topics: Topics,
  workers: Workers,
): KeyDeletions {
  const { settings, clock, random, metrics } = parts;
  const { catalog, log } = topics;
  const { jobs, erasing, merging, uploads, tables } = workers;
  const registration = new CompactionRegistration(sql, clock);
  const partitions = (topicId: string) => log.partitionsOf(topicId);
  const maxBytesPerSecond = (): number => settings['log.cleaner.io.max.bytes.per.second'];
  const shared = { registration, clock, uploads, maxBytesPerSecond };
  const submit = (topicId: string): void => void jobs.submit('key-deletion', topicId);
  const erasure = new LogErasure({ ...shared, settling: settlingOf(topics, workers), erasing });
  const clearing = new ObjectClearing({
    ...shared,
    merging,
    partitions,
    objects: new ErasedObjects(sql),
    store,
    random,
    indexBasePath: settings['processor.index.base.path'],
  });
  const deletions = new KeyDeletions({
    rows: new KeyDeletionRows(sql),
    partitions,
    log: erasure,
    tables,
    clearing,
    submit,
    clock,
    random,
    audit: parts.logger.child('audit'),
    metrics,
  });
  jobs.define(keyDeletionJob(deletions));
  const topicIds = (): readonly string[] => catalog.all().map(({ topicId }) => topicId);
  const intervalMs = settings['log.retention.check.interval.ms'];
  jobs.define(sectionExpiryJob({ ...shared, metrics, log: erasure, clearing, topicIds, partitions, intervalMs }));
  catalog.onDelete(({ topicId }) => {
    deletions.topicDeleted(topicId).catch((err: unknown) => parts.logger.warn({ err }, 'a deletion of a key waits on'));
  });
  return deletions;
}
