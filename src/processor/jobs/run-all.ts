import type { Scheduler } from './scheduler.ts';
import type { JobOutcome } from './types.ts';

/** What fills objects and tables: before what then looks at them. */
const FIRST = ['text-seal', 'table-flush', 'packs'];

/** How the run of one kind ended. */
export type KindOutcomes = Readonly<Record<string, JobOutcome>>;

/** One run now of all that is ready: every kind that runs by a period, but for rare ones. Paused kinds run, too. */
export async function runAll(
  jobs: Pick<Scheduler, 'kinds' | 'run'>,
  signal: AbortSignal = new AbortController().signal,
): Promise<KindOutcomes> {
  const kinds = jobs.kinds();
  const first = FIRST.filter((name) => kinds.some((kind) => kind.name === name));
  const then = kinds.filter(({ name, periodic }) => periodic && !FIRST.includes(name));
  then.sort((a, b) => b.priority - a.priority);
  const outcomes: Record<string, JobOutcome> = {};
  for (const name of [...first, ...then.map((kind) => kind.name)])
    if (!signal.aborted) outcomes[name] = await jobs.run(name);
  return outcomes;
}
