import { isDecided } from './transaction.ts';
import type { Transaction } from './types.ts';

/** True when the transaction has taken longer than its producer asked for: the coordinator aborts it. */
export function isTimedOut({ state, startTimestamp, timeoutMs }: Transaction, now: number): boolean {
  return state === 'Ongoing' && startTimestamp + timeoutMs < now;
}

/** True when nothing happened to an id without a transaction for so long that it is forgotten (`transactional.id.expiration.ms`). */
export function isExpired(transaction: Transaction, now: number, expirationMs: number): boolean {
  const isIdle = transaction.state !== 'Ongoing' && !isDecided(transaction);
  return isIdle && transaction.updateTimestamp <= now - expirationMs;
}
