import type { Logger } from '../../base/logger.ts';
import { type Appended, LogError } from '../../log/types.ts';
import type { OpenTransaction, TransactionLog } from './ports.ts';
import type { Transaction, TransactionPartition } from './types.ts';

/** One coordinator coordinates for ever: its epoch in markers never changes. */
const COORDINATOR_EPOCH = 0;

/** Errors of a partition that no attempt would mend. Kafka gives such a marker up, too. */
const HOPELESS = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_PRODUCER_EPOCH', 'TRANSACTION_COORDINATOR_FENCED']);

/**
 * Appends the marker of a decided transaction to each of its partitions, and resolves when all are durable. With `again` only to those
 * where it is missing: after a crash, or an attempt that failed half-way. Rejects with LogError when a log does not take it now.
 */
export async function writeMarkers(
  log: TransactionLog,
  decided: Transaction,
  again: boolean,
  logger: Logger,
): Promise<void> {
  const appended: Promise<void>[] = [];
  let failure: LogError | undefined;
  for (const partition of decided.partitions.values()) {
    try {
      const marker = append(log, decided, partition, again);
      if (marker !== undefined) appended.push(marker.durable);
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      if (!HOPELESS.has(error.code)) failure = error;
      else logger.warn({ err: error, ...partition }, 'a transaction marker is not wanted by its partition');
    }
  }
  await Promise.all(appended);
  if (failure !== undefined) throw failure;
}

function append(
  log: TransactionLog,
  { producerId, producerEpoch, state, raisesEpoch }: Transaction,
  { topicId, partition }: TransactionPartition,
  again: boolean,
): Appended | undefined {
  const commit = state === 'PrepareCommit';
  const marker = { producerId, producerEpoch, commit, coordinatorEpoch: COORDINATOR_EPOCH, raisesEpoch };
  // Of version 2, what is open with the raised epoch is the next transaction: it began after this marker was there.
  const onlyIfOpenBelow = raisesEpoch ? producerEpoch : producerEpoch + 1;
  return log.partitionById(topicId, partition)?.endTransaction(marker, again ? onlyIfOpenBelow : undefined);
}

/** Ends what a fenced epoch left open in a partition. What is not written, or lost before it is durable, the next start finds again. */
export function abortStray(log: TransactionLog, open: OpenTransaction, producerEpoch: number, logger: Logger): void {
  const { topicId, partition, producerId } = open;
  const end = { producerId, producerEpoch, commit: false, coordinatorEpoch: COORDINATOR_EPOCH, raisesEpoch: false };
  const failed = (err: unknown): void => logger.warn({ err, ...open }, 'an open transaction is not aborted yet');
  try {
    log.partitionById(topicId, partition)?.endTransaction(end)?.durable.catch(failed);
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    failed(error);
  }
}
