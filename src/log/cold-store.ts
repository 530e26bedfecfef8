import type { Take } from '../objects/types.ts';
import type { TimestampOffset } from './types.ts';

/** Batches read from one section: whole, byte for byte, in offset order. */
export interface ColdRead {
  /** Slices of one buffer, one per batch. */
  readonly batches: readonly Uint8Array[];
  readonly bytes: number;
  /** The offset after the last batch given. */
  readonly nextOffset: number;
}

/** The part of the log that is no longer in the WAL. Rejects with LogError KAFKA_STORAGE_ERROR when it cannot be read. */
export interface ColdStore {
  /**
   * The batch that holds `offset`, or else the first one after it, and those that follow: at most `maxBytes`, but at least one batch.
   * Reads from one section, so that a caller who wants more comes again at `nextOffset`. Undefined when there is nothing at or after `offset`.
   * The batches lie in memory from `take` where it is given and the store can use it.
   */
  read(
    topicId: string,
    partition: number,
    offset: number,
    maxBytes: number,
    take?: Take,
  ): Promise<ColdRead | undefined>;
  /** The first record at or after the offset `from` whose timestamp is at least `timestamp`. Exact. */
  findTimestamp(
    topicId: string,
    partition: number,
    timestamp: number,
    from: number,
  ): Promise<TimestampOffset | undefined>;
  /** The record at or after the offset `from` with the highest timestamp; the first one of those. */
  latestTimestamp(topicId: string, partition: number, from: number): Promise<TimestampOffset | undefined>;
}
