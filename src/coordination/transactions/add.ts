import { changed, isDecided, partitionKey, unchanged } from './transaction.ts';
import type {
  AddRequest,
  Environment,
  ProducerIdentity,
  Step,
  Transaction,
  TransactionError,
  TransactionPartition,
} from './types.ts';

/** NONE when the producer has the transactional id and no decision is being carried out. */
function checkProducer(transaction: Transaction | undefined, producer: ProducerIdentity): TransactionError {
  if (transaction === undefined || transaction.producerId !== producer.producerId) return 'INVALID_PRODUCER_ID_MAPPING';
  if (transaction.producerEpoch !== producer.producerEpoch) return 'PRODUCER_FENCED';
  return isDecided(transaction) ? 'CONCURRENT_TRANSACTIONS' : 'NONE';
}

/** Adds partitions and groups, which begins the transaction when none is going on. */
export function addToTransaction(
  transaction: Transaction | undefined,
  request: AddRequest,
  env: Environment,
): Step<TransactionError> {
  if (request.transactionalId === '') return unchanged('INVALID_REQUEST');
  const error = checkProducer(transaction, request);
  if (error !== 'NONE' || transaction === undefined) return unchanged(error);
  const partitions = request.partitions.filter((one) => !hasPartition(transaction, one));
  const groups = request.groups.filter((group) => !transaction.groups.has(group));
  const isOngoing = transaction.state === 'Ongoing';
  if (isOngoing && partitions.length === 0 && groups.length === 0) return unchanged('NONE');
  const next = changed(transaction, env.now, {
    state: 'Ongoing',
    partitions: withPartitions(transaction, partitions),
    groups: groups.length === 0 ? transaction.groups : new Set([...transaction.groups, ...groups]),
    startTimestamp: isOngoing ? transaction.startTimestamp : env.now,
    raisesEpoch: request.raisesEpoch,
  });
  return { reply: 'NONE', next };
}

const hasPartition = ({ partitions }: Transaction, { topicId, partition }: TransactionPartition): boolean =>
  partitions.has(partitionKey(topicId, partition));

function withPartitions(
  { partitions }: Transaction,
  added: readonly TransactionPartition[],
): Transaction['partitions'] {
  if (added.length === 0) return partitions;
  const all = new Map(partitions);
  for (const one of added) all.set(partitionKey(one.topicId, one.partition), one);
  return all;
}

/** Whether the partition is in the producer's transaction. */
export function verifyPartition(
  transaction: Transaction | undefined,
  producer: ProducerIdentity,
  partition: Pick<TransactionPartition, 'topicId' | 'partition'>,
): TransactionError {
  const error = checkProducer(transaction, producer);
  if (error !== 'NONE') return error;
  const key = partitionKey(partition.topicId, partition.partition);
  return transaction?.partitions.has(key) === true ? 'NONE' : 'TRANSACTION_ABORTABLE';
}

/** Whether offsets of the group are in the producer's transaction. */
export function verifyGroup(
  transaction: Transaction | undefined,
  producer: ProducerIdentity,
  groupId: string,
): TransactionError {
  const error = checkProducer(transaction, producer);
  if (error !== 'NONE') return error;
  return transaction?.groups.has(groupId) === true ? 'NONE' : 'TRANSACTION_ABORTABLE';
}
