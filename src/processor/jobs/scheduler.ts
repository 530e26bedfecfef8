import { type Clock, sleep, type Timer } from '../../base/clock.ts';
import { type Logger, withCorrelation } from '../../base/logger.ts';
import type { Metrics } from '../../base/metrics.ts';
import type { Random } from '../../base/random.ts';
import { JobMetrics } from './job-metrics.ts';
import { contextOf } from './job-context.ts';
import { JobMemory } from './job-memory.ts';
import { type Job, JobQueue, reasonOf, viewOf } from './queue.ts';
import type { JobEvent, JobEventType, JobKind, JobOutcome, JobRun, JobView } from './types.ts';

export interface SchedulerParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Jobs of all kinds at once. */
  readonly maxRunning: number;
  /** What outlives a restart; by default nothing does. */
  readonly memory?: JobMemory;
}

/** Runs that are remembered. */
const HISTORY = 200;
/** Jobs that may be kept aside, all together; beyond it the oldest are forgotten. */
const MAX_QUARANTINED = 1000;
/** How long the end waits for jobs under way. */
const STOP_PATIENCE_MS = 4000;

/**
 * Runs background jobs: by priority, within the concurrency of their kinds and the locks that they name, again when they fail. One job's
 * failure is its own. Jobs live in memory: what is to be done is always found out again from what is stored. Decisions and positions outlive a restart.
 */
export class Scheduler {
  readonly #parts: SchedulerParts;
  readonly #queue: JobQueue;
  readonly #memory: JobMemory;
  readonly #metrics: JobMetrics;
  readonly #kinds = new Map<string, JobKind>();
  readonly #running = new Map<Job, { readonly abort: AbortController; readonly ended: Promise<void> }>();
  readonly #waiters = new Map<Job, ((outcome: JobOutcome) => void)[]>();
  readonly #periods = new Map<string, Timer>();
  readonly #paused: Set<string>;
  readonly #listeners = new Set<(event: JobEvent) => void>();
  readonly #history: JobRun[] = [];
  readonly #idlers: ((outcome: JobOutcome) => void)[] = [];
  #wake: Timer | undefined;
  #periodic = false;
  #held = false;
  #stopped = false;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
    this.#queue = new JobQueue(parts.maxRunning);
    this.#memory = parts.memory ?? new JobMemory();
    this.#paused = new Set(this.#memory.paused);
    this.#metrics = new JobMetrics(parts.metrics, this.#queue, () => this.#kinds.values());
  }

  /** Takes up a kind of work; nothing of it runs by itself before `start`. */
  define(kind: JobKind): void {
    if (this.#kinds.has(kind.name)) throw new Error(`the kind of job ${kind.name} is there already`);
    this.#kinds.set(kind.name, kind);
    for (const { kind: name, key, reason } of this.#memory.aside)
      if (name === kind.name)
        this.#queue.quarantine(this.#queue.submit(kind, key, this.#parts.clock.now()).job, reason);
    if (this.#periodic) this.#armPeriod(kind);
  }

  /** From now on kinds that have a period run by it. */
  start(): void {
    this.#periodic = true;
    for (const kind of this.#kinds.values()) this.#armPeriod(kind, this.#pauseLeft(kind));
  }

  /** Instead of `start`: nothing runs but what is asked for, and not again if it fails. */
  hold(): void {
    this.#held = true;
  }

  get held(): boolean {
    return this.#held;
  }

  /** Aborts what runs and waits for it, though not for ever; nothing starts any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.cancel();
    for (const timer of this.#periods.values()) timer.cancel();
    for (const job of this.#queue.all()) if (job.state !== 'running') this.#settle(job, { state: 'cancelled' });
    const runs = [...this.#running.values()];
    for (const { abort } of runs) abort.abort();
    const over = new AbortController();
    const ended = Promise.all(runs.map((run) => run.ended));
    await Promise.race([ended, sleep(this.#parts.clock, STOP_PATIENCE_MS, over.signal)]);
    over.abort();
    // What could not be written was logged, and is lost without harm.
    await this.#memory.settled().catch(() => {});
  }

  /** Resolves when what was decided until now outlives a restart; rejects when it could not be written. */
  remembered(): Promise<void> {
    return this.#memory.settled();
  }

  /**
   * Hands in a job, or joins the one that is there. One that runs already runs once more after that: it may have looked at what there is to do before
   * there was this. Throws RangeError for an unknown kind.
   */
  submit(kindName: string, key = ''): JobView {
    return this.#submit(kindName, key, false);
  }

  #submit(kindName: string, key: string, forced: boolean): JobView {
    const now = this.#parts.clock.now();
    const { job, isNew } = this.#queue.submit(this.#kind(kindName), key, now);
    job.again = job.state === 'running';
    if (forced && job.state !== 'quarantined') {
      job.forced = true;
      this.#queue.hurry(job, now);
    }
    if (isNew) this.#emit('queued', job);
    this.#dispatch();
    return viewOf(job);
  }

  /** Resolves when no job runs or is due. Jobs that wait for their next attempt, or are kept aside, stay. */
  async idle(): Promise<void> {
    while (!this.#stopped && this.#queue.busy((kind) => this.#isPaused(kind)))
      await new Promise((resolve) => this.#idlers.push(resolve));
  }

  /**
   * Runs a job at once, even if its kind is paused or it waits for its next attempt; resolves when the attempt ended. One that runs already is
   * joined; one kept aside is not run.
   */
  run(kindName: string, key = ''): Promise<JobOutcome> {
    if (this.#stopped) return Promise.resolve({ state: 'cancelled' });
    const { clock } = this.#parts;
    const { job, isNew } = this.#queue.submit(this.#kind(kindName), key, clock.now());
    if (job.state === 'quarantined') return Promise.resolve({ state: 'quarantined', reason: job.reason ?? '' });
    if (isNew) this.#emit('queued', job);
    const ended = new Promise<JobOutcome>((resolve) => {
      const waiting = this.#waiters.get(job);
      if (waiting === undefined) this.#waiters.set(job, [resolve]);
      else waiting.push(resolve);
    });
    if (job.state !== 'running') job.forced = true;
    this.#queue.hurry(job, clock.now());
    this.#dispatch();
    return ended;
  }

  /** Kinds start nothing by themselves from now on; what runs goes on to its end. All kinds when none is named. */
  pause(kindName?: string): void {
    for (const name of this.#named(kindName)) this.#paused.add(name);
    this.#rememberPauses(kindName === undefined || this.#memory.allPaused);
  }

  /** Whether everything was paused, and not resumed since, also by an earlier run. */
  get allPaused(): boolean {
    return this.#memory.allPaused;
  }

  resume(kindName?: string): void {
    for (const name of this.#named(kindName)) this.#paused.delete(name);
    this.#rememberPauses(kindName !== undefined && this.#memory.allPaused);
    this.#dispatch();
  }

  #rememberPauses(all: boolean): void {
    this.#memory.setPaused(this.#paused);
    this.#memory.setAllPaused(all);
  }

  /** Ends a job: one that runs is asked to stop. False when there is no such job. */
  cancel(id: string): boolean {
    const job = this.#queue.byId(id);
    if (job === undefined) return false;
    const running = this.#running.get(job);
    if (running !== undefined) running.abort.abort();
    else this.#ended(job, 'cancelled', { state: 'cancelled' });
    return true;
  }

  /** Tries a job again now that waits for its next attempt, even if its kind is paused. False when there is none that waits. */
  retry(id: string): boolean {
    const job = this.#queue.byId(id);
    if (job?.state !== 'waiting') return false;
    job.forced = true;
    this.#queue.hurry(job, this.#parts.clock.now());
    this.#dispatch();
    return true;
  }

  /** Keeps a job aside, which need not be there yet. False while it runs: it must be cancelled first. */
  quarantine(kindName: string, key: string, reason: string): boolean {
    const { job } = this.#queue.submit(this.#kind(kindName), key, this.#parts.clock.now());
    if (job.state === 'running') return false;
    this.#queue.quarantine(job, reason.slice(0, 1000));
    this.#setAside(job);
    return true;
  }

  /** Lets a job that was kept aside run again. False when there is none. */
  release(id: string): boolean {
    const job = this.#queue.byId(id);
    if (job?.state !== 'quarantined') return false;
    this.#queue.release(job, this.#parts.clock.now());
    this.#rememberAside();
    this.#emit('released', job);
    this.#dispatch();
    return true;
  }

  kinds(): readonly (Pick<JobKind, 'name' | 'summary' | 'priority' | 'concurrency' | 'area'> & {
    readonly paused: boolean;
    /** Runs by a period, which is not a long one. */
    readonly periodic: boolean;
  })[] {
    return [...this.#kinds.values()].map(({ name, summary, priority, concurrency, area, everyMs, ...kind }) => {
      const periodic = everyMs !== undefined && kind.pauseOutlivesRestart !== true;
      return { name, summary, priority, concurrency, area, paused: this.#isPaused(name), periodic };
    });
  }

  jobs(): readonly JobView[] {
    return this.#queue.all().map(viewOf);
  }

  /** Runs that ended, the newest first. */
  history(): readonly JobRun[] {
    return this.#history.toReversed();
  }

  /** Calls for every event until the returned function is called. What a listener throws is logged. */
  onEvent(listener: (event: JobEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #kind(name: string): JobKind {
    const kind = this.#kinds.get(name);
    if (kind === undefined) throw new RangeError(`there is no kind of job '${name.slice(0, 100)}'`);
    return kind;
  }

  #isPaused(kind: string): boolean {
    return this.#held || this.#paused.has(kind);
  }

  #named(name: string | undefined): Iterable<string> {
    return name === undefined ? this.#kinds.keys() : [this.#kind(name).name];
  }

  #armPeriod(kind: JobKind, pauseMs = kind.everyMs?.()): void {
    if (pauseMs === undefined || !this.#periodic || this.#stopped) return;
    this.#periods.get(kind.name)?.cancel();
    // Where it runs at this moment, by somebody's wish, that is enough.
    const due = (): void => void (this.#queue.get(kind.name, '') ?? this.submit(kind.name));
    this.#periods.set(kind.name, this.#parts.clock.after(pauseMs, due));
  }

  /** What is left of a pause that began before the start; a clock that went back does not make it longer. */
  #pauseLeft({ name, everyMs, pauseOutlivesRestart }: JobKind): number | undefined {
    const whole = everyMs?.();
    if (whole === undefined || pauseOutlivesRestart !== true) return whole;
    const now = this.#parts.clock.now();
    const began = this.#memory.pauseBegan(name);
    // The first pause counts as well, or the first run would never come.
    if (began === undefined) this.#memory.setPauseBegan(name, now);
    return Math.min(whole, Math.max(0, (began ?? now) + whole - now));
  }

  /** Starts what may start, and wakes up again when the next one is due. */
  #dispatch(): void {
    if (this.#stopped) return;
    const { clock } = this.#parts;
    const now = clock.now();
    for (const job of this.#queue.take(now, (kind) => this.#isPaused(kind))) this.#begin(job);
    this.#wake?.cancel();
    const next = this.#queue.nextDue();
    // One that is due and did not start waits for another's end, which dispatches again.
    if (next !== undefined && next > now) this.#wake = clock.after(next - now, () => this.#dispatch());
  }

  #begin(job: Job): void {
    const abort = new AbortController();
    if (job.failures > 0) {
      this.#metrics.retried(job.kind);
      this.#emit('retried', job);
    }
    this.#emit('started', job);
    const ended = withCorrelation(job.id, () => this.#attempt(job, abort.signal));
    this.#running.set(job, { abort, ended });
  }

  async #attempt(job: Job, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const started = clock.monotonic();
    const { context, position } = contextOf(job, signal, {
      clock,
      memory: this.#memory,
      submit: (kind, key) => void this.#submit(kind, key, job.forced),
      onProgress: () => this.#emit('progress', job),
    });
    let failure: { readonly error: unknown } | undefined;
    try {
      await Promise.resolve(); // The job is among those that run before its work begins.
      await job.kind.run(job.key, context);
    } catch (error) {
      failure = { error };
    }
    this.#running.delete(job);
    this.#memory.setPosition(job.kind.name, job.key, failure === undefined ? undefined : position());
    const milliseconds = Math.round(clock.monotonic() - started);
    if (failure !== undefined && signal.aborted) this.#ended(job, 'cancelled', { state: 'cancelled' }, milliseconds);
    else {
      this.#metrics.ended(job.kind, milliseconds / 1000, failure !== undefined, job.failures);
      if (failure === undefined) this.#ended(job, 'finished', { state: 'finished' }, milliseconds);
      else this.#failed(job, failure.error, milliseconds);
    }
    this.#dispatch();
  }

  #failed(job: Job, err: unknown, milliseconds: number): void {
    const { clock, random, logger } = this.#parts;
    const again = job.reason === reasonOf(err);
    const startedAt = job.startedAt ?? clock.now();
    const fallback = this.#queue.failed(job, err, clock.now(), random.float());
    const { kind, key, failures, reason = '' } = job;
    // The same reason over and over is said once.
    if (!again || fallback === 'set-aside')
      logger.warn({ err, kind: kind.name, key, failures, fallback }, 'a background job failed');
    const state = fallback === 'set-aside' ? 'quarantined' : 'failed';
    this.#remember(job, { outcome: state, startedAt, milliseconds, reason });
    this.#emit('failed', job);
    if (state === 'quarantined') this.#setAside(job);
    else this.#settle(job, { state, reason });
  }

  #setAside(job: Job): void {
    this.#emit('quarantined', job);
    this.#settle(job, { state: 'quarantined', reason: job.reason ?? '' });
    const aside = this.#queue.all().filter(({ state }) => state === 'quarantined');
    for (const old of aside.slice(0, -MAX_QUARANTINED)) this.#queue.remove(old);
    this.#rememberAside();
  }

  /** Kinds that are not there this time keep what was kept aside of them. */
  #rememberAside(): void {
    const ofOthers = this.#memory.aside.filter(({ kind }) => !this.#kinds.has(kind));
    const aside = this.#queue.all().filter(({ state }) => state === 'quarantined');
    const ours = aside.map(({ kind, key, reason = '' }) => ({ kind: kind.name, key, reason }));
    this.#memory.setAside([...ofOthers, ...ours].slice(-MAX_QUARANTINED));
  }

  /** The job leaves the queue; its kind's period begins anew. */
  #ended(job: Job, type: 'finished' | 'cancelled', outcome: JobOutcome, milliseconds = 0): void {
    this.#remember(job, {
      outcome: outcome.state,
      startedAt: job.startedAt ?? this.#parts.clock.now(),
      milliseconds,
    });
    const wasAside = job.state === 'quarantined';
    this.#queue.remove(job);
    if (wasAside) this.#rememberAside();
    this.#emit(type, job);
    this.#settle(job, outcome);
    if (type === 'finished' && job.again && !this.#stopped) this.#submit(job.kind.name, job.key, job.forced);
    if (job.key !== '') return;
    if (type === 'finished' && job.kind.pauseOutlivesRestart === true)
      this.#memory.setPauseBegan(job.kind.name, this.#parts.clock.now());
    this.#armPeriod(job.kind);
  }

  #settle(job: Job, outcome: JobOutcome): void {
    const waiting = this.#waiters.get(job) ?? [];
    this.#waiters.delete(job);
    for (const resolve of [...waiting, ...this.#idlers.splice(0)]) resolve(outcome);
  }

  #remember(job: Job, run: Omit<JobRun, 'id' | 'kind' | 'key'>): void {
    this.#history.push({ id: job.id, kind: job.kind.name, key: job.key, ...run });
    if (this.#history.length > HISTORY) this.#history.shift();
  }

  #emit(type: JobEventType, job: Job): void {
    if (this.#listeners.size === 0) return;
    const event: JobEvent = { type, at: this.#parts.clock.now(), job: viewOf(job) };
    for (const listener of this.#listeners)
      try {
        listener(event);
      } catch (err) {
        this.#parts.logger.error({ err }, 'a listener to job events failed');
      }
  }
}
