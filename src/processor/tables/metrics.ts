import type { HistogramHandle, Metrics } from '../../base/metrics.ts';
import type { TableSinkStatus } from './types.ts';

/** Shows what the sink says of itself. */
export function tableMetrics(metrics: Metrics, status: () => TableSinkStatus): void {
  const gauge = (name: string, help: string, read: (status: TableSinkStatus) => number): void =>
    metrics.gaugeFrom(name, help, () => read(status()));
  gauge('quarry_table_memory_bytes', 'Memory of rows that are not in a table yet.', ({ memoryBytes }) => memoryBytes);
  gauge('quarry_table_lag_offsets', 'Offsets of the log that are not in a table yet.', ({ lag }) => lag);
  gauge('quarry_table_records', 'Records read for tables since the start.', ({ records }) => records);
  gauge('quarry_table_rows', 'Rows added to tables since the start.', ({ rows }) => rows);
  gauge('quarry_table_flushes', 'Commits to tables since the start.', ({ flushes }) => flushes);
  gauge('quarry_table_files', 'Data files added to tables since the start.', ({ files }) => files);
  gauge('quarry_table_written_bytes', 'Bytes of data files added since the start.', ({ bytesWritten }) => bytesWritten);
  gauge('quarry_table_lost_offsets', 'Offsets that were gone before they were read for a table.', ({ lost }) => lost);
  gauge(
    'quarry_table_misfits',
    'JSON values of rows committed since the start that did not fit their column.',
    ({ misfits }) => misfits,
  );
  gauge('quarry_table_errors', 'Reads and flushes for tables that failed.', ({ errors }) => errors);
  gauge(
    'quarry_table_failing_tables',
    'Tables that do not get on.',
    ({ tables }) => tables.filter(({ failing }) => failing !== undefined).length,
  );
  gauge('quarry_table_refused_columns', 'Columns that topics ask for and Iceberg forbids.', ({ tables }) =>
    tables.reduce((sum, { refusedColumns }) => sum + refusedColumns.length, 0),
  );
}

/** How long flushes take. */
export function flushSeconds(metrics: Metrics): HistogramHandle {
  return metrics.histogram('quarry_table_flush_seconds', 'Time to write and commit a memtable.');
}
