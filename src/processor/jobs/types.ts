import type { JsonObject } from '../../state/interpreters.ts';
import type { FailureArea, FailureKind, Fallback } from './failures.ts';
import type { Lock } from './lock-table.ts';

/** How a job came to its end, or to a rest. */
export type JobOutcome =
  | { readonly state: 'finished' }
  | { readonly state: 'failed' | 'quarantined'; readonly reason: string }
  | { readonly state: 'cancelled' };

/** What a job that runs is given. */
export interface JobContext {
  /** Aborted when the job is cancelled or the scheduler stops. */
  readonly signal: AbortSignal;
  /** Asked for by a person: what is paused or not yet due is done too. */
  readonly forced: boolean;
  /** Hands in another job that comes of this one, and is asked for if this one is. */
  readonly submit: (kind: string, key?: string) => void;
  /** Says how far it is. */
  readonly progress: (done: number, total?: number) => void;
  /** What an attempt that did not finish gave to `checkpoint` last, be it before a restart. */
  readonly position: JsonObject | undefined;
  /** Keeps where it is, so that the next attempt can go on there. It may be called often; now and then it is written. */
  readonly checkpoint: (position: JsonObject) => void;
}

/** How failed attempts of a kind are tried again. */
export interface RetryRule {
  readonly baseMs: number;
  readonly maxMs: number;
  readonly factor: number;
}

/** A kind of work. Whoever has background work describes it so and hands it to the scheduler. */
export interface JobKind {
  readonly name: string;
  /** A sentence for people. */
  readonly summary: string;
  /** What its failures are counted under. */
  readonly area: FailureArea;
  /** Higher goes first. Whoever waits gains on the others, so that nobody waits for ever. */
  readonly priority: number;
  /** Jobs of this kind at once. */
  readonly concurrency: number;
  readonly retry: RetryRule;
  /** Failures in a row after which a job is kept aside until a person releases it. Undefined: it is tried for ever. */
  readonly quarantineAfter?: number;
  /** Pause from the end of a run to the next; undefined for work that somebody submits. Read anew each time. */
  readonly everyMs?: () => number;
  /** The pause counts over restarts: for rare work, which would never be done where restarts are more frequent. */
  readonly pauseOutlivesRestart?: boolean;
  /** What the job with this key must have to itself, or share, while it runs. */
  locks?(key: string): readonly Lock[];
  /** Does the work. Rejects when it could not; what it then says of itself decides the fallback. */
  run(key: string, context: JobContext): Promise<void>;
}

export type JobState = 'queued' | 'running' | 'waiting' | 'quarantined';

/** A job as people see it. */
export interface JobView {
  /** Stands in every log line of its work. */
  readonly id: string;
  readonly kind: string;
  /** What of the kind: a topic, a segment; empty where there is only one. */
  readonly key: string;
  /** `waiting`: for its next attempt. */
  readonly state: JobState;
  /** Failures in a row. */
  readonly failures: number;
  readonly queuedAt: number;
  readonly startedAt?: number;
  /** When a waiting job is tried again. */
  readonly notBefore?: number;
  readonly done?: number;
  readonly total?: number;
  /** Why it failed last, or is kept aside. */
  readonly reason?: string;
  /** What kind of failure the last one was. */
  readonly failureKind?: FailureKind;
  /** What is done about the failure. */
  readonly fallback?: Fallback;
}

/** A run that ended. */
export interface JobRun {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly outcome: JobOutcome['state'];
  readonly startedAt: number;
  readonly milliseconds: number;
  readonly reason?: string;
}

export type JobEventType =
  | 'queued'
  | 'started'
  | 'progress'
  | 'finished'
  | 'failed'
  | 'retried'
  | 'cancelled'
  | 'quarantined'
  | 'released';

/** Something that happened to a job. */
export interface JobEvent {
  readonly type: JobEventType;
  readonly at: number;
  readonly job: JobView;
}
