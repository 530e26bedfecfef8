import { type Clock, sleep } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Metrics } from '../../base/metrics.ts';
import { type Random, uuidToString } from '../../base/random.ts';
import type { SqlEngine } from '../../metadata/types.ts';
import type { SealedSegment } from '../../wal/options.ts';
import type { PackBuilding } from './builder.ts';
import { type PackPlan, PackRegistration } from './registration.ts';
import { addStatistics, NO_STATISTICS, type RunStatistics, statisticsMetrics } from './run-statistics.ts';

type Sealed = Pick<SealedSegment, 'sequence' | 'sealedAt'>;

/** The WAL, as the sink needs it. */
export interface SealedSource {
  /** By sequence. */
  sealedSegments(): readonly Sealed[];
  /** The WAL is larger than it should be: packs are wanted at once. */
  readonly overLimit: boolean;
}

export interface PackSinkSettings {
  readonly minSegmentAgeMs: number;
  readonly maxSegmentsPerRun: number;
  readonly maxConcurrentTasks: number;
}

export interface PackSinkParts {
  readonly wal: SealedSource;
  readonly building: PackBuilding;
  readonly sql: SqlEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly settings: PackSinkSettings;
  /** Keys that are being uploaded; the garbage sweep leaves them alone. */
  readonly uploads: Set<string>;
  /** All that the WAL segment held is registered. In order of the sequence; durable. */
  readonly onPacked: (sequence: number) => void;
}

export interface PackSinkStatus {
  readonly running: boolean;
  readonly paused: boolean;
  /** Sealed segments that wait to be packed. */
  readonly waiting: number;
  readonly total: RunStatistics;
  readonly lastRun: RunStatistics;
  /** Why the last attempt failed, until one works again. */
  readonly failing: string | undefined;
}

/** How long the end waits for packs under way. */
const STOP_PATIENCE_MS = 3000;

/**
 * Packs sealed WAL segments, each into one object. Segments may be built and uploaded side by side and are registered in order, so
 * that what is packed of a partition never has a hole. Whatever fails is tried again by the next run.
 */
export class PackSink {
  readonly #parts: PackSinkParts;
  readonly #registration: PackRegistration;
  readonly #count: (done: Partial<RunStatistics>) => void;
  readonly #packed = new Set<number>();
  #run: Promise<RunStatistics> | undefined;
  #paused = false;
  #stopped = false;
  #total = NO_STATISTICS;
  #lastRun = NO_STATISTICS;
  #failing: string | undefined;

  constructor(parts: PackSinkParts) {
    this.#parts = parts;
    this.#registration = new PackRegistration(parts.sql);
    this.#count = statisticsMetrics(parts.metrics, 'pack');
    parts.metrics.gaugeFrom(
      'quarry_processor_waiting_segments',
      'Sealed WAL segments that wait to be packed.',
      () => this.#waiting().length,
    );
  }

  /** Packs what is due. A WAL over its limit gets run after run, as long as they get on. Gives the last one. */
  async catchUp(): Promise<RunStatistics> {
    let done: RunStatistics;
    do done = await this.run();
    while (this.#parts.wal.overLimit && done.segments > 0 && done.errors === 0);
    return done;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  /** Ends after what is being worked on, or cuts it off when that takes long: an object store that is down must not hold up the end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const { clock, building } = this.#parts;
    const over = new AbortController();
    const late = sleep(clock, STOP_PATIENCE_MS, over.signal).then((waited) => (waited ? building.close() : undefined));
    await this.#run;
    over.abort();
    await late;
  }

  status(): PackSinkStatus {
    return {
      running: this.#run !== undefined,
      paused: this.#paused,
      waiting: this.#waiting().length,
      total: this.#total,
      lastRun: this.#lastRun,
      failing: this.#failing,
    };
  }

  #waiting(): readonly Sealed[] {
    return this.#parts.wal.sealedSegments().filter((segment) => !this.#packed.has(segment.sequence));
  }

  /**
   * Packs what is due, or everything sealed when `all`. A run that is under way is joined, not doubled. Never rejects: failures are counted,
   * said once and shown in the status.
   */
  run(all = false): Promise<RunStatistics> {
    if (this.#run !== undefined) return this.#run;
    if (this.#stopped || (this.#paused && !all)) return Promise.resolve(NO_STATISTICS);
    this.#run = this.#runDue(all).finally(() => {
      this.#run = undefined;
    });
    return this.#run;
  }

  async #runDue(all: boolean): Promise<RunStatistics> {
    const { clock, settings } = this.#parts;
    this.#forgetDrained();
    const due = this.#due(all);
    if (due.length === 0) return NO_STATISTICS;
    const started = clock.monotonic();
    let done = NO_STATISTICS;
    try {
      const plan = await this.#registration.plan();
      done = await this.#packAll(due, plan, settings.maxConcurrentTasks);
    } catch (error) {
      done = addStatistics(done, { errors: 1 });
      this.#failed(error, due[0]?.sequence);
    }
    this.#lastRun = { ...done, durationMs: clock.monotonic() - started };
    this.#total = addStatistics(this.#total, this.#lastRun);
    return this.#lastRun;
  }

  /**
   * Age does not matter when the WAL is over its limit. What was sealed before a segment that is due is due, too, whatever the clock did meanwhile: once a
   * later one is packed, what comes before counts as packed.
   */
  #due(all: boolean): readonly Sealed[] {
    const { wal, clock, settings } = this.#parts;
    const youngest = clock.now() - settings.minSegmentAgeMs;
    const waiting = this.#waiting();
    const last = waiting.findLastIndex(({ sealedAt }) => all || wal.overLimit || sealedAt <= youngest);
    const ripe = waiting.slice(0, last + 1);
    return all ? ripe : ripe.slice(0, settings.maxSegmentsPerRun);
  }

  #forgetDrained(): void {
    const sealed = new Set(this.#parts.wal.sealedSegments().map((segment) => segment.sequence));
    for (const sequence of this.#packed) if (!sealed.has(sequence)) this.#packed.delete(sequence);
  }

  /** Some at a time; each waits for the one before it to be registered. After a failure the later ones of the run fail too. */
  async #packAll(due: readonly Sealed[], plan: PackPlan, lanes: number): Promise<RunStatistics> {
    let done = NO_STATISTICS;
    let next = 0;
    let before: Promise<boolean> = Promise.resolve(true);
    const lane = async (): Promise<void> => {
      for (;;) {
        const segment = due[next++];
        if (segment === undefined || this.#stopped) return;
        const mine = this.#pack(segment.sequence, plan, before);
        before = mine.then((result) => result.segments === 1);
        const result = await mine;
        done = addStatistics(done, result);
        if (result.segments === 0) return;
      }
    };
    await Promise.all(Array.from({ length: Math.min(lanes, due.length) }, lane));
    return done;
  }

  /** `before` tells whether the segment before was registered. */
  async #pack(sequence: number, plan: PackPlan, before: Promise<boolean>): Promise<RunStatistics> {
    const { clock, random, building, uploads, logger } = this.#parts;
    const started = clock.monotonic();
    const objectKey = `packs/${String(sequence).padStart(20, '0')}-${uuidToString(random.bytes(16))}.pack`;
    uploads.add(objectKey);
    try {
      await this.#registration.announce(objectKey, clock.now());
      const pack = await building.build({ sequence, objectKey, ...plan });
      if (!(await before)) return NO_STATISTICS; // The failure before is the one that is said.
      for (const range of pack.corrupt)
        logger.error(
          { ...range },
          'A stretch of the WAL is corrupt, it is kept in the quarantine folder and not packed.',
        );
      if (pack.sections.length === 0) await this.#registration.withdraw(objectKey);
      else await this.#registration.register(objectKey, pack, sequence, clock.now());
      this.#packed.add(sequence);
      this.#failing = undefined;
      const done = {
        ...NO_STATISTICS,
        segments: 1,
        records: pack.sections.reduce((sum, section) => sum + section.records, 0),
        indexes: pack.sections.length,
        corrupt: pack.corrupt.length,
        bytesRead: pack.bytesRead,
        bytesWritten: pack.bytesWritten,
      };
      this.#count({ ...done, durationMs: clock.monotonic() - started });
      this.#parts.onPacked(sequence);
      return done;
    } catch (error) {
      this.#failed(error, sequence);
      return { ...NO_STATISTICS, errors: 1 };
    } finally {
      uploads.delete(objectKey);
    }
  }

  #failed(error: unknown, sequence: number | undefined): void {
    const { logger } = this.#parts;
    const message = error instanceof Error ? error.message : String(error);
    // Every attempt has a key of its own, and yet the reason is the same.
    const reason = message.replaceAll(/packs\/[\w-]+\.pack/g, 'a pack');
    this.#count({ errors: 1 });
    if (this.#failing !== reason)
      logger.warn({ err: error, sequence }, 'A WAL segment could not be packed; the next run tries again.');
    this.#failing = reason;
  }
}
