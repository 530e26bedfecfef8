import { errorCounter } from '../base/error-metrics.ts';
import type { Metrics } from '../base/metrics.ts';

/** The WAL's numbers for /metrics. */
export class WalMeters {
  readonly #sync;
  readonly #syncedBytes;
  readonly #corrupt;
  readonly #errors;

  constructor(metrics: Metrics, read: { readonly bytesOnDisk: () => number; readonly queuedBytes: () => number }) {
    this.#sync = metrics.histogram('quarry_wal_sync_seconds', 'Time of one fdatasync of the write-ahead log.');
    this.#syncedBytes = metrics.histogram('quarry_wal_sync_group_bytes', 'Bytes made durable by one fdatasync.');
    this.#corrupt = metrics.counter('quarry_wal_corrupt_total', 'Corrupt stretches found in the write-ahead log.');
    this.#errors = errorCounter(metrics, 'wal');
    metrics.gaugeFrom('quarry_wal_disk_bytes', 'Bytes of write-ahead log files on disk.', read.bytesOnDisk);
    metrics.gaugeFrom('quarry_wal_queue_bytes', 'Bytes appended and not yet durable.', read.queuedBytes);
  }

  synced(bytes: number, milliseconds: number): void {
    this.#sync.observe(milliseconds / 1000);
    this.#syncedBytes.observe(bytes);
  }

  corrupt(): void {
    this.#corrupt.inc();
    this.#errors.inc();
  }

  /** A write, a sync or the making of a file failed. */
  failed(): void {
    this.#errors.inc();
  }
}
