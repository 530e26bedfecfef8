// ListTransactions v0-2 (KIP-664): filters by state and producer id, v1 by age (KIP-994), v2 by a pattern of the id (KIP-1152). Ids that one may not
// DESCRIBE are left out.
import { errorCode } from '../../../protocol/errors.ts';
import { listTransactionsApi } from '../../../protocol/messages/index.ts';
import type { TransactionCoordinator } from '../../coordination/transactions/coordinator.ts';
import { type Handler, handler } from '../handler.ts';

export function listTransactionsHandler(transactions: TransactionCoordinator): Handler {
  return handler(listTransactionsApi, (request, { may }) => {
    const reply = transactions.list({
      states: request.stateFilters,
      producerIds: request.producerIdFilters,
      olderThanMs: request.durationFilter,
      pattern: request.transactionalIdPattern,
    });
    if (reply.error !== 'NONE')
      return { errorCode: errorCode[reply.error], unknownStateFilters: [], transactionStates: [] };
    const visible = reply.found.filter(({ transactionalId }) => may('describe', 'transactional-id', transactionalId));
    return {
      errorCode: errorCode.NONE,
      unknownStateFilters: reply.unknownStates,
      transactionStates: visible.map(({ transactionalId, producerId, state: transactionState }) => ({
        transactionalId,
        producerId,
        transactionState,
      })),
    };
  });
}
