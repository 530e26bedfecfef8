import type { Metrics } from '../../base/metrics.ts';

/** What a sink did, in one run or since the start. */
export interface RunStatistics {
  /** WAL segments finished. */
  readonly segments: number;
  readonly records: number;
  /** Sections or text segments made. */
  readonly indexes: number;
  readonly errors: number;
  /** Stretches of the WAL that were corrupt and were kept aside. */
  readonly corrupt: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly durationMs: number;
}

export const NO_STATISTICS: RunStatistics = {
  segments: 0,
  records: 0,
  indexes: 0,
  errors: 0,
  corrupt: 0,
  bytesRead: 0,
  bytesWritten: 0,
  durationMs: 0,
};

/** The sum of both. */
export function addStatistics(a: RunStatistics, b: Partial<RunStatistics>): RunStatistics {
  return {
    segments: a.segments + (b.segments ?? 0),
    records: a.records + (b.records ?? 0),
    indexes: a.indexes + (b.indexes ?? 0),
    errors: a.errors + (b.errors ?? 0),
    corrupt: a.corrupt + (b.corrupt ?? 0),
    bytesRead: a.bytesRead + (b.bytesRead ?? 0),
    bytesWritten: a.bytesWritten + (b.bytesWritten ?? 0),
    durationMs: a.durationMs + (b.durationMs ?? 0),
  };
}

/** Returns a function that adds what a sink did to its metrics. */
export function statisticsMetrics(metrics: Metrics, sink: string): (done: Partial<RunStatistics>) => void {
  const labels = { sink };
  const counter = (name: string, help: string) => metrics.counter(`quarry_processor_${name}_total`, help, labels);
  const counters = {
    segments: counter('segments', 'WAL segments finished.'),
    records: counter('records', 'Records processed.'),
    indexes: counter('indexes', 'Pack sections or text segments made.'),
    errors: counter('errors', 'Tasks that failed; they are tried again.'),
    corrupt: counter('corrupt', 'Corrupt stretches of the WAL that were kept aside.'),
    bytesRead: counter('read_bytes', 'Bytes read.'),
    bytesWritten: counter('written_bytes', 'Bytes written to the object store.'),
  };
  const duration = metrics.histogram('quarry_processor_task_seconds', 'Time of one task of the processor.', labels);
  return (done) => {
    for (const [name, handle] of Object.entries(counters)) {
      const by = done[name as keyof typeof counters];
      if (by !== undefined && by > 0) handle.inc(by);
    }
    if (done.durationMs !== undefined) duration.observe(done.durationMs / 1000);
  };
}
