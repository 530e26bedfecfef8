/**
 * DescribeTransactions v0 (KIP-664). Needs DESCRIBE on the transactional id; partitions of topics that one may not DESCRIBE are left out. Groups whose
 * offsets take part are not shown: Kafka shows partitions of __consumer_offsets, a topic that is not here.
 */
import { errorCode } from '../../../protocol/errors.ts';
import { describeTransactionsApi } from '../../../protocol/messages/index.ts';
import type { TransactionCoordinator } from '../../coordination/transactions/coordinator.ts';
import type { Transaction } from '../../coordination/transactions/types.ts';
import { type Handler, handler } from '../handler.ts';

const NOTHING = {
  transactionState: '',
  transactionTimeoutMs: 0,
  transactionStartTimeMs: 0,
  producerId: 0,
  producerEpoch: 0,
  topics: [],
};

/** The partitions that take part, by topic. */
function topicsOf({ partitions }: Transaction, mayDescribe: (topic: string) => boolean) {
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of partitions.values()) {
    const known = byTopic.get(topic);
    if (known !== undefined) known.push(partition);
    else if (mayDescribe(topic)) byTopic.set(topic, [partition]);
  }
  return [...byTopic].map(([topic, indexes]) => ({ topic, partitions: indexes }));
}

export function describeTransactionsHandler(transactions: TransactionCoordinator): Handler {
  return handler(describeTransactionsApi, ({ transactionalIds }, { may }) => ({
    transactionStates: transactionalIds.map((transactionalId) => {
      const refuse = (code: number) => ({ errorCode: code, transactionalId, ...NOTHING });
      if (!may('describe', 'transactional-id', transactionalId))
        return refuse(errorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
      if (transactionalId === '') return refuse(errorCode.INVALID_REQUEST);
      const transaction = transactions.transaction(transactionalId);
      if (transaction === undefined) return refuse(errorCode.TRANSACTIONAL_ID_NOT_FOUND);
      return {
        errorCode: errorCode.NONE,
        transactionalId,
        transactionState: transaction.state,
        transactionTimeoutMs: transaction.timeoutMs,
        transactionStartTimeMs: transaction.startTimestamp,
        producerId: transaction.producerId,
        producerEpoch: transaction.producerEpoch,
        topics: topicsOf(transaction, (topic) => may('describe', 'topic', topic)),
      };
    }),
  }));
}
