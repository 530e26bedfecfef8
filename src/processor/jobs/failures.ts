import type { ErrorCategory } from '../../base/error-metrics.ts';
import type { RetryRule } from './types.ts';

/** The part of the processor that a failure belongs to. */
export type FailureArea = ErrorCategory;

/** Kinds of failure that are treated differently. */
export type FailureKind = 'unavailable' | 'no-space' | 'denied' | 'corrupt' | 'unknown';

/**
 * What is done about a failure.
 * - `retry-with-backoff`: the same again after a pause that grows. What the job would have done stays to be done.
 * - `wait-for-space`: the same again after the longest pause: trying often does not empty a disk.
 * - `wait-for-rights`: the same again after the longest pause: a person has to allow it.
 * - `set-aside`: kept until a person releases it: reading the same bytes again gives the same.
 */
export type Fallback = 'retry-with-backoff' | 'wait-for-space' | 'wait-for-rights' | 'set-aside';

/** The fallback of each kind of failure. */
export const FALLBACKS: Readonly<Record<FailureKind, Fallback>> = {
  unavailable: 'retry-with-backoff',
  unknown: 'retry-with-backoff',
  'no-space': 'wait-for-space',
  denied: 'wait-for-rights',
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
const DENIED = new Set(['EACCES', 'EPERM', 'EROFS', 'AccessDenied', 'AccessDeniedException', 'Forbidden']);
const CORRUPT = new Set(['PackCorrupt', 'CorruptTextSegment', 'UnreadableFile', 'InvalidAvro', 'InvalidMetadata']);
/** Names of errors that say that something does not answer; why is known to their cause. */
const NO_ANSWER = new Set(['ObjectStoreUnavailable', 'SqlUnavailable', 'CatalogUnavailable']);

function kindByCode({ name, message, code = '' }: NodeJS.ErrnoException): FailureKind | undefined {
  // What comes from another thread has lost its code, but names it in its message.
  const codes = [code, name, ...message.split(/[^A-Za-z]+/, 100)];
  if (codes.some((one) => NO_SPACE.has(one))) return 'no-space';
  if (codes.some((one) => DENIED.has(one))) return 'denied';
  if (CORRUPT.has(name)) return 'corrupt';
  return codes.some((one) => UNAVAILABLE.has(one)) ? 'unavailable' : undefined;
}

/** The kind of a failure, by what it says of itself or of its cause. */
export function kindOfFailure(error: unknown): FailureKind {
  let usual: FailureKind = 'unknown';
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if (at instanceof JobFailure) return at.kind;
    const kind = kindByCode(at);
    if (kind !== undefined) return kind;
    if (NO_ANSWER.has(at.name)) usual = 'unavailable';
  }
  return usual;
}

/**
 * The pause before the next attempt: it grows by `factor` from `baseMs` to `maxMs`, and lies by chance between its half and its whole, so that
 * jobs that failed together do not all come back together. `chance` is in [0, 1).
 */
export function pauseAfter(failures: number, rule: RetryRule, fallback: Fallback, chance: number): number {
  const grown = rule.baseMs * rule.factor ** Math.min(failures - 1, 64);
  const whole = fallback === 'retry-with-backoff' ? Math.min(rule.maxMs, grown) : rule.maxMs;
  return Math.round(whole / 2 + (whole / 2) * chance);
}
