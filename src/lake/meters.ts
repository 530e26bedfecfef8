import type { CounterHandle, HistogramHandle, Metrics } from '../base/metrics.ts';
import { CatalogUnavailable, CommitConflict } from './catalog.ts';

/** Why an attempt of a commit, or a transaction, did not work. */
export type CommitFailure = 'conflict' | 'unavailable' | 'refused';

/** What a failed commit is counted under. */
export function failureOf(error: unknown): CommitFailure {
  if (error instanceof CommitConflict) return 'conflict';
  return error instanceof CatalogUnavailable ? 'unavailable' : 'refused';
}

/** Told how commits go. */
export interface CommitMeter {
  /** A commit is over after so many attempts: it happened, or failed for good. */
  ended(outcome: 'committed' | CommitFailure, attempts: number, seconds: number): void;
  /** An attempt did not work and another one follows. */
  retried(cause: CommitFailure): void;
  /** So many files that no commit needs could not be deleted. */
  left(files: number): void;
}

/** The numbers of Iceberg commits and writers for /metrics. */
export class LakeMeters implements CommitMeter {
  readonly #metrics: Metrics;
  readonly #seconds: HistogramHandle;
  readonly #afterRetry: CounterHandle;
  readonly #rows: HistogramHandle;
  readonly #bytes: HistogramHandle;
  readonly #splits: CounterHandle;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#seconds = metrics.histogram('quarry_lake_commit_seconds', 'Time of a commit with all its attempts.');
    this.#afterRetry = metrics.counter(
      'quarry_lake_commits_after_retry_total',
      'Commits that happened after attempts that did not work.',
    );
    this.#rows = metrics.histogram('quarry_lake_batch_rows', 'Rows of a batch, as it was written to one file.');
    this.#bytes = metrics.histogram('quarry_lake_batch_memory_bytes', 'Memory of the rows of such a batch.');
    this.#splits = metrics.counter('quarry_lake_batch_splits_total', 'Cuts made in batches beyond a limit.');
  }

  ended(outcome: 'committed' | CommitFailure, attempts: number, seconds: number): void {
    this.#metrics.counter('quarry_lake_commits_total', 'Commits to Iceberg tables that are over.', { outcome }).inc();
    this.#seconds.observe(seconds);
    if (outcome === 'committed' && attempts > 1) this.#afterRetry.inc();
  }

  retried(cause: CommitFailure): void {
    const help = 'Attempts of commits that did not work and were made again.';
    this.#metrics.counter('quarry_lake_commit_retries_total', help, { cause }).inc();
  }

  left(files: number): void {
    const help = 'Files that no commit needs and that could not be deleted; the removal of orphans finds them.';
    this.#metrics.counter('quarry_lake_files_left_total', help).inc(files);
  }

  /** A transaction of a writer ended: with a commit, or with none. `asked`: whoever began it gave it up. */
  transaction(outcome: 'committed' | 'rolled-back', cause: 'none' | 'asked' | 'write' | CommitFailure): void {
    const help = 'Transactions of Iceberg writers that ended.';
    this.#metrics.counter('quarry_lake_transactions_total', help, { outcome, cause }).inc();
  }

  /** Rows of a file that is written. */
  batch(rows: number, bytes: number): void {
    this.#rows.observe(rows);
    this.#bytes.observe(bytes);
  }

  /** A batch was cut into so many. */
  split(pieces: number): void {
    if (pieces > 1) this.#splits.inc(pieces - 1);
  }
}
