import { FALLBACKS, type Fallback, type FailureKind, kindOfFailure, pauseAfter } from './failures.ts';
import { compatible, type Lock } from './lock-table.ts';
import type { JobKind, JobState, JobView } from './types.ts';

/** A job in the queue. The queue alone changes it. */
export interface Job {
  readonly id: string;
  /** Rises from job to job. */
  readonly serial: number;
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

/** Whether `a` goes before `b`: whoever waits long overtakes whoever is important. It stays so while both wait. */
function goesBefore(a: Job, b: Job): boolean {
  const difference = a.queuedAt - a.kind.priority * AGE_MS - (b.queuedAt - b.kind.priority * AGE_MS);
  return difference === 0 ? a.serial < b.serial : difference < 0;
}

/**
 * Which jobs there are and which may run: a state machine without clock, chance or work of its own. A job is known by its kind and key;
 * there is at most one of each.
 */
export class JobQueue {
  readonly #jobs = new Map<string, Job>();
  readonly #byId = new Map<string, Job>();
  /** Those that are queued, in the order in which they start. */
  readonly #queued: Job[] = [];
  /** How many of each kind are queued. */
  readonly #queuedOf = new Map<JobKind, number>();
  readonly #waiting = new Set<Job>();
  readonly #running = new Set<Job>();
  readonly #maxRunning: number;
  #lastSerial = 0;

  /** At most `maxRunning` jobs of all kinds run at once. */
  constructor(maxRunning: number) {
    this.#maxRunning = maxRunning;
  }

  get(kind: string, key: string): Job | undefined {
    return this.#jobs.get(placeOf(kind, key));
  }

  byId(id: string): Job | undefined {
    return this.#byId.get(id);
  }

  all(): Job[] {
    return [...this.#jobs.values()];
  }

  /** The job of this kind and key: a new one, or the one that is there already. */
  submit(kind: JobKind, key: string, now: number): { readonly job: Job; readonly isNew: boolean } {
    const known = this.get(kind.name, key);
    if (known !== undefined) return { job: known, isNew: false };
    const serial = ++this.#lastSerial;
    const job: Job = {
      id: `${kind.name}-${serial}`,
      serial,
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
    this.#byId.set(job.id, job);
    this.#enter(job, 'queued');
    return { job, isNew: true };
  }

  /** Where the job would lie among those that are queued. */
  #position(job: Job): number {
    let low = 0;
    let high = this.#queued.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (goesBefore(this.#queued[middle]!, job)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #enter(job: Job, state: JobState): void {
    job.state = state;
    if (state === 'queued') {
      this.#queued.splice(this.#position(job), 0, job);
      this.#queuedOf.set(job.kind, (this.#queuedOf.get(job.kind) ?? 0) + 1);
    } else if (state === 'waiting') this.#waiting.add(job);
    else if (state === 'running') this.#running.add(job);
  }

  /** Before anything of the job changes that its place depends on. */
  #leave(job: Job): void {
    if (job.state === 'queued') {
      this.#queued.splice(this.#position(job), 1);
      this.#queuedOf.set(job.kind, (this.#queuedOf.get(job.kind) ?? 0) - 1);
    }
    this.#waiting.delete(job);
    this.#running.delete(job);
  }

  /** Puts a job that waits for its next attempt at the queue's disposal at once. */
  hurry(job: Job, now: number): void {
    if (job.state !== 'waiting') return;
    this.#leave(job);
    Object.assign(job, { notBefore: now, queuedAt: Math.min(job.queuedAt, now) });
    this.#enter(job, 'queued');
  }

  /**
   * Takes the jobs that may start now. Whoever is due but finds its locks taken keeps the others from them: a stream of small jobs must not
   * starve one that needs a lock for itself. `paused` kinds start only what is forced.
   */
  take(now: number, paused: (kind: string) => boolean): Job[] {
    for (const job of this.#waiting) if (job.notBefore <= now) this.hurry(job, now);
    const held = [...this.#running].map((job) => job.locks);
    const places = this.#placesLeft();
    const taken: Job[] = [];
    for (const job of this.#queued) {
      if (places.size === 0 || this.#running.size + taken.length >= this.#maxRunning) break;
      const left = places.get(job.kind);
      if (left === undefined || (!job.forced && paused(job.kind.name))) continue;
      const free = compatible(job.locks, held);
      // Reserved where it is not free.
      held.push(job.locks);
      if (!free) continue;
      if (left > 1) places.set(job.kind, left - 1);
      else places.delete(job.kind);
      taken.push(job);
    }
    for (const job of taken) {
      this.#leave(job);
      Object.assign(job, { startedAt: now, done: undefined, total: undefined });
      this.#enter(job, 'running');
    }
    return taken;
  }

  /** How many more may run of each kind of which some are queued; kinds of which none may are left out. */
  #placesLeft(): Map<JobKind, number> {
    const places = new Map<JobKind, number>();
    for (const [kind, queued] of this.#queuedOf) if (queued > 0) places.set(kind, kind.concurrency);
    for (const { kind } of this.#running) {
      const left = places.get(kind);
      if (left !== undefined) places.set(kind, left - 1);
    }
    for (const [kind, left] of places) if (left <= 0) places.delete(kind);
    return places;
  }

  /** Whether a job runs, or is queued and may start by itself. */
  busy(paused: (kind: string) => boolean): boolean {
    return this.#running.size > 0 || this.#queued.some((job) => job.forced || !paused(job.kind.name));
  }

  /** When the next job that waits is due; undefined when none waits. */
  nextDue(): number | undefined {
    let next: number | undefined;
    for (const { notBefore } of this.#waiting) next = Math.min(next ?? notBefore, notBefore);
    return next;
  }

  /** The job is done, or nobody wants it any more. */
  remove(job: Job): void {
    this.#leave(job);
    this.#jobs.delete(placeOf(job.kind.name, job.key));
    this.#byId.delete(job.id);
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
    this.#leave(job);
    job.startedAt = undefined;
    job.notBefore = now + pauseAfter(failures, retry, fallback, chance);
    job.queuedAt = job.notBefore;
    this.#enter(job, setAside ? 'quarantined' : 'waiting');
    return fallback;
  }

  /** Keeps a job aside that does not run. */
  quarantine(job: Job, reason: string): void {
    this.#leave(job);
    Object.assign(job, { fallback: 'set-aside', forced: false, reason });
    this.#enter(job, 'quarantined');
  }

  /** Lets a job that was kept aside run again, as if it had never failed. */
  release(job: Job, now: number): void {
    this.#leave(job);
    const unfailed = { failures: 0, failureKind: undefined, fallback: undefined, reason: undefined };
    Object.assign(job, { ...unfailed, queuedAt: now, notBefore: now });
    this.#enter(job, 'queued');
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

/** A failure in one bounded sentence. */
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 1000);
