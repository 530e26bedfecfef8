import { hash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { LogFields, Logger } from '../../base/logger.ts';
import type { CounterHandle, Metrics } from '../../base/metrics.ts';
import { type Random, uuidToString } from '../../base/random.ts';
import type { KeyDeletionRow, KeyDeletionRows } from '../../metadata/key-deletions.ts';
import { REWRITING } from '../jobs/kinds.ts';
import type { JobContext, JobKind } from '../jobs/types.ts';
import type { TableService } from '../tables/service.ts';
import type { ErasablePartition, LogErasure } from './log-erasure.ts';
import type { ObjectClearing } from './object-clearing.ts';
import type { KeyEnd } from './types.ts';

/** Too many deletions wait. */
export class TooManyDeletions extends Error {
  override readonly name = 'TooManyDeletions';
}

export interface KeyDeletionParts {
  readonly rows: KeyDeletionRows;
  /** The partitions of a topic, in their order; none when it is gone. */
  readonly partitions: (topicId: string) => readonly ErasablePartition[];
  readonly log: Pick<LogErasure, 'erase'>;
  readonly tables: Pick<TableService, 'erase'>;
  /** Moves what else lies in the objects that had the keys. */
  readonly clearing: Pick<ObjectClearing, 'run'>;
  /** Has the job of a topic run. */
  readonly submit: (topicId: string) => void;
  readonly clock: Clock;
  readonly random: Random;
  /** Says who deleted what, and when it was done; never the key itself. */
  readonly audit: Logger;
  readonly metrics: Metrics;
}

export interface KeyDeletionRequest {
  readonly topic: string;
  readonly topicId: string;
  readonly key: Uint8Array;
  readonly principal: string;
  readonly host: string;
}

/** Deletions that wait, of one topic. They are done together: a pass over the topic takes out all of their keys. */
const MAX_WAITING = 1000;

/**
 * Deletions of all records of a key: from the log, from the text indexes and from the table. A request is durable before it is answered; a crash
 * at any later moment leaves it to be done by the next start.
 */
export class KeyDeletions {
  readonly #parts: KeyDeletionParts;
  readonly #waiters = new Map<string, (() => void)[]>();
  /** Partitions that an attempt of this run has done, by deletion. */
  readonly #done = new Map<string, Set<number>>();
  readonly #finished: CounterHandle;
  readonly #removed: CounterHandle;
  #waiting = 0;

  constructor(parts: KeyDeletionParts) {
    this.#parts = parts;
    const { metrics } = parts;
    this.#finished = metrics.counter('quarry_key_deletions_total', 'Deletions of a key that are done.');
    this.#removed = metrics.counter(
      'quarry_key_deletions_removed_records_total',
      'Records that deletions of a key took out of the log.',
    );
    metrics.gaugeFrom('quarry_key_deletions_waiting', 'Deletions of a key that are not done.', () => this.#waiting);
  }

  /** Takes up what an earlier run left. */
  async start(): Promise<void> {
    const rows = await this.#parts.rows.unfinished();
    this.#waiting = rows.length;
    for (const topicId of new Set(rows.map((row) => row.topicId))) this.#parts.submit(topicId);
  }

  /** Asks for a deletion of what the log holds now; durable when resolved. Rejects with TooManyDeletions. */
  async request({ topic, topicId, key, principal, host }: KeyDeletionRequest): Promise<KeyDeletionRow> {
    const { rows, clock, random, audit, partitions, submit } = this.#parts;
    if ((await rows.unfinished(topicId)).length >= MAX_WAITING)
      throw new TooManyDeletions(`${MAX_WAITING} deletions of topic ${topic} wait already`);
    const row: KeyDeletionRow = {
      deletionId: uuidToString(random.bytes(16)),
      topicId,
      topic,
      keyDigest: hash('sha256', key, 'hex'),
      key: Buffer.from(key).toString('base64'),
      ends: partitions(topicId).map(({ logEndOffset }) => logEndOffset),
      principal,
      host,
      requested: clock.now(),
      finished: undefined,
      outcome: undefined,
      records: 0,
      tableRows: 0,
    };
    await rows.add(row);
    this.#waiting++;
    audit.info(saidOf(row), 'the deletion of a key was asked for');
    submit(topicId);
    return row;
  }

  /** A topic is gone, and so is what was to be deleted of it. */
  async topicDeleted(topicId: string): Promise<void> {
    if ((await this.#parts.rows.unfinished(topicId)).length > 0) this.#parts.submit(topicId);
  }

  byId(deletionId: string): Promise<KeyDeletionRow | undefined> {
    return this.#parts.rows.byId(deletionId);
  }

  /** The newest first. */
  list(limit: number): Promise<KeyDeletionRow[]> {
    return this.#parts.rows.list(limit);
  }

  /** Resolves when the deletion is done, or `signal` is aborted. */
  async whenDone(deletionId: string, signal: AbortSignal): Promise<void> {
    const done = Promise.withResolvers<void>();
    const waiters = this.#waiters.get(deletionId) ?? [];
    this.#waiters.set(deletionId, [...waiters, done.resolve]);
    signal.addEventListener('abort', () => done.resolve(), { once: true });
    // It may have been done before anybody waited.
    if (signal.aborted || (await this.byId(deletionId))?.finished !== undefined) done.resolve();
    await done.promise;
    const left = this.#waiters.get(deletionId)?.filter((one) => one !== done.resolve) ?? [];
    if (left.length === 0) this.#waiters.delete(deletionId);
    else this.#waiters.set(deletionId, left);
  }

  /** The work on one topic: all deletions that wait; what is asked for meanwhile makes the job run once more. Rejects when some of it could not be done; the rest is. */
  async run(topicId: string, context: Pick<JobContext, 'signal' | 'progress'>): Promise<void> {
    const { rows } = this.#parts;
    for (;;) {
      const waiting = await rows.unfinished(topicId);
      if (waiting.length === 0) return;
      await this.#delete(topicId, waiting, context);
    }
  }

  async #delete(
    topicId: string,
    waiting: readonly KeyDeletionRow[],
    { signal, progress }: Pick<JobContext, 'signal' | 'progress'>,
  ): Promise<void> {
    const partitions = this.#parts.partitions(topicId);
    if (partitions.length === 0) return this.#finish(waiting, 'topic-deleted');
    let failure: unknown;
    for (const [at, partition] of partitions.entries()) {
      progress(at, partitions.length + 1);
      try {
        await this.#deleteIn(partition, waiting, signal);
      } catch (error) {
        // The other partitions need not wait for this one.
        failure ??= error;
        signal.throwIfAborted();
      }
    }
    if (failure !== undefined) throw failure;
    // What else lies in the objects may be damaged, and of another topic: the table need not wait for it.
    const cleared = await this.#parts.clearing.run(signal).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    signal.throwIfAborted();
    const keys = waiting.map(({ key = '', ends }) => ({ key: Buffer.from(key, 'base64'), ends }));
    const [{ topic }] = waiting as [KeyDeletionRow];
    const rows = await this.#parts.tables.erase({ topicId, name: topic, keys });
    for (const [at, count] of rows.entries())
      if (count > 0) await this.#parts.rows.count(waiting[at]?.deletionId ?? '', 0, count);
    if (cleared !== undefined) throw cleared.error;
    await this.#finish(waiting, 'deleted');
  }

  async #deleteIn(
    partition: ErasablePartition,
    waiting: readonly KeyDeletionRow[],
    signal: AbortSignal,
  ): Promise<void> {
    const { partition: number } = partition;
    const due = waiting.flatMap((row): { row: KeyDeletionRow; end: KeyEnd }[] => {
      const below = row.ends[number] ?? 0;
      if (below <= partition.logStartOffset || this.#done.get(row.deletionId)?.has(number) === true) return [];
      return [{ row, end: { key: Buffer.from(row.key ?? '', 'base64'), below } }];
    });
    if (due.length === 0) return;
    const since = Math.min(...due.map(({ row }) => row.requested));
    const ends = due.map(({ end }) => end);
    const { removed } = await this.#parts.log.erase(partition, ends, since, signal);
    for (const [at, { row }] of due.entries()) {
      const count = removed[at] ?? 0;
      if (count > 0) await this.#parts.rows.count(row.deletionId, count, 0);
      this.#removed.inc(count);
      const done = this.#done.get(row.deletionId) ?? new Set();
      this.#done.set(row.deletionId, done.add(number));
    }
  }

  async #finish(waiting: readonly KeyDeletionRow[], outcome: 'deleted' | 'topic-deleted'): Promise<void> {
    const { rows, clock, audit } = this.#parts;
    await rows.finish(
      waiting.map(({ deletionId }) => deletionId),
      outcome,
      clock.now(),
    );
    for (const { deletionId } of waiting) {
      this.#done.delete(deletionId);
      this.#waiting--;
      this.#finished.inc();
      const row = await rows.byId(deletionId);
      if (row !== undefined)
        audit.info(
          { ...saidOf(row), outcome, records: row.records, tableRows: row.tableRows },
          'the deletion of a key is done',
        );
      for (const waiter of this.#waiters.get(deletionId) ?? []) waiter();
    }
  }
}

function saidOf({ deletionId, topic, topicId, keyDigest, principal, host }: KeyDeletionRow): LogFields {
  return { deletion: deletionId, topic, topicId, keyDigest, principal, client: host };
}

/** Deletes keys; its key is the id of the topic. */
export function keyDeletionJob(deletions: Pick<KeyDeletions, 'run'>): JobKind {
  return {
    name: 'key-deletion',
    summary: 'Deletes the records of keys from log, text indexes and table; its key is the id of the topic.',
    area: 'compaction',
    priority: 25,
    concurrency: 1,
    retry: { baseMs: 1000, maxMs: 60_000, factor: 2 },
    locks: (topicId) => [REWRITING, { name: `table:${topicId}`, mode: 'exclusive' }],
    run: (topicId, context) => deletions.run(topicId, context),
  };
}
