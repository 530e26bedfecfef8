import { partitionKey } from './transaction.ts';
import type { Transaction, TransactionPartition, TransactionState } from './types.ts';

/** Version of the JSON; a reader refuses any other. docs/formats/transactions.md describes it. */
const VERSION = 1;

interface Stored {
  readonly version: number;
  readonly state: TransactionState;
  readonly producerId: number;
  readonly previousProducerId: number;
  readonly nextProducerId: number;
  readonly producerEpoch: number;
  readonly lastProducerEpoch: number;
  readonly timeoutMs: number;
  readonly partitions: readonly TransactionPartition[];
  readonly groups: readonly string[];
  readonly startTimestamp: number;
  readonly updateTimestamp: number;
  readonly raisesEpoch: boolean;
}

/** The JSON of a row. */
export function encodeTransaction(transaction: Transaction): string {
  const { transactionalId: _, partitions, groups, ...plain } = transaction;
  const stored: Stored = {
    version: VERSION,
    ...plain,
    partitions: [...partitions.values()],
    groups: [...groups],
  };
  return JSON.stringify(stored);
}

/** Reverse of `encodeTransaction`. Throws an Error that names the id when the row is of another version. */
export function decodeTransaction(transactionalId: string, json: string): Transaction {
  const { version, partitions, groups, ...plain } = JSON.parse(json) as Stored;
  if (version !== VERSION)
    throw new Error(
      `transactional id ${transactionalId} is stored in version ${version}, which this program does not know`,
    );
  return {
    transactionalId,
    ...plain,
    partitions: new Map(partitions.map((one) => [partitionKey(one.topicId, one.partition), one])),
    groups: new Set(groups),
  };
}
