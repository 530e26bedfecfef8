import { type Clock, sleep } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { TextIndexer } from './indexer.ts';
import type { TextPartition } from './partition.ts';
import type { TextHost } from './types.ts';

const IDLE_MS = 1000;
/** After a failure, before the next partition is tried. */
const RETRY_MS = 200;
/** How long a gap waits that begins with an open transaction, unless a marker is seen before. */
const UNSTABLE_MS = 1000;

export interface TextBackfillParts {
  readonly host: Pick<TextHost, 'readLog'>;
  readonly indexer: TextIndexer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A partition with a gap, if there is one to be filled now; in turn, so that one that cannot be filled holds up no other. */
  readonly next: () => TextPartition | undefined;
  /** Resolves when there is memory for more. */
  readonly room: () => Promise<void>;
  readonly onProgress: (partition: TextPartition) => void;
}

/** Fills gaps: records that the WAL no longer holds, or held before their topic was searched, are indexed from the log. */
export class TextBackfill {
  readonly #parts: TextBackfillParts;
  readonly #stop = new AbortController();
  #wake: (() => void) | undefined;
  #loop: Promise<void> | undefined;
  readonly #failing = new WeakSet<TextPartition>();

  constructor(parts: TextBackfillParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** There may be a gap. */
  wake(): void {
    this.#wake?.();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake?.();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const partition = this.#parts.next();
      if (partition === undefined) await this.#idle();
      else if (!(await this.#fill(partition))) await sleep(this.#parts.clock, RETRY_MS, signal);
    }
  }

  async #idle(): Promise<void> {
    const woken = new Promise<boolean>((resolve) => {
      this.#wake = () => resolve(true);
    });
    await Promise.race([woken, sleep(this.#parts.clock, IDLE_MS, this.#stop.signal)]);
    this.#wake = undefined;
  }

  /** One read's worth of the partition's first gap; false when it failed. */
  async #fill(partition: TextPartition): Promise<boolean> {
    const { host, indexer, clock, room, onProgress } = this.#parts;
    const gap = partition.gaps[0];
    if (gap === undefined) return true;
    try {
      await room();
      const read = await host.readLog(partition.topicId, partition.partition, gap.from);
      if (this.#stop.signal.aborted || partition.removed || partition.gaps[0] !== gap) return true;
      if ('logStart' in read) partition.filledTo(Math.max(gap.from + 1, read.logStart));
      else if ('nothingBefore' in read) indexer.skip(partition, read.nothingBefore, clock.monotonic());
      else if ('unstable' in read) partition.unstableUntil = clock.monotonic() + UNSTABLE_MS;
      else indexer.fill(partition, read.batches, read.aborted, clock.monotonic());
      onProgress(partition);
      this.#failing.delete(partition);
      return true;
    } catch (err) {
      this.#failed(partition, gap.from, err);
      return false;
    }
  }

  /** Said once for each partition, until it works again. */
  #failed(partition: TextPartition, offset: number, err: unknown): void {
    if (this.#failing.has(partition)) return;
    this.#failing.add(partition);
    const where = { topicId: partition.topicId, partition: partition.partition, offset };
    this.#parts.logger.warn({ err, ...where }, 'records could not be read for indexing; will try again');
  }
}
