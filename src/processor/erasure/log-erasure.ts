import { type Clock, sleep } from '../../base/clock.ts';
import type { LogConfig } from '../../log/types.ts';
import type { SectionRow } from '../../metadata/types.ts';
import type { CompactionRegistration } from '../compaction/registration.ts';
import type { CompactablePartition } from '../compaction/types.ts';
import { JobFailure } from '../jobs/failures.ts';
import type { Erasing, ErasureDone, ErasureHost, KeyEnd } from './types.ts';

/** A partition of the log, as the deletion of keys sees it. */
export type ErasablePartition = Pick<
  CompactablePartition,
  | 'topic'
  | 'topicId'
  | 'partition'
  | 'logStartOffset'
  | 'lastStableOffset'
  | 'packedBelow'
  | 'activeProducers'
  | 'abortedBelow'
  | 'compacted'
> & { readonly logEndOffset: number; readonly config: LogConfig };

/** The sinks, as far as records have to get through them to be reached. */
export interface Settling {
  /** Seals the WAL segment that is being written. */
  roll(): void;
  /** Packs all sealed WAL segments; the reason when that does not work. */
  pack(): Promise<string | undefined>;
  /** Lets packed WAL segments go, whatever the settings say. */
  release(): void;
  /** Offsets below are indexed; infinite where the topic is not searched. */
  indexedUpTo(topicId: string, partition: number): number;
  /** Stores all live text indexes; the reason when that does not work. */
  seal(): Promise<string | undefined>;
}

export interface LogErasureParts {
  readonly settling: Settling;
  readonly erasing: Erasing;
  readonly registration: CompactionRegistration;
  readonly clock: Clock;
  /** Keys that are being uploaded; the garbage sweep leaves them alone. */
  readonly uploads: Set<string>;
  readonly maxBytesPerSecond: () => number;
}

/** What became of a section of which records may be past their time. */
export interface SectionExpired {
  /** When half of its records will be, ms since the epoch; undefined when it was made anew. */
  readonly due: number | undefined;
  /** Records that went. */
  readonly removed: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** Share of the records of a section that are past their time when it is made anew. */
const EXPIRED_SHARE = 1 / 2;
/** Pause between looks at what has to get on first. */
const LOOK_MS = 50;
/** What does not get on for so long is left to the next attempt. */
const PATIENCE_MS = 60_000;

/**
 * Takes keys out of one partition of the log and out of its text indexes. What is in the WAL or in a live index is made to go on to packs and text
 * segments first, so that there is one way only in which records go.
 */
export class LogErasure {
  readonly #parts: LogErasureParts;

  constructor(parts: LogErasureParts) {
    this.#parts = parts;
  }

  /**
   * The records of the keys are gone when resolved. `since` is when the first of them was asked for, ms since the epoch. Rejects when something has
   * to happen first (JobFailure says what), or cannot be done.
   */
  async erase(
    partition: ErasablePartition,
    keys: readonly KeyEnd[],
    since: number,
    signal: AbortSignal,
  ): Promise<ErasureDone> {
    const { topic, topicId, partition: number } = partition;
    const { registration, clock, erasing, maxBytesPerSecond } = this.#parts;
    const below = Math.max(...keys.map((key) => key.below));
    if (partition.lastStableOffset < below)
      throw new JobFailure('unavailable', `${topic}-${number} has an open transaction below offset ${below}`);
    await this.#settled(partition, below, signal);
    const texts = await registration.textsOf(topicId, number, 0, below);
    // A text segment may reach further than the keys; it is made anew from packs only.
    const end = texts.reduce((most, { lastOffset }) => Math.max(most, lastOffset + 1), below);
    await this.#settled(partition, end, signal);
    const sections = await registration.sections.overlapping(topicId, number, partition.logStartOffset, end);
    const task = {
      topicId,
      partition: number,
      sections,
      texts,
      keys,
      textsSince: since,
      producers: partition.activeProducers(),
      aborted: partition.abortedBelow(end),
      expiry: partition.config.expiry,
      now: clock.now(),
      maxBytesPerSecond: maxBytesPerSecond(),
    };
    const wasSearched = this.#isSearched(partition);
    const done = await erasing.erase(task, this.#host(partition));
    if (!wasSearched && this.#isSearched(partition))
      throw new JobFailure('unavailable', `${topic} is searched since a moment ago: its new index may hold the key`);
    return done;
  }

  /** Makes a section anew that is in packs only, where half of its records are past their time. */
  async expire(partition: ErasablePartition, section: SectionRow): Promise<SectionExpired> {
    const { topicId, partition: number, config } = partition;
    const { clock, erasing, maxBytesPerSecond } = this.#parts;
    const task = {
      topicId,
      partition: number,
      sections: [section],
      texts: [],
      keys: [],
      textsSince: Number.POSITIVE_INFINITY,
      producers: partition.activeProducers(),
      aborted: partition.abortedBelow(section.lastOffset + 1),
      expiry: config.expiry,
      expiredShare: EXPIRED_SHARE,
      now: clock.now(),
      maxBytesPerSecond: maxBytesPerSecond(),
    };
    let removed = 0;
    const host = this.#host(partition);
    const counting: ErasureHost = {
      ...host,
      async swapSection(swap) {
        await host.swapSection(swap);
        removed += swap.replaced.records - swap.section.records;
      },
    };
    const { sections, due, bytesRead, bytesWritten } = await erasing.erase(task, counting);
    return { due: sections > 0 ? undefined : due[0], removed, bytesRead, bytesWritten };
  }

  #isSearched({ topicId, partition }: ErasablePartition): boolean {
    return this.#parts.settling.indexedUpTo(topicId, partition) !== Number.POSITIVE_INFINITY;
  }

  /** Resolves when everything below `goal` is in packs only, and in stored text segments. */
  async #settled(partition: ErasablePartition, goal: number, signal: AbortSignal): Promise<void> {
    const { settling, clock } = this.#parts;
    const { topic, topicId, partition: number } = partition;
    const deadline = clock.monotonic() + PATIENCE_MS;
    let reason: string | undefined;
    if (partition.packedBelow < goal) settling.roll();
    for (;;) {
      signal.throwIfAborted();
      if (settling.indexedUpTo(topicId, number) >= goal) {
        reason = await settling.seal();
        if (reason === undefined && partition.packedBelow >= goal) return;
      } else reason = 'it is not indexed yet';
      reason = (await settling.pack()) ?? reason;
      settling.release();
      if (clock.monotonic() >= deadline)
        throw new JobFailure(
          'unavailable',
          `${topic}-${number} does not get into packs: ${reason ?? 'the WAL holds it'}`,
        );
      await sleep(clock, LOOK_MS, signal);
    }
  }

  #host(partition: ErasablePartition): ErasureHost {
    const { uploads, registration } = this.#parts;
    return {
      announce(objectKey) {
        uploads.add(objectKey);
        return registration.announce(objectKey);
      },
      abandon: (objectKey) => void uploads.delete(objectKey),
      async swapSection(swap) {
        await registration.swapSection(swap);
        partition.compacted(swap.replaced.lastOffset + 1, swap.section.length - swap.replaced.length);
        uploads.delete(swap.section.objectKey);
      },
      async swapText(swap) {
        await registration.eraseText(swap);
        for (const { objectKey } of swap.text) uploads.delete(objectKey);
      },
    };
  }
}
