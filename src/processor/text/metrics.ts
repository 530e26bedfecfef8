import type { Metrics } from '../../base/metrics.ts';
import type { TextSink } from './sink.ts';

/** Shows what the sink says of itself. */
export function sinkMetrics(metrics: Metrics, sink: Pick<TextSink, 'status'>): void {
  const gauge = (name: string, help: string, read: (status: ReturnType<TextSink['status']>) => number): void =>
    metrics.gaugeFrom(name, help, () => read(sink.status()));
  gauge('quarry_text_memory_bytes', 'Memory of live text indexes.', (status) => status.memoryBytes);
  gauge(
    'quarry_text_backlog_offsets',
    'Offsets to be indexed that the WAL no longer holds.',
    (status) => status.backlog,
  );
  gauge('quarry_text_indexed_records', 'Records indexed since the start.', (status) => status.records);
  gauge('quarry_text_read_bytes', 'Bytes of batches indexed since the start.', (status) => status.bytesRead);
  gauge('quarry_text_segments', 'Text segments written since the start.', (status) => status.indexes);
  gauge(
    'quarry_text_written_bytes',
    'Bytes of text segments written since the start.',
    (status) => status.bytesWritten,
  );
  gauge(
    'quarry_text_errors',
    'Batches that could not be indexed and objects that could not be stored.',
    (status) => status.errors,
  );
  const failures = (): (readonly [{ category: string }, number])[] => [[{ category: 'flush' }, sink.status().errors]];
  metrics.countersFrom(
    'quarry_errors_total',
    'Errors of the broker itself, by the part of it.',
    ['category'],
    failures,
  );
  gauge('quarry_text_corrupt_stretches', 'Corrupt stretches of the WAL met.', (status) => status.corrupt);
}
