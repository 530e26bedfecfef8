import { type KindOutcomes, runAll } from '../processor/jobs/run-all.ts';
import type { BrokerOptions } from './engines.ts';
import { processAll, type RecoverySummary, withEngines } from './recover.ts';

/** What the processor did on a data directory that no broker uses. */
export interface StandaloneReport {
  /** Missing where one kind of job was asked for. */
  readonly sinks?: RecoverySummary;
  /** How the jobs of each kind ended; of a kind that handed in others, itself. */
  readonly jobs: KindOutcomes;
  /** Jobs that wait for another attempt, or are kept aside, with the reason. */
  readonly left: readonly { readonly job: string; readonly key: string; readonly reason: string }[];
}

export interface StandaloneOptions {
  /** One kind of job alone, and what of it. */
  readonly kind?: string | undefined;
  readonly key?: string | undefined;
  /** Ends it after what it is doing; what is not done is left to the next run. */
  readonly signal?: AbortSignal;
}

/**
 * Does on a data directory that no broker uses what a broker's processor does in the background, once: the sinks, then every kind of job. With a kind
 * only that. Rejects as `Broker.start` does, and with RangeError for a kind that is not there.
 */
export function runProcessor(options: BrokerOptions, asked: StandaloneOptions = {}): Promise<StandaloneReport> {
  return withEngines(options, async (parts, engines) => {
    const { jobs, tables, text } = engines.processing;
    const { kind, key, signal } = asked;
    const stop = (): void => void jobs.stop();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      let report: Pick<StandaloneReport, 'sinks' | 'jobs'>;
      if (kind === undefined) {
        const sinks = await processAll(parts, engines, signal);
        report = { sinks, jobs: await runAll(jobs, signal) };
      } else {
        await text.start();
        tables.start(false);
        report = { jobs: { [kind]: await jobs.run(kind, key) } };
      }
      await jobs.idle();
      const left = jobs.jobs().map((job) => ({ job: job.id, key: job.key, reason: job.reason ?? '' }));
      return { ...report, left };
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  });
}
