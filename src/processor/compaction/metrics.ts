import type { Metrics } from '../../base/metrics.ts';
import type { CompactionStatus } from './compaction.ts';
import type { CompactionDone } from './types.ts';

/** Counts what compaction does, and shows it. */
export class CompactionCounts {
  readonly #count: (name: 'passes' | 'errors' | 'read' | 'written' | 'removed', by: number) => void;
  #total = { passes: 0, bytesRead: 0, bytesWritten: 0, recordsRemoved: 0 };
  #last = 0;

  constructor(metrics: Metrics, status: () => CompactionStatus) {
    const counters = {
      passes: metrics.counter('quarry_compaction_passes_total', 'Passes of compaction over a partition.'),
      errors: metrics.counter(
        'quarry_compaction_errors_total',
        'Passes of compaction that failed; they are tried again.',
      ),
      read: metrics.counter('quarry_compaction_read_bytes_total', 'Bytes of batches that compaction read.'),
      written: metrics.counter('quarry_compaction_written_bytes_total', 'Bytes of objects that compaction wrote.'),
      removed: metrics.counter('quarry_compaction_removed_records_total', 'Records that compaction removed.'),
    };
    this.#count = (name, by) => counters[name].inc(by);
    metrics.gaugeFrom(
      'quarry_compaction_max_dirty_ratio',
      'Share of uncompacted bytes of the partition that has the largest.',
      () => status().maxDirtyRatio,
    );
    metrics.gaugeFrom(
      'quarry_compaction_failing_partitions',
      'Partitions whose last compaction failed.',
      () => status().failing,
    );
    metrics.gaugeFrom(
      'quarry_compaction_last_run_timestamp_seconds',
      'When the last pass of compaction ended; 0 before the first.',
      () => this.#last / 1000,
    );
  }

  get total(): Pick<CompactionStatus, 'passes' | 'bytesRead' | 'bytesWritten' | 'recordsRemoved'> {
    return this.#total;
  }

  /** A pass came to its end at `now`, ms since the epoch. */
  finished({ bytesRead, bytesWritten, recordsRead, recordsKept }: CompactionDone, now: number): void {
    const removed = recordsRead - recordsKept;
    const { passes, ...total } = this.#total;
    this.#total = {
      passes: passes + 1,
      bytesRead: total.bytesRead + bytesRead,
      bytesWritten: total.bytesWritten + bytesWritten,
      recordsRemoved: total.recordsRemoved + removed,
    };
    this.#last = now;
    this.#count('passes', 1);
    this.#count('read', bytesRead);
    this.#count('written', bytesWritten);
    this.#count('removed', removed);
  }

  failed(): void {
    this.#count('errors', 1);
  }
}
