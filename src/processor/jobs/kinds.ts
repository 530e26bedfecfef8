import type { Compaction } from '../compaction/compaction.ts';
import type { GarbageSweep } from '../garbage-sweep.ts';
import type { PackSink } from '../packs/sink.ts';
import type { TableService } from '../tables/service.ts';
import type { TextService } from '../text/service.ts';
import { JobFailure, kindOfFailure } from './failures.ts';
import type { Lock } from './lock-table.ts';
import type { JobKind, RetryRule } from './types.ts';

/** Shortest pause between runs, whatever a setting says. */
const MIN_PAUSE_MS = 10;
const SECOND = 1000;

/** Whoever rewrites packs or text segments has them, and the thread that does it, to itself. */
export const REWRITING: Lock = { name: 'rewriting', mode: 'exclusive' };

/** Nobody else rewrites the files of a topic's table, or drops it. A job for all topics has none. */
export const tableLocks = (topicId: string): readonly Lock[] =>
  topicId === '' ? [] : [{ name: `table:${topicId}`, mode: 'exclusive' }];

/** Work that can wait, and that costs something each time. */
export const UPKEEP_RETRY: RetryRule = { baseMs: 5000, maxMs: 600_000, factor: 3 };

/** Tries soon after the first failure, and never less often than by its period. */
const within = (periodMs: number): RetryRule => ({ baseMs: Math.min(SECOND, periodMs), maxMs: periodMs, factor: 2 });

/** A failure that the work itself has said and counted already. */
function failed(reason: string): JobFailure {
  return new JobFailure(kindOfFailure(new Error(reason)), reason);
}

/** Packs what is due; everything that is sealed when a person asks. Never kept aside: until it works the WAL holds what is not packed. */
export function packJob(packs: PackSink, intervalMs: number): JobKind {
  return {
    name: 'packs',
    summary: 'Packs sealed WAL segments into objects.',
    area: 'flush',
    priority: 30,
    concurrency: 1,
    retry: within(intervalMs),
    everyMs: () => intervalMs,
    async run(_key, { forced }) {
      const { errors } = await (forced ? packs.run(true) : packs.catchUp());
      if (errors > 0) throw failed(packs.status().failing ?? 'a WAL segment could not be packed');
    },
  };
}

/** Seals the live text indexes when asked; by itself the text sink does so as they grow and age. */
export function sealJob(text: Pick<TextService, 'seal'>): JobKind {
  return {
    name: 'text-seal',
    summary: 'Seals all live text indexes and stores them.',
    area: 'flush',
    priority: 30,
    concurrency: 1,
    retry: within(10 * SECOND),
    run: () => text.seal(),
  };
}

/** Puts everything that is stable into the tables when asked; by itself the table sink does so as rows grow and age. */
export function tableFlushJob(tables: Pick<TableService, 'flush' | 'status'>): JobKind {
  return {
    name: 'table-flush',
    summary: 'Puts everything that is stable into the tables.',
    area: 'flush',
    priority: 30,
    concurrency: 1,
    retry: within(60 * SECOND),
    async run() {
      await tables.flush();
      const { failing, tables: all } = await tables.status();
      const [first, ...others] = all.filter((table) => table.failing !== undefined);
      if (first !== undefined)
        throw failed(
          `the table of ${first.topic}${others.length > 0 ? ` and ${others.length} more` : ''}: ${first.failing ?? ''}`,
        );
      if (failing !== undefined) throw failed(failing);
    },
  };
}

/** Compacts what is due. A partition that fails is left for a while; the others go on. */
export function compactionJob(compaction: Compaction, backoffMs: () => number): JobKind {
  return {
    name: 'compaction',
    summary: 'Rewrites partitions of compacted topics, the dirtiest first.',
    area: 'compaction',
    priority: 10,
    concurrency: 1,
    retry: within(15 * SECOND),
    everyMs: () => Math.max(MIN_PAUSE_MS, backoffMs()),
    locks: () => [REWRITING],
    async run(_key, { forced }) {
      if (!forced && compaction.status().paused) return;
      const failures = await compaction.run();
      if (failures > 0) throw failed(`${failures} partitions could not be compacted; the log says why`);
    },
  };
}

/** Deletes objects that nothing refers to. */
export function garbageJob(garbage: GarbageSweep, intervalMs: number): JobKind {
  return {
    name: 'garbage',
    summary: 'Deletes objects that nothing refers to.',
    area: 'system',
    priority: 5,
    concurrency: 1,
    retry: within(intervalMs),
    everyMs: () => intervalMs,
    async run() {
      await garbage.run();
      if (garbage.failing !== undefined) throw failed(garbage.failing);
    },
  };
}

/** Lets go what is too old or too much. `retain` resolves with the number of partitions that failed. */
export function retentionJob(retain: () => Promise<number>, intervalMs: number): JobKind {
  return {
    name: 'retention',
    summary: 'Lets records go that are older, or partitions that are larger, than their settings allow.',
    area: 'wal',
    priority: 20,
    concurrency: 1,
    retry: within(intervalMs),
    everyMs: () => intervalMs,
    async run() {
      const failures = await retain();
      if (failures > 0) throw failed(`retention failed in ${failures} partitions; the log says why`);
    },
  };
}
