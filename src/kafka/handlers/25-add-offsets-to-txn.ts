// AddOffsetsToTxn v0-4: the offsets of a group take part in the transaction; TxnOffsetCommit then says which.
import { errorCode } from '../../../protocol/errors.ts';
import { addOffsetsToTxnApi } from '../../../protocol/messages/index.ts';
import type { TransactionCoordinator } from '../../coordination/transactions/coordinator.ts';
import { type Handler, handler } from '../handler.ts';
import { fencedBefore } from './transaction-codes.ts';

const PRODUCER_FENCED_SINCE = 2;

export function addOffsetsToTxnHandler(transactions: TransactionCoordinator): Handler {
  return handler(addOffsetsToTxnApi, async (request, { apiVersion, may }) => {
    const { transactionalId, producerId, producerEpoch, groupId } = request;
    if (!may('write', 'transactional-id', transactionalId))
      return { errorCode: errorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED };
    if (!may('read', 'group', groupId)) return { errorCode: errorCode.GROUP_AUTHORIZATION_FAILED };
    const added = { transactionalId, producerId, producerEpoch, partitions: [], groups: [groupId], raisesEpoch: false };
    return { errorCode: fencedBefore(PRODUCER_FENCED_SINCE, apiVersion, await transactions.add(added)) };
  });
}
