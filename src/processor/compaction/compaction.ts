import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Metrics } from '../../base/metrics.ts';
import { cleanedUpTo } from '../../metadata/compactions.ts';
import type { SqlEngine } from '../../metadata/types.ts';
import { CompactionCounts } from './metrics.ts';
import { type CompactionPlan, planCompaction } from './policy.ts';
import { CompactionRegistration } from './registration.ts';
import type { CompactablePartition, Compacting, CompactionHost, CompactionSwap, CompactionTask } from './types.ts';

export interface CompactionSettings {
  readonly keyBytes: number;
  readonly maxBytesPerSecond: number;
}

export interface CompactionParts {
  /** The partitions of topics that are compacted. */
  readonly partitions: () => Iterable<CompactablePartition>;
  /** Whether a topic is searched at this moment. */
  readonly searched: (topicId: string) => boolean;
  readonly compacting: Compacting;
  readonly sql: SqlEngine;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly settings: CompactionSettings;
  /** Keys that are being uploaded; the garbage sweep leaves them alone. */
  readonly uploads: Set<string>;
}

export interface CompactionStatus {
  readonly running: boolean;
  readonly paused: boolean;
  /** Passes that came to their end. */
  readonly passes: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly recordsRemoved: number;
  /** Share of uncompacted bytes of the dirtiest partition at the last look. */
  readonly maxDirtyRatio: number;
  /** Partitions whose last pass failed. */
  readonly failing: number;
}

/** What was found at the last look at a partition; as long as nothing of it changes there is no need to look again. */
interface Look {
  readonly below: number;
  readonly logStart: number;
  readonly config: object;
  readonly askAgain: number;
  readonly ratio: number;
}

interface Due {
  readonly partition: CompactablePartition;
  readonly plan: CompactionPlan;
}

/** Sections become one up to this size; Kafka's bound is segment.bytes, which here no section reaches. */
const GROUP_BYTES = 64 * 1024 * 1024;
/** Pause before a partition is tried again whose pass failed. */
const RETRY_MS = 60_000;
/** Failures in a row after which a partition counts as failing while it waits, too: the first ones mend themselves more often than not. */
const LASTING = 3;

/** Of a partition whose last pass failed. */
interface Failing {
  readonly retryAt: number;
  /** In a row. */
  readonly failures: number;
}

/** Decides which partitions are compacted when: one at a time, the dirtiest first. */
export class Compaction {
  readonly #parts: CompactionParts;
  readonly #registration: CompactionRegistration;
  readonly #counts: CompactionCounts;
  readonly #looks = new Map<string, Look>();
  readonly #failing = new Map<string, Failing>();
  #run: Promise<number> | undefined;
  #paused = false;
  #stopped = false;

  constructor(parts: CompactionParts) {
    this.#parts = parts;
    this.#registration = new CompactionRegistration(parts.sql, parts.clock);
    this.#counts = new CompactionCounts(parts.metrics, () => this.status());
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  /** Cuts off what is under way: the next start goes on from what was swapped. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#parts.compacting.close();
    await this.#run;
  }

  status(): CompactionStatus {
    let maxDirtyRatio = 0;
    for (const { ratio } of this.#looks.values()) maxDirtyRatio = Math.max(maxDirtyRatio, ratio);
    return {
      ...this.#counts.total,
      running: this.#run !== undefined,
      paused: this.#paused,
      maxDirtyRatio,
      failing: this.#failing.size,
    };
  }

  /**
   * Compacts what is due; the number of failures, with partitions that failed again and again and wait. A run that is under way is joined, not doubled.
   * Never rejects: failures are said.
   */
  run(): Promise<number> {
    this.#run ??= this.#runDue().finally(() => {
      this.#run = undefined;
    });
    return this.#run;
  }

  async #runDue(): Promise<number> {
    const { logger } = this.#parts;
    let failures = 0;
    try {
      const due = await this.#look();
      due.sort((a, b) => b.plan.ratio - a.plan.ratio);
      for (const one of due) if (!this.#stopped && !(await this.#compact(one))) failures++;
    } catch (err) {
      if (!this.#stopped) logger.warn({ err }, 'what is to be compacted cannot be found out; will try again');
      failures++;
    }
    const lasting = [...this.#failing.values()].filter((one) => one.failures >= LASTING);
    return Math.max(failures, lasting.length);
  }

  async #look(): Promise<Due[]> {
    const due: Due[] = [];
    const seen = new Set<string>();
    for (const partition of this.#parts.partitions()) {
      seen.add(keyOf(partition));
      if (this.#stopped || !this.#mayHaveChanged(partition)) continue;
      const plan = await this.#plan(partition);
      if (plan.due) due.push({ partition, plan });
      // What could not be compacted has gone in another way.
      else this.#failing.delete(keyOf(partition));
    }
    for (const map of [this.#looks, this.#failing]) for (const key of map.keys()) if (!seen.has(key)) map.delete(key);
    return due;
  }

  #mayHaveChanged(partition: CompactablePartition): boolean {
    const key = keyOf(partition);
    const now = this.#parts.clock.now();
    if ((this.#failing.get(key)?.retryAt ?? 0) > now) return false;
    const look = this.#looks.get(key);
    if (look === undefined || look.askAgain <= now || look.config !== partition.config) return true;
    return look.below !== belowOf(partition) || look.logStart !== partition.logStartOffset;
  }

  async #plan(partition: CompactablePartition): Promise<CompactionPlan> {
    const { topicId, partition: number, logStartOffset: logStart, config } = partition;
    const now = this.#parts.clock.now();
    const below = belowOf(partition);
    const cleaned = await cleanedUpTo(this.#parts.sql, topicId, number);
    const sections = await this.#registration.sections.overlapping(topicId, number, logStart, below);
    const plan = planCompaction({ sections, logStart, cleanedUpTo: cleaned, below, config, now });
    const { ratio } = plan;
    this.#looks.set(keyOf(partition), { below, logStart, config, ratio, askAgain: plan.due ? 0 : plan.askAgain });
    return plan;
  }

  /** Whether it worked. */
  async #compact({ partition, plan }: Due): Promise<boolean> {
    const { compacting, logger, clock } = this.#parts;
    const where = { topic: partition.topic, partition: partition.partition };
    const key = keyOf(partition);
    const started = clock.monotonic();
    try {
      const done = await compacting.compact(this.#task(partition, plan), this.#host(partition));
      await this.#registration.finished(partition.topicId, partition.partition, done.cleanedUpTo);
      partition.forgetAborted(done.emptied);
      this.#failing.delete(key);
      const { emptied: _emptied, ...numbers } = done;
      const milliseconds = Math.round(clock.monotonic() - started);
      this.#counts.finished(done, clock.now());
      logger.info({ ...where, ...numbers, dirtyRatio: plan.ratio, milliseconds }, 'a partition was compacted');
    } catch (err) {
      if (this.#stopped) return false;
      const failures = (this.#failing.get(key)?.failures ?? 0) + 1;
      this.#failing.set(key, { retryAt: clock.now() + RETRY_MS, failures });
      this.#counts.failed();
      logger.warn({ err, ...where }, 'a partition could not be compacted; will try again');
      this.#looks.delete(key);
      return false;
    }
    this.#looks.delete(key);
    return true;
  }

  #task(partition: CompactablePartition, { sections, dirtyFrom }: CompactionPlan): CompactionTask {
    const { topicId, partition: number, logStartOffset: logStart, config } = partition;
    const { clock, settings, searched } = this.#parts;
    const end = (sections.at(-1)?.lastOffset ?? -1) + 1;
    return {
      topicId,
      partition: number,
      sections,
      logStart,
      dirtyFrom,
      now: clock.now(),
      deleteRetentionMs: config.deleteRetentionMs,
      // What the last batch of a producer is matters where it lies within the pass.
      producers: partition.activeProducers().filter(({ lastOffset = 0 }) => lastOffset < end),
      aborted: partition.abortedBelow(end),
      groupBytes: Math.min(GROUP_BYTES, config.segmentBytes),
      // What retention lets go, it lets go by sections.
      groupMs: config.delete ? config.segmentMs : Number.MAX_SAFE_INTEGER,
      keyBytes: settings.keyBytes,
      maxBytesPerSecond: settings.maxBytesPerSecond,
      expiry: config.expiry,
      searched: searched(topicId),
    };
  }

  #host(partition: CompactablePartition): CompactionHost {
    const { uploads, searched, logger } = this.#parts;
    const registration = this.#registration;
    return {
      announce(objectKey) {
        uploads.add(objectKey);
        return registration.announce(objectKey);
      },
      abandon: (objectKey) => void uploads.delete(objectKey),
      async swap(swap: CompactionSwap) {
        // A topic that is searched since the pass began takes the old text segments for what is there.
        if (swap.text.length === 0 && searched(swap.topicId))
          throw new Error('the topic is searched since a moment ago');
        await registration.swap(swap);
        const before = swap.replaced.reduce((sum, { length }) => sum + length, 0);
        logger.debug({ topic: partition.topic, partition: partition.partition, upTo: swap.to }, 'compaction gets on');
        partition.compacted(swap.to, (swap.section?.length ?? 0) - before);
        for (const { objectKey } of [...(swap.section === undefined ? [] : [swap.section]), ...swap.text])
          uploads.delete(objectKey);
      },
    };
  }
}

const keyOf = ({ topicId, partition }: { readonly topicId: string; readonly partition: number }): string =>
  `${topicId}/${partition}`;

/** Nothing at or above this is compacted: it is of open transactions, or in the WAL, where readers look first. */
const belowOf = ({ lastStableOffset, packedBelow }: CompactablePartition): number =>
  Math.min(lastStableOffset, packedBelow);
