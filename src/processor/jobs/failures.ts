import type { ErrorCategory } from '../../base/error-metrics.ts';
import type { RetryRule } from './types.ts';

/** The part of the processor that a failure belongs to. */
export type FailureArea = ErrorCategory;

/** Kinds of failure that are treated differently. */
export type FailureKind = 'unavailable' | 'no-space' | 'corrupt' | 'unknown';

/**
 * What is done about a failure.
 * - `retry-with-backoff`: the same again after a pause that grows. What the job would have done stays to be done.
 * - `wait-for-space`: the same again after the longest pause: trying often does not empty a disk.
 * - `set-aside`: kept until a person releases it: reading the same bytes again gives the same.
 */
export type Fallback = 'retry-with-backoff' | 'wait-for-space' | 'set-aside';

/** The fallback of each kind of failure. */
export const FALLBACKS: Readonly<Record<FailureKind, Fallback>> = {
  unavailable: 'retry-with-backoff',
  unknown: 'retry-with-backoff',
  'no-space': 'wait-for-space',
  corrupt: 'set-aside',
};

/** A failure of which the job knows the kind. */
export class JobFailure extends Error {
  override readonly name = 'JobFailure';
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

const NO_SPACE = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const UNAVAILABLE = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'EAI_AGAIN', 'ENETUNREACH', 'EIO']);
const CORRUPT = new Set(['PackCorrupt']);

/** The kind of a failure, by what it says of itself or of its cause. */
export function kindOfFailure(error: unknown): FailureKind {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if (at instanceof JobFailure) return at.kind;
    // What comes from another thread has lost its code, but names it in its message.
    const code = (at as NodeJS.ErrnoException).code ?? /\b(E[A-Z]{3,14})\b/.exec(at.message)?.[1] ?? '';
    if (NO_SPACE.has(code)) return 'no-space';
    if (UNAVAILABLE.has(code)) return 'unavailable';
    if (CORRUPT.has(at.name)) return 'corrupt';
  }
  return 'unknown';
}

/**
 * The pause before the next attempt: it grows by `factor` from `baseMs` to `maxMs`, and lies by chance between its half and its whole, so that
 * jobs that failed together do not all come back together. `chance` is in [0, 1).
 */
export function pauseAfter(failures: number, rule: RetryRule, fallback: Fallback, chance: number): number {
  const grown = rule.baseMs * rule.factor ** Math.min(failures - 1, 64);
  const whole = fallback === 'wait-for-space' ? rule.maxMs : Math.min(rule.maxMs, grown);
  return Math.round(whole / 2 + (whole / 2) * chance);
}
