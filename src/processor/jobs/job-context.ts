import type { Clock } from '../../base/clock.ts';
import type { JsonObject } from '../../state/interpreters.ts';
import type { JobMemory } from './job-memory.ts';
import type { Job } from './queue.ts';
import type { JobContext } from './types.ts';

/** Shortest time between two events that tell of a job's progress. */
const PROGRESS_MS = 500;
/** Shortest time between two positions of a job that are written. */
const CHECKPOINT_MS = 10_000;

interface ContextParts {
  readonly clock: Clock;
  readonly memory: JobMemory;
  readonly submit: (kind: string, key: string) => void;
  readonly onProgress: () => void;
}

/** What one attempt of a job is given, and where it has got to. */
export function contextOf(
  job: Job,
  signal: AbortSignal,
  { clock, memory, submit, onProgress }: ContextParts,
): { readonly context: JobContext; readonly position: () => JsonObject | undefined } {
  const { kind, key, forced } = job;
  const before = memory.position(kind.name, key);
  let position = before;
  let written = clock.monotonic();
  let told = Number.NEGATIVE_INFINITY;
  const context: JobContext = {
    signal,
    forced,
    position: before,
    submit: (other, otherKey = '') => submit(other, otherKey),
    progress(done, total) {
      Object.assign(job, { done, total });
      if (clock.monotonic() - told < PROGRESS_MS) return;
      told = clock.monotonic();
      onProgress();
    },
    checkpoint(reached) {
      position = reached;
      if (clock.monotonic() - written < CHECKPOINT_MS) return;
      written = clock.monotonic();
      memory.setPosition(kind.name, key, reached);
    },
  };
  return { context, position: () => position };
}
