import { errorCounter } from '../../base/error-metrics.ts';
import type { Metrics } from '../../base/metrics.ts';
import type { JobQueue } from './queue.ts';
import type { JobKind } from './types.ts';

/** The numbers of the scheduler, by kind. */
export class JobMetrics {
  readonly #metrics: Metrics;

  constructor(metrics: Metrics, queue: JobQueue, kinds: () => Iterable<JobKind>) {
    this.#metrics = metrics;
    const counted = (states: readonly string[]) => (): (readonly [Readonly<Record<string, string>>, number])[] =>
      [...kinds()].map(({ name }) => [
        { kind: name },
        queue.all().filter((job) => job.kind.name === name && states.includes(job.state)).length,
      ]);
    metrics.gaugesFrom(
      'quarry_jobs_queued',
      'Jobs that wait for their turn or their next attempt.',
      ['kind'],
      counted(['queued', 'waiting']),
    );
    metrics.gaugesFrom('quarry_jobs_running', 'Jobs that run.', ['kind'], counted(['running']));
    metrics.gaugesFrom(
      'quarry_jobs_quarantined',
      'Jobs kept aside until a person releases them.',
      ['kind'],
      counted(['quarantined']),
    );
  }

  ended({ name, area }: JobKind, seconds: number, failed: boolean, failuresBefore: number): void {
    const kind = { kind: name };
    this.#metrics.histogram('quarry_job_seconds', 'Time of one attempt of a job.', kind).observe(seconds);
    if (failed) {
      errorCounter(this.#metrics, area).inc();
      this.#metrics
        .counter('quarry_job_failures_total', 'Attempts of jobs that failed.', { kind: name, category: area })
        .inc();
    } else if (failuresBefore > 0)
      this.#metrics
        .counter('quarry_job_successes_after_retry_total', 'Jobs that worked after attempts that failed.', kind)
        .inc();
  }

  retried({ name }: JobKind): void {
    this.#metrics.counter('quarry_job_retries_total', 'Attempts after one that failed.', { kind: name }).inc();
  }
}
