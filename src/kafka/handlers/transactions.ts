import type { Logger } from '../../base/logger.ts';
import type { TransactionCoordinator } from '../../coordination/transactions/coordinator.ts';
import type { GroupTopics } from '../../coordination/types.ts';
import type { Log } from '../../log/types.ts';
import type { Handler } from '../handler.ts';
import { addPartitionsToTxnHandler } from './24-add-partitions-to-txn.ts';
import { addOffsetsToTxnHandler } from './25-add-offsets-to-txn.ts';
import { endTxnHandler } from './26-end-txn.ts';
import { writeTxnMarkersHandler } from './27-write-txn-markers.ts';
import { txnOffsetCommitHandler } from './28-txn-offset-commit.ts';
import { describeProducersHandler } from './61-describe-producers.ts';
import { describeTransactionsHandler } from './65-describe-transactions.ts';
import { listTransactionsHandler } from './66-list-transactions.ts';

export interface TransactionHandlerDependencies {
  readonly transactions: TransactionCoordinator;
  readonly topics: GroupTopics;
  readonly log: Log;
  readonly logger: Logger;
}

/** The handlers of transactions. */
export function transactionHandlers({ transactions, topics, log, logger }: TransactionHandlerDependencies): Handler[] {
  return [
    addPartitionsToTxnHandler(transactions, topics),
    addOffsetsToTxnHandler(transactions),
    endTxnHandler(transactions),
    writeTxnMarkersHandler(log, logger),
    txnOffsetCommitHandler(transactions, topics),
    describeProducersHandler(log),
    describeTransactionsHandler(transactions),
    listTransactionsHandler(transactions),
  ];
}
