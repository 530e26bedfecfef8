import { FALLBACKS, type Fallback, type FailureKind, kindOfFailure, pauseAfter } from './failures.ts';
import { compatible, type Lock } from './lock-table.ts';
import type { JobKind, JobState, JobView } from './types.ts';

/** A job in the queue. The queue alone changes it. */
export interface Job {
  readonly id: string;
  readonly kind: JobKind;
  readonly key: string;
  readonly locks: readonly Lock[];
  state: JobState;
  forced: boolean;
  /** Handed in once more while it ran. */
  again: boolean;
  failures: number;
  queuedAt: number;
  startedAt: number | undefined;
  notBefore: number;
  done: number | undefined;
  total: number | undefined;
  reason: string | undefined;
  failureKind: FailureKind | undefined;
  fallback: Fallback | undefined;
}

/** Time of waiting that is worth one step of priority. */
const AGE_MS = 5000;

/** The job's place among those that wait: whoever waits long overtakes whoever is important. */
const rank = (job: Job, now: number): number => job.kind.priority + (now - job.queuedAt) / AGE_MS;

/**
 * Which jobs there are and which may run: a state machine without clock, chance or work of its own. A job is known by its kind and key;
 * there is at most one of each.
 */
export class JobQueue {
  readonly #jobs = new Map<string, Job>();
  readonly #maxRunning: number;
  #lastId = 0;

  /** At most `maxRunning` jobs of all kinds run at once. */
  constructor(maxRunning: number) {
    this.#maxRunning = maxRunning;
  }

  get(kind: string, key: string): Job | undefined {
    return this.#jobs.get(placeOf(kind, key));
  }

  byId(id: string): Job | undefined {
    return this.all().find((job) => job.id === id);
  }

  all(): Job[] {
    return [...this.#jobs.values()];
  }

  /** The job of this kind and key: a new one, or the one that is there already. */
  submit(kind: JobKind, key: string, now: number): { readonly job: Job; readonly isNew: boolean } {
    const known = this.get(kind.name, key);
    if (known !== undefined) return { job: known, isNew: false };
    const job: Job = {
      id: `${kind.name}-${++this.#lastId}`,
      kind,
      key,
      locks: kind.locks?.(key) ?? [],
      state: 'queued',
      forced: false,
      again: false,
      failures: 0,
      queuedAt: now,
      startedAt: undefined,
      notBefore: now,
      done: undefined,
      total: undefined,
      reason: undefined,
      failureKind: undefined,
      fallback: undefined,
    };
    this.#jobs.set(placeOf(kind.name, key), job);
    return { job, isNew: true };
  }

  /** Puts a job that waits for its next attempt at the queue's disposal at once. */
  hurry(job: Job, now: number): void {
    if (job.state !== 'waiting') return;
    job.state = 'queued';
    job.notBefore = now;
  }

  /**
   * Takes the jobs that may start now. Whoever is due but finds its locks taken keeps the others from them: a stream of small jobs must not
   * starve one that needs a lock for itself. `paused` kinds start only what is forced.
   */
  take(now: number, paused: (kind: string) => boolean): Job[] {
    const running = this.all().filter((job) => job.state === 'running');
    const held = running.map((job) => job.locks);
    const counts = new Map<string, number>();
    for (const { kind } of running) counts.set(kind.name, (counts.get(kind.name) ?? 0) + 1);
    const due = this.all().filter((job) => isDue(job, now) && (job.forced || !paused(job.kind.name)));
    due.sort((a, b) => rank(b, now) - rank(a, now));
    const taken: Job[] = [];
    for (const job of due) {
      if (running.length + taken.length >= this.#maxRunning) break;
      const count = counts.get(job.kind.name) ?? 0;
      if (count >= job.kind.concurrency) continue;
      const free = compatible(job.locks, held);
      // Reserved where it is not free.
      held.push(job.locks);
      if (!free) continue;
      counts.set(job.kind.name, count + 1);
      Object.assign(job, { state: 'running', startedAt: now, done: undefined, total: undefined });
      taken.push(job);
    }
    return taken;
  }

  /** When the next job that waits is due; undefined when none waits. */
  nextDue(): number | undefined {
    const times = this.all().flatMap((job) => (job.state === 'waiting' ? [job.notBefore] : []));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** The job is done, or nobody wants it any more. */
  remove(job: Job): void {
    this.#jobs.delete(placeOf(job.kind.name, job.key));
  }

  /** An attempt failed: the job waits for the next, or is kept aside. `chance` is in [0, 1). */
  failed(job: Job, error: unknown, now: number, chance: number): Fallback {
    const { quarantineAfter, retry } = job.kind;
    const failureKind = kindOfFailure(error);
    const usual = FALLBACKS[failureKind];
    const failures = job.failures + 1;
    const over = quarantineAfter !== undefined && failures >= quarantineAfter;
    // A kind that is never kept aside tries again whatever happened.
    const setAside = over || (usual === 'set-aside' && quarantineAfter !== undefined);
    const fallback = setAside ? 'set-aside' : usual === 'set-aside' ? 'retry-with-backoff' : usual;
    Object.assign(job, { failures, failureKind, fallback, again: false, forced: false, reason: reasonOf(error) });
    job.state = setAside ? 'quarantined' : 'waiting';
    job.startedAt = undefined;
    job.notBefore = now + pauseAfter(failures, retry, fallback, chance);
    job.queuedAt = job.notBefore;
    return fallback;
  }

  /** Keeps a job aside that does not run. */
  quarantine(job: Job, reason: string): void {
    Object.assign(job, { state: 'quarantined', fallback: 'set-aside', forced: false, reason });
  }

  /** Lets a job that was kept aside run again, as if it had never failed. */
  release(job: Job, now: number): void {
    Object.assign(job, {
      state: 'queued',
      failures: 0,
      failureKind: undefined,
      fallback: undefined,
      queuedAt: now,
      notBefore: now,
    });
  }
}

/** What people see of a job. */
export function viewOf(job: Job): JobView {
  const { id, kind, key, state, failures, queuedAt, startedAt, notBefore, done, total, reason } = job;
  const { failureKind, fallback } = job;
  return {
    id,
    kind: kind.name,
    key,
    state,
    failures,
    queuedAt,
    ...(startedAt !== undefined && { startedAt }),
    ...(state === 'waiting' && { notBefore }),
    ...(done !== undefined && { done }),
    ...(total !== undefined && { total }),
    ...(reason !== undefined && { reason }),
    ...(failureKind !== undefined && { failureKind }),
    ...(fallback !== undefined && { fallback }),
  };
}

const placeOf = (kind: string, key: string): string => `${kind}\n${key}`;
const isDue = (job: Job, now: number): boolean =>
  job.state === 'queued' || (job.state === 'waiting' && job.notBefore <= now);

/** A failure in one bounded sentence. */
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 1000);
