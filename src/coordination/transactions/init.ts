import { present } from '../../base/assert.ts';
import { abandon } from './end.ts';
import {
  changed,
  isEpochExhausted,
  newTransaction,
  NO_EPOCH,
  NO_TIME,
  NOTHING_INVOLVED,
  refused,
  unchanged,
} from './transaction.ts';
import type {
  Environment,
  InitRequest,
  ProducerIdentity,
  ProducerReply,
  Step,
  Transaction,
  TransactionError,
  TransactionSettings,
} from './types.ts';

/** Gives a producer its id and epoch, and fences whoever had the transactional id before. The request is valid (`validateInit`). */
export function initProducer(
  known: Transaction | undefined,
  request: InitRequest,
  env: Environment,
): Step<ProducerReply> {
  const { transactionalId, timeoutMs, expected } = request;
  const transaction =
    known ?? newTransaction(transactionalId, present(env.freshProducerId, 'producer id'), timeoutMs, env.now);
  if (expected !== undefined && !mayBe(transaction, expected)) return unchanged(refused('PRODUCER_FENCED'));
  switch (transaction.state) {
    case 'PrepareCommit':
    case 'PrepareAbort':
      return unchanged(refused('CONCURRENT_TRANSACTIONS'));
    case 'Ongoing':
      // The epoch that fences is never told to anybody: the producer asks again, and gets one more.
      return { reply: refused('CONCURRENT_TRANSACTIONS'), next: abandon(transaction, env) };
    default:
      return begin(transaction, timeoutMs, expected, env);
  }
}

/** NONE when the request makes sense, whatever is known of its id. */
export function validateInit(
  { transactionalId, timeoutMs }: InitRequest,
  settings: TransactionSettings,
): TransactionError {
  if (transactionalId === '') return 'INVALID_REQUEST';
  return timeoutMs > 0 && timeoutMs <= settings.maxTimeoutMs ? 'NONE' : 'INVALID_TRANSACTION_TIMEOUT';
}

/** Whether the producer that goes on after an error can be the one that has the id (KIP-360). Its epoch is looked at later. */
function mayBe(transaction: Transaction, expected: ProducerIdentity): boolean {
  if (transaction.producerEpoch === NO_EPOCH || expected.producerId === transaction.producerId) return true;
  return expected.producerId === transaction.previousProducerId && isEpochExhausted(expected.producerEpoch);
}

function begin(
  transaction: Transaction,
  timeoutMs: number,
  expected: ProducerIdentity | undefined,
  env: Environment,
): Step<ProducerReply> {
  const { producerEpoch, lastProducerEpoch } = transaction;
  const start = (producerId: number, epoch: number, lastEpoch: number): Step<ProducerReply> => ({
    reply: { error: 'NONE', producerId, producerEpoch: epoch },
    next: changed(transaction, env.now, {
      state: 'Empty',
      producerId,
      producerEpoch: epoch,
      lastProducerEpoch: lastEpoch,
      timeoutMs,
      startTimestamp: NO_TIME,
      ...NOTHING_INVOLVED,
    }),
  });
  if (isEpochExhausted(producerEpoch) && (expected === undefined || expected.producerEpoch === producerEpoch)) {
    const fresh = present(env.freshProducerId, 'producer id');
    return start(fresh, 0, expected === undefined ? NO_EPOCH : producerEpoch);
  }
  if (expected === undefined) return start(transaction.producerId, producerEpoch + 1, NO_EPOCH);
  if (producerEpoch === NO_EPOCH || expected.producerEpoch === producerEpoch)
    return start(transaction.producerId, producerEpoch + 1, producerEpoch);
  // A retry whose answer was lost. A new producer would have set the last epoch to none.
  if (expected.producerEpoch === lastProducerEpoch)
    return start(transaction.producerId, producerEpoch, lastProducerEpoch);
  return unchanged(refused('PRODUCER_FENCED'));
}
