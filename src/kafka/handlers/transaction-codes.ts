import { errorCode } from '../../../protocol/errors.ts';
import type { TransactionError } from '../../coordination/transactions/types.ts';

/** The code of an error; versions before `since` know no PRODUCER_FENCED (KIP-588). */
export function fencedBefore(since: number, apiVersion: number, error: TransactionError): number {
  return errorCode[error === 'PRODUCER_FENCED' && apiVersion < since ? 'INVALID_PRODUCER_EPOCH' : error];
}

/** Versions of an API that writes in transactions, by what its clients understand (KIP-890). */
export interface WriteVersions {
  /** TRANSACTION_ABORTABLE. */
  readonly abortableSince: number;
  /** Writing adds to the transaction, and CONCURRENT_TRANSACTIONS. */
  readonly addsSince: number;
}

/**
 * The code with which a write is refused because of its transaction. What passes is told to older clients by an error that they are known to try
 * again after.
 */
export function writeRefusal(
  error: Exclude<TransactionError, 'NONE'>,
  apiVersion: number,
  versions: WriteVersions,
  tryAgain: number,
): number {
  switch (error) {
    case 'PRODUCER_FENCED':
      return errorCode.INVALID_PRODUCER_EPOCH;
    case 'TRANSACTION_ABORTABLE':
      return apiVersion < versions.abortableSince ? errorCode.INVALID_TXN_STATE : errorCode.TRANSACTION_ABORTABLE;
    case 'CONCURRENT_TRANSACTIONS':
      return apiVersion < versions.addsSince ? tryAgain : errorCode.CONCURRENT_TRANSACTIONS;
    case 'COORDINATOR_NOT_AVAILABLE':
      return tryAgain;
    default:
      return errorCode[error];
  }
}
