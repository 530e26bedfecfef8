import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { PartitionLog } from '../../log/types.ts';
import { removeShareTopicRows, saveSharePartition, sharePartitionRow, shareTopicIds } from '../../metadata/share.ts';
import type { SqlEngine, SqlStatement } from '../../metadata/types.ts';
import { PartitionLane } from './partition-lane.ts';
import { moveToLogStart, newSharePartition } from './progress.ts';
import { limitsOf, type Overrides, resetOf, type ShareSettings } from './settings.ts';
import { decodeSharePartition, encodeSharePartition } from './stored.ts';
import type { SharePartition } from './types.ts';

export interface SharePartitionsOptions {
  readonly sql: SqlEngine;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: ShareSettings;
  /** Configs that were set for a group (resource GROUP). */
  readonly overrides: (groupId: string) => Overrides;
}

/** What `DescribeShareGroupOffsets` tells of a partition. */
export interface StoredProgress {
  readonly partition: SharePartition;
  /** True until something was given back: Kafka tells no start offset before. */
  readonly fresh: boolean;
}

type Key = string;
const keyOf = (groupId: string, topicId: string, partition: number): Key => `${partition}:${topicId}:${groupId}`;

interface Entry {
  readonly groupId: string;
  readonly topicId: string;
  readonly lane: PartitionLane | Promise<PartitionLane>;
}

/**
 * The share partitions of all groups: read from their rows when somebody fetches for the first time, kept as long as a member of the group
 * has a session.
 */
export class SharePartitions {
  readonly #options: SharePartitionsOptions;
  readonly #entries = new Map<Key, Entry>();
  /** Groups whose rows are being changed from outside: who wants to read them waits. */
  readonly #changing = new Map<string, Promise<void>>();

  constructor(options: SharePartitionsOptions) {
    this.#options = options;
  }

  /** Share partitions in memory. */
  get size(): number {
    return this.#entries.size;
  }

  /** Those that are loaded, for reading. */
  *loaded(): IterableIterator<PartitionLane> {
    for (const { lane } of this.#entries.values()) if (!(lane instanceof Promise)) yield lane;
  }

  /** Resolves when a change of the group's rows that is under way is over; undefined when there is none. */
  changing(groupId: string): Promise<void> | undefined {
    return this.#changing.get(groupId);
  }

  /** The share partition if it is in memory. */
  peek(groupId: string, topicId: string, partition: number): PartitionLane | undefined {
    const lane = this.#entries.get(keyOf(groupId, topicId, partition))?.lane;
    return lane instanceof Promise ? undefined : lane;
  }

  /** The share partition of a group, read or begun. Rejects when the store fails. */
  open(groupId: string, log: PartitionLog): PartitionLane | Promise<PartitionLane> {
    const key = keyOf(groupId, log.topicId, log.partition);
    const known = this.#entries.get(key);
    if (known !== undefined) return known.lane;
    const { topicId } = log;
    const loading = this.#load(groupId, log).then(
      (lane) => {
        if (this.#entries.get(key)?.lane === loading) this.#entries.set(key, { groupId, topicId, lane });
        else void lane.close();
        return lane;
      },
      (error: unknown) => {
        if (this.#entries.get(key)?.lane === loading) this.#entries.delete(key);
        throw error;
      },
    );
    this.#entries.set(key, { groupId, topicId, lane: loading });
    return loading;
  }

  async #load(groupId: string, log: PartitionLog): Promise<PartitionLane> {
    await this.#changing.get(groupId);
    const { topicId, partition } = log;
    const row = await sharePartitionRow(this.#options.sql, groupId, topicId, partition);
    const stored = row && decodeSharePartition(row.startOffset, row.state);
    const { partition: loaded, fresh } = stored ?? (await this.#begin(groupId, log));
    return this.#lane(groupId, log, moveToLogStart(loaded, log.logStartOffset), fresh);
  }

  /** Where the group begins is stored at once, so that it begins there after a crash, too. */
  async #begin(groupId: string, log: PartitionLog): Promise<StoredProgress> {
    const partition = newSharePartition(await this.#resetOffset(groupId, log));
    await this.#options.sql.transaction([this.#save(groupId, log, partition, true)]);
    return { partition, fresh: true };
  }

  async #resetOffset(groupId: string, log: PartitionLog): Promise<number> {
    const reset = resetOf(this.#options.overrides(groupId));
    if (reset === 'earliest') return log.logStartOffset;
    if (reset === 'latest') return log.highWatermark;
    const timestamp = this.#options.clock.now() - reset.agoMs;
    const found = await log.findOffset({ timestamp }, 'read_uncommitted');
    return found?.offset ?? log.highWatermark;
  }

  #save(groupId: string, log: PartitionLog, partition: SharePartition, fresh: boolean): SqlStatement {
    return saveSharePartition({
      groupId,
      topicId: log.topicId,
      partition: log.partition,
      startOffset: partition.start,
      state: encodeSharePartition(partition, fresh),
    });
  }

  #lane(groupId: string, log: PartitionLog, partition: SharePartition, fresh: boolean): PartitionLane {
    const { clock, settings, overrides, sql, logger } = this.#options;
    const where = { groupId, topic: log.topic, partition: log.partition };
    const deps = {
      clock,
      limits: () => limitsOf(settings, overrides(groupId)),
      write: (after: SharePartition) => sql.transaction([this.#save(groupId, log, after, false)]),
      onWriteFailed: (error: Error) => logger.error({ err: error, ...where }, 'A share partition could not be stored.'),
    };
    return new PartitionLane(deps, partition, fresh);
  }

  /** Forgets the share partitions of a group of which nobody holds anything. */
  unloadIdle(groupId: string): Promise<void> {
    return this.unload((entry) => entry.groupId === groupId && !(entry.lane instanceof Promise) && !entry.lane.isHeld);
  }

  /** Forgets share partitions that are in memory; resolves when nothing of them is being written any more. Rows stay. */
  async unload(which: (entry: Entry) => boolean): Promise<void> {
    const closing: Promise<unknown>[] = [];
    for (const [key, entry] of this.#entries) {
      if (!which(entry)) continue;
      this.#entries.delete(key);
      closing.push(entry.lane instanceof Promise ? entry.lane.catch(() => undefined) : entry.lane.close());
    }
    await Promise.all(closing);
  }

  /** Forgets everything about topics that are gone: after a topic was deleted, and at the start. Never rejects. */
  async forgetTopics(isAlive: (topicId: string) => boolean): Promise<void> {
    const { sql, logger } = this.#options;
    await this.unload(({ topicId }) => !isAlive(topicId));
    try {
      // Rows go with their topic, but for what was being written at that moment.
      const gone = (await shareTopicIds(sql)).filter((topicId) => !isAlive(topicId));
      if (gone.length > 0) await sql.transaction(gone.map(removeShareTopicRows));
    } catch (error) {
      logger.warn({ err: error }, 'Rows of share partitions of deleted topics could not be removed.');
    }
  }

  /** Runs `change`, which changes rows of the group, while none of them is in memory. */
  async changeRows<R>(groupId: string, change: () => Promise<R>): Promise<R> {
    while (this.#changing.has(groupId)) await this.#changing.get(groupId);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#changing.set(groupId, promise);
    try {
      await this.unload((entry) => entry.groupId === groupId);
      return await change();
    } finally {
      this.#changing.delete(groupId);
      resolve();
    }
  }

  /** What is known of a partition, in memory or in its row; undefined when the group never fetched from it. */
  async progress(groupId: string, topicId: string, partition: number): Promise<StoredProgress | undefined> {
    const lane = this.peek(groupId, topicId, partition);
    if (lane !== undefined) return { partition: lane.partition, fresh: lane.fresh };
    const row = await sharePartitionRow(this.#options.sql, groupId, topicId, partition);
    return row && decodeSharePartition(row.startOffset, row.state);
  }
}
