import { present } from '../../base/assert.ts';
import {
  changed,
  isEpochExhausted,
  LAST_CLIENT_EPOCH,
  NO_PRODUCER_ID,
  NOTHING_INVOLVED,
  refused,
  unchanged,
} from './transaction.ts';
import type { EndRequest, Environment, ProducerReply, Step, Transaction, TransactionError } from './types.ts';

/**
 * So long after an end a commit of nothing is told to try again. The Java client may send an end before the records that it belongs to, when the one before
 * has just been answered: its sender looks whether records wait, then takes the next request, and the caller comes in between. Kafka is still writing
 * markers then, and answers the same; an INVALID_TXN_STATE would end the client.
 */
const HASTE_MS = 100;

/** Commits or aborts a transaction: `next` is the decision. */
export function endTransaction(
  transaction: Transaction | undefined,
  request: EndRequest,
  env: Environment,
): Step<ProducerReply> {
  if (request.transactionalId === '') return unchanged(refused('INVALID_REQUEST'));
  if (transaction === undefined) return unchanged(refused('INVALID_PRODUCER_ID_MAPPING'));
  return request.raisesEpoch ? endVersion2(transaction, request, env) : endVersion1(transaction, request, env);
}

/** Version 1: the epoch stays, so a repeated EndTxn is known by the state alone. */
function endVersion1(transaction: Transaction, request: EndRequest, env: Environment): Step<ProducerReply> {
  if (transaction.producerId !== request.producerId) return unchanged(refused('INVALID_PRODUCER_ID_MAPPING'));
  if (transaction.producerEpoch !== request.producerEpoch) return unchanged(refused('PRODUCER_FENCED'));
  if (transaction.state === 'Ongoing')
    return { reply: refused('NONE'), next: decide(transaction, request.commit, false, NO_PRODUCER_ID, env.now) };
  return unchanged(refused(errorOutside(transaction, request.commit)));
}

/** The answer to an end of what is not going on, as far as the state decides it. */
function errorOutside({ state }: Transaction, commit: boolean): TransactionError {
  if (state === (commit ? 'PrepareCommit' : 'PrepareAbort')) return 'CONCURRENT_TRANSACTIONS';
  return state === (commit ? 'CompleteCommit' : 'CompleteAbort') ? 'NONE' : 'INVALID_TXN_STATE';
}

/**
 * Version 2 (KIP-890): each end raises the epoch. The same request again comes with the epoch before; one with the current epoch is the
 * next end, which may abort a transaction that nothing was written in. Unlike in Kafka an end that did not raise the epoch is no proof of a retry: the epoch
 * before is then that of a producer which was fenced, and would get the identity of its successor.
 */
function endVersion2(transaction: Transaction, request: EndRequest, env: Environment): Step<ProducerReply> {
  const { state, producerId, producerEpoch, previousProducerId } = transaction;
  const afterOverflow =
    previousProducerId === request.producerId && request.producerEpoch === LAST_CLIENT_EPOCH && producerEpoch === 0;
  const afterRaise = transaction.raisesEpoch && producerEpoch === request.producerEpoch + 1;
  const isRetry = afterRaise || afterOverflow;
  const isCurrent = producerEpoch === request.producerEpoch;
  if (producerId !== request.producerId && !afterOverflow) return unchanged(refused('INVALID_PRODUCER_ID_MAPPING'));
  switch (state) {
    case 'Empty':
    case 'Ongoing':
      if (!isCurrent) return unchanged(refused('PRODUCER_FENCED'));
      if (state === 'Empty' && request.commit) return unchanged(refused('INVALID_TXN_STATE'));
      return ended(transaction, request.commit, env);
    case 'PrepareCommit':
    case 'PrepareAbort':
      if (!afterRaise) return unchanged(refused('PRODUCER_FENCED'));
      return unchanged(refused(errorOutside(transaction, request.commit)));
    default:
      if (!isRetry && !isCurrent) return unchanged(refused('PRODUCER_FENCED'));
      if (!isRetry && !request.commit) return ended(transaction, false, env);
      if (!isRetry && env.now - transaction.updateTimestamp < HASTE_MS)
        return unchanged(refused('CONCURRENT_TRANSACTIONS'));
      if (!isRetry || errorOutside(transaction, request.commit) !== 'NONE')
        return unchanged(refused('INVALID_TXN_STATE'));
      return unchanged({ error: 'NONE', producerId, producerEpoch });
  }
}

function ended(transaction: Transaction, commit: boolean, env: Environment): Step<ProducerReply> {
  const next = raiseAndDecide(transaction, commit, env);
  const { producerId, producerEpoch } = complete(next, env.now);
  return { reply: { error: 'NONE', producerId, producerEpoch }, next };
}

function raiseAndDecide(transaction: Transaction, commit: boolean, env: Environment): Transaction {
  const nextProducerId = isEpochExhausted(transaction.producerEpoch)
    ? present(env.freshProducerId, 'producer id')
    : NO_PRODUCER_ID;
  return decide(transaction, commit, true, nextProducerId, env.now);
}

/** The coordinator aborts what a producer left behind, and fences it: after a time-out, or when another one wants the id. */
export function abandon(transaction: Transaction, env: Environment): Transaction {
  return raiseAndDecide(transaction, false, env);
}

function decide(
  transaction: Transaction,
  commit: boolean,
  raisesEpoch: boolean,
  nextProducerId: number,
  now: number,
): Transaction {
  const { producerEpoch, startTimestamp, state } = transaction;
  return changed(transaction, now, {
    state: commit ? 'PrepareCommit' : 'PrepareAbort',
    nextProducerId,
    raisesEpoch,
    ...(raisesEpoch && { producerEpoch: producerEpoch + 1, lastProducerEpoch: producerEpoch }),
    // An abort of nothing has begun now.
    startTimestamp: state === 'Ongoing' ? startTimestamp : now,
  });
}

/** The transaction once its markers and offsets are durable. */
export function complete(decided: Transaction, now: number): Transaction {
  const { state, nextProducerId } = decided;
  return changed(decided, now, {
    state: state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    nextProducerId: NO_PRODUCER_ID,
    ...(nextProducerId !== NO_PRODUCER_ID && { producerId: nextProducerId, producerEpoch: 0 }),
    ...NOTHING_INVOLVED,
  });
}
