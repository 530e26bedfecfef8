import type { Logger } from '../base/logger.ts';
import type { Compaction } from '../processor/compaction/compaction.ts';
import type { GarbageSweep } from '../processor/garbage-sweep.ts';
import { DurableDocument } from '../processor/jobs/kept-document.ts';
import { JobMemory } from '../processor/jobs/job-memory.ts';
import { compactionJob, garbageJob, packJob, retentionJob, sealJob, tableFlushJob } from '../processor/jobs/kinds.ts';
import { Scheduler } from '../processor/jobs/scheduler.ts';
import { scrubJob, verifyJob } from '../processor/jobs/scrub.ts';
import { tableScrubJob, tableVerifyJob } from '../processor/jobs/table-scrub.ts';
import type { PackSink } from '../processor/packs/sink.ts';
import type { TableService } from '../processor/tables/service.ts';
import type { TextService } from '../processor/text/service.ts';
import { fileSystemStorage, jsonMergeInterpreter, WriteAheadLog } from '../state/index.ts';
import { defineMerging } from './merging.ts';
import { defineTableRetention } from './table-retention.ts';
import type { BrokerParts } from './parts.ts';
import type { Locations, Storage } from './storage.ts';
import type { Topics } from './topics.ts';

interface Workers {
  readonly packs: PackSink;
  readonly text: TextService;
  readonly garbage: GarbageSweep;
  readonly compaction: Compaction;
  readonly tables: TableService;
}

/** What the scheduler keeps over restarts: files of the state library in the data directory. */
async function openMemory({ disk, clock }: BrokerParts, { data }: Locations, logger: Logger): Promise<JobMemory> {
  const log = new WriteAheadLog({
    stateInterpreter: jsonMergeInterpreter,
    storage: fileSystemStorage(disk),
    serviceName: 'processor',
    baseDir: `${data}/state`,
    clock,
    report: (problem) => logger.warn({ ...problem }, 'a file of what the processor keeps is not as it must be'),
  });
  return new JobMemory(
    await DurableDocument.open(log, 'decisions', logger),
    await DurableDocument.open(log, 'progress', logger),
  );
}

/** The scheduler with all background work of a broker; nothing runs by itself before its start. */
export async function openJobs(
  parts: BrokerParts,
  storage: Storage,
  topics: Topics,
  workers: Workers,
): Promise<Scheduler> {
  const { settings, clock, random, metrics } = parts;
  const { sql, store, locations } = storage;
  const logger = parts.logger.child('jobs');
  const memory = await openMemory(parts, locations, logger);
  const maxRunning = settings['processor.jobs.max.concurrent'];
  const jobs = new Scheduler({ clock, random, metrics, logger, maxRunning, memory });
  const intervalMs = settings['processor.interval.ms'];
  jobs.define(packJob(workers.packs, intervalMs));
  jobs.define(sealJob(workers.text));
  jobs.define(tableFlushJob(workers.tables));
  jobs.define(garbageJob(workers.garbage, intervalMs));
  jobs.define(retentionJob(() => topics.log.retain(), settings['log.retention.check.interval.ms']));
  if (settings['log.cleaner.enable'])
    jobs.define(compactionJob(workers.compaction, () => settings['log.cleaner.backoff.ms']));
  defineMerging(jobs, parts, topics, workers);
  defineTableRetention(jobs, parts, storage, topics, workers.tables);
  // Checked is what is stored, and what clients read stays in the cache.
  const stored = { sql, store: store.behindCache ?? store };
  jobs.define(verifyJob(stored));
  jobs.define(tableVerifyJob(workers.tables));
  const bytesPerSecond = settings['processor.scrub.bytes.per.second'];
  const scrubbing = { clock, logger, metrics, bytesPerSecond, intervalMs: settings['processor.scrub.interval.ms'] };
  const aside = (kind: string) => (key: string, problem: string) => void jobs.quarantine(kind, key, problem);
  if (bytesPerSecond > 0) {
    jobs.define(scrubJob({ ...scrubbing, ...stored, setAside: aside('verify') }));
    jobs.define(tableScrubJob({ ...scrubbing, tables: workers.tables, setAside: aside('table-verify') }));
  }
  return jobs;
}

/**
 * Lets the jobs run by themselves: packs at once when a WAL over its limit seals a segment, tables when somebody had records or a topic deleted. Gives
 * what ends the latter.
 */
export function startJobs(jobs: Scheduler, { log, catalog }: Topics): () => void {
  jobs.start();
  const { wal } = log;
  const listening = [
    wal.onSealed(() => {
      if (wal.overLimit) jobs.submit('packs');
    }),
    log.onDeleted((topicId) => void jobs.submit('table-retention', topicId)),
    catalog.onDelete(() => void jobs.submit('table-drop')),
  ];
  // What was asked for before the start.
  for (const kind of ['table-retention', 'table-drop']) jobs.submit(kind);
  return () => {
    for (const end of listening) end();
  };
}
