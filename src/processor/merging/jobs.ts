import type { Clock } from '../../base/clock.ts';
import type { MergePolicy, MergeRule } from '../../base/merge-policy.ts';
import type { Logger } from '../../base/logger.ts';
import type { JobKind } from '../jobs/types.ts';
import { REWRITING, tableLocks, UPKEEP_RETRY } from '../jobs/kinds.ts';
import type { TableService } from '../tables/service.ts';
import type { MergedKind, MergeMeters, SegmentMergeOutcome } from './metrics.ts';

/** What all merging goes by; read anew each time. */
export interface MergeSettings {
  readonly minPieces: number;
  readonly targetBytes: number;
  readonly intervalMs: number;
  readonly concurrent: number;
  readonly memoryBytes: number;
  readonly maxBytesPerSecond: number;
}

export interface MergeJobParts {
  readonly settings: MergeSettings;
  /** A topic's own choice; undefined for one that is gone. */
  readonly policyOf: (topicId: string) => MergePolicy | 'none' | undefined;
  readonly logger: Logger;
}

/** Pieces that are merged at once. */
const MAX_PIECES = 32;

/** The rule of a topic; undefined where nothing of it is merged. */
function ruleOf({ settings, policyOf }: MergeJobParts, topicId: string): MergeRule | undefined {
  const policy = policyOf(topicId);
  if (policy === undefined || policy === 'none') return undefined;
  return { policy, minPieces: settings.minPieces, targetBytes: settings.targetBytes, maxPieces: MAX_PIECES };
}

/** Merges small files of the topics' tables. Without a key: hands in a job for each table that may have some. */
export function tableMergeJob(parts: MergeJobParts, tables: TableService): JobKind {
  const { settings, logger } = parts;
  return {
    name: 'table-merge',
    summary:
      'Merges small files of a table into larger ones; its key is the id of the topic, without one all that need it.',
    area: 'compaction',
    priority: 10,
    concurrency: settings.concurrent,
    retry: UPKEEP_RETRY,
    everyMs: () => settings.intervalMs,
    locks: tableLocks,
    async run(topicId, { signal, forced, submit, progress }) {
      if (topicId === '') {
        for (const due of await tables.mergesDue(forced ? 0 : settings.minPieces)) submit('table-merge', due);
        return;
      }
      const rule = ruleOf(parts, topicId);
      if (rule === undefined) return;
      const { memoryBytes, maxBytesPerSecond } = settings;
      const report = await tables.merge(topicId, { rule, memoryBytes, maxBytesPerSecond }, signal, progress);
      if (report === undefined) return;
      const { found, ...numbers } = report;
      if (report.merges > 0) logger.info({ topicId, ...numbers }, 'small files of a table were merged');
      for (const [file, reason] of found) logger.error({ topicId, file, reason }, 'a file of a table cannot be merged');
    },
  };
}

/** Removes old snapshots of the topics' tables. Without a key: hands in a job for each table. */
export function tableExpiryJob(
  tables: TableService,
  settings: { readonly retentionMs: number; readonly intervalMs: number },
): JobKind {
  return {
    name: 'table-expiry',
    summary:
      'Removes old snapshots of a table and files that only they need; its key is the id of the topic, without one all.',
    area: 'compaction',
    priority: 5,
    concurrency: 1,
    retry: UPKEEP_RETRY,
    everyMs: () => settings.intervalMs,
    pauseOutlivesRestart: true,
    locks: tableLocks,
    async run(topicId, { submit }) {
      if (topicId !== '') await tables.expire(topicId, settings.retentionMs);
      else for (const one of tables.topics()) submit('table-expiry', one);
    },
  };
}

/** What merges packs, or text segments, of some topics by one rule. A merge that fails stops no other. */
export interface SegmentMerger {
  run(
    topicIds: readonly string[],
    rule: MergeRule,
    maxBytesPerSecond: number,
    signal: AbortSignal,
    /** Called after each merge. */
    onMerge: () => void,
  ): Promise<SegmentMergeOutcome>;
}

export interface SegmentMergeJobParts extends MergeJobParts {
  readonly kind: Extract<MergedKind, 'pack' | 'text'>;
  readonly summary: string;
  readonly merger: SegmentMerger;
  /** Topics of which something may be merged. */
  readonly topicIds: () => readonly string[];
  /** Grows with each pack, or text segment, that is stored. */
  readonly stored: () => Promise<number>;
  readonly meters: MergeMeters;
  readonly clock: Clock;
  /** Share of the time that it may take by itself, at most; below 1. Missing: as much as it needs. */
  readonly share?: number;
}

/** No merge is begun after so long, though it may take all the time that it needs: others wait for their turn to rewrite something. */
const LONGEST_RUN_MS = 60_000;

/** How long a run may go on so that, with the pause after it, it takes no more than that share of the time. */
export const longestRunMs = (intervalMs: number, share: number): number => (intervalMs * share) / (1 - share);

/**
 * Merges packs or text segments, once so many new ones were stored that there may be something to merge. Where it may take a share of the time only, no
 * merge begins after that; the rest is done by later runs. Else the next run comes when others that waited had their turn.
 */
export function segmentMergeJob(parts: SegmentMergeJobParts): JobKind {
  const { kind, summary, settings, merger, topicIds, stored, meters, logger, clock, share } = parts;
  const longest = (): number => (share === undefined ? LONGEST_RUN_MS : longestRunMs(settings.intervalMs, share));
  const merge = async (signal: AbortSignal, onMerge: () => void): Promise<void> => {
    let failed: Error | undefined;
    const byPolicy = Map.groupBy(topicIds(), (topicId) => ruleOf(parts, topicId)?.policy);
    for (const [policy, ids] of byPolicy) {
      const rule = policy === undefined ? undefined : ruleOf(parts, ids[0] ?? '');
      if (rule === undefined || policy === undefined) continue;
      const { failure, ...outcome } = await merger.run(ids, rule, settings.maxBytesPerSecond, signal, onMerge);
      failed ??= failure;
      meters.merged(kind, policy, outcome);
      if (outcome.merges > 0) logger.info({ kind, policy, ...outcome }, 'small segments were merged');
    }
    if (failed !== undefined) throw failed;
  };
  let looked = Number.NEGATIVE_INFINITY;
  return {
    name: `${kind}-merge`,
    summary,
    area: 'compaction',
    priority: 10,
    concurrency: 1,
    retry: UPKEEP_RETRY,
    everyMs: () => settings.intervalMs,
    locks: () => [REWRITING],
    async run(_key, { signal, forced, progress, submit }) {
      const now = await stored();
      if (!forced && now - looked < settings.minPieces) return;
      const over = new AbortController();
      const timer = forced ? undefined : clock.after(longest(), () => over.abort());
      try {
        let merged = 0;
        await merge(AbortSignal.any([signal, over.signal]), () => progress(++merged));
      } finally {
        timer?.cancel();
      }
      signal.throwIfAborted();
      // Where time was up there may be more to merge, even if nothing new comes.
      if (!over.signal.aborted) looked = now;
      else if (share === undefined) submit(`${kind}-merge`);
    },
  };
}
