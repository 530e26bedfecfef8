import type { CounterHandle, Metrics } from './metrics.ts';

/** What an error is counted under: the log, what brings its records elsewhere, rewriting, or anything else. */
export type ErrorCategory = 'wal' | 'flush' | 'compaction' | 'system';

/** Counts errors that somebody who runs the broker may have to do something about; what clients do wrong is not among them. */
export function errorCounter(metrics: Metrics, category: ErrorCategory): CounterHandle {
  return metrics.counter('quarry_errors_total', 'Errors of the broker itself, by the part of it.', { category });
}
