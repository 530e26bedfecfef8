/**
 * EndTxn v0–5. From v5 on the end raises the producer's epoch and the answer carries what the producer is from now on (KIP-890). Unlike Kafka's, the answer leaves when the markers are
 * durable in every partition and the offsets are committed: whoever has committed can read it, and the next transaction need not wait.
 */
import { errorCode } from '../../../protocol/errors.ts';
import { endTxnApi } from '../../../protocol/messages/index.ts';
import type { TransactionCoordinator } from '../../coordination/transactions/coordinator.ts';
import { type Handler, handler } from '../handler.ts';
import { fencedBefore } from './transaction-codes.ts';

const PRODUCER_FENCED_SINCE = 2;
const RAISES_EPOCH_SINCE = 5;

export function endTxnHandler(transactions: TransactionCoordinator): Handler {
  return handler(endTxnApi, async (request, { apiVersion, may }) => {
    const { transactionalId, producerId, producerEpoch, committed: commit } = request;
    if (!may('write', 'transactional-id', transactionalId))
      return { errorCode: errorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED };
    const raisesEpoch = apiVersion >= RAISES_EPOCH_SINCE;
    const reply = await transactions.end({ transactionalId, producerId, producerEpoch, commit, raisesEpoch });
    return {
      errorCode: fencedBefore(PRODUCER_FENCED_SINCE, apiVersion, reply.error),
      producerId: reply.producerId,
      producerEpoch: reply.producerEpoch,
    };
  });
}
