import type { TransactionCoordinator } from '../../coordination/transactions/coordinator.ts';
import type { GroupTopics } from '../../coordination/types.ts';
import type { Handler } from '../handler.ts';
import { addPartitionsToTxnHandler } from './24-add-partitions-to-txn.ts';
import { addOffsetsToTxnHandler } from './25-add-offsets-to-txn.ts';
import { endTxnHandler } from './26-end-txn.ts';
import { txnOffsetCommitHandler } from './28-txn-offset-commit.ts';

/** The handlers of transactions. */
export function transactionHandlers(transactions: TransactionCoordinator, topics: GroupTopics): Handler[] {
  return [
    addPartitionsToTxnHandler(transactions, topics),
    addOffsetsToTxnHandler(transactions),
    endTxnHandler(transactions),
    txnOffsetCommitHandler(transactions, topics),
  ];
}
