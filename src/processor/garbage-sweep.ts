import { type Clock, sleep } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import { Garbage } from '../metadata/garbage.ts';
import type { SqlEngine } from '../metadata/types.ts';
import type { ObjectStore } from '../objects/types.ts';

export interface GarbageSweepParts {
  readonly sql: SqlEngine;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Time from the moment nothing refers to an object until it is deleted: readers that know it may still be at it. */
  readonly graceMs: number;
  /** Keys that this process is uploading, or working on in the store. */
  readonly uploads: Pick<ReadonlySet<string>, 'has'>;
}

const STOP_PATIENCE_MS = 3000;
/** Objects that are deleted, and forgotten, together. */
const TOGETHER = 1000;

/** Deletes objects that nothing refers to: expired, replaced, or uploaded by someone who did not live to register them. */
export class GarbageSweep {
  readonly #parts: GarbageSweepParts;
  readonly #garbage: Garbage;
  readonly #deleted: { inc(by?: number): void };
  #run: Promise<number> = Promise.resolve(0);
  #failing: string | undefined;
  #stopped = false;

  constructor(parts: GarbageSweepParts) {
    this.#parts = parts;
    this.#garbage = new Garbage(parts.sql);
    this.#deleted = parts.metrics.counter('quarry_processor_deleted_objects_total', 'Objects deleted after expiry.');
  }

  /** Why the last run failed. */
  get failing(): string | undefined {
    return this.#failing;
  }

  /** Ends after the run under way, or leaves that to itself when it takes long: it can be cut off anywhere. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const over = new AbortController();
    await Promise.race([this.#run, sleep(this.#parts.clock, STOP_PATIENCE_MS, over.signal)]);
    over.abort();
  }

  /** Deletes what is due; the number of objects. Never rejects: what fails is said once and tried again next time. */
  run(): Promise<number> {
    this.#run = this.#run.then(() => this.#sweep());
    return this.#run;
  }

  async #sweep(): Promise<number> {
    const { clock, graceMs, uploads, logger } = this.#parts;
    let deleted = 0;
    try {
      const rows = await this.#garbage.condemn(clock.now() - graceMs, uploads);
      let failure: { readonly error: unknown } | undefined;
      for (let at = 0; at < rows.length && !this.#stopped; at += TOGETHER) {
        const keys = rows.slice(at, at + TOGETHER).map((row) => row.objectKey);
        try {
          await this.#delete(keys);
          deleted += keys.length;
        } catch (error) {
          // One that cannot be deleted keeps few others.
          failure ??= { error };
        }
      }
      if (failure !== undefined) throw failure.error;
      this.#failing = undefined;
    } catch (err) {
      if (this.#failing === undefined && !this.#stopped)
        logger.warn({ err }, 'Objects that nothing refers to could not be deleted; will try again.');
      this.#failing = (err as Error).message;
    }
    return deleted;
  }

  async #delete(keys: readonly string[]): Promise<void> {
    await this.#parts.store.delete(keys);
    await this.#garbage.forget(keys);
    this.#deleted.inc(keys.length);
  }
}
