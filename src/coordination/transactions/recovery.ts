import type { Logger } from '../../base/logger.ts';
import { addToTransaction } from './add.ts';
import type { TransactionLane } from './lane.ts';
import { abortStray } from './markers.ts';
import type { OpenTransaction, TransactionGroups, TransactionLog } from './ports.ts';
import type { AddRequest, Environment, ProducerIdentity, TransactionError, TransactionSettings } from './types.ts';

export interface ReconcileParts {
  readonly log: TransactionLog;
  readonly groups: TransactionGroups;
  readonly now: number;
  readonly logger: Logger;
  readonly settings: TransactionSettings;
}

/**
 * At the start, once decisions are carried out: a transaction of version 2 begins by writing, without a row of its own. Partitions whose
 * log has it open, and groups that hold offsets for it, are in it. It gets its whole time-out again. What an epoch left open that was fenced since is
 * aborted. `strays` false: only the given lanes are looked at, and what belongs to none of them is left alone.
 */
export function reconcile(lanes: Iterable<TransactionLane>, strays: boolean, parts: ReconcileParts): void {
  const { log, groups, now, logger, settings } = parts;
  const byProducer = new Map<number, TransactionLane>();
  for (const lane of lanes)
    if (lane.transaction !== undefined && !lane.isDecided) byProducer.set(lane.transaction.producerId, lane);
  const env: Environment = { now, freshProducerId: undefined, settings };
  for (const open of log.openTransactions()) {
    const { topic, topicId, partition, producerId } = open;
    const lane = byProducer.get(producerId);
    const error = joined(lane, open, { partitions: [{ topic, topicId, partition }], groups: [] }, env);
    if (lane !== undefined && error === 'PRODUCER_FENCED') abort(lane, open, parts);
    else if (error !== 'NONE' && strays)
      logger.warn({ ...open, error }, 'an open transaction belongs to no transactional id');
  }
  for (const { groupId, ...producer } of groups.heldOffsets())
    joined(byProducer.get(producer.producerId), producer, { partitions: [], groups: [groupId] }, env);
}

/** Puts what was found into the lane's transaction. */
function joined(
  lane: TransactionLane | undefined,
  { producerId, producerEpoch }: ProducerIdentity,
  what: Pick<AddRequest, 'partitions' | 'groups'>,
  env: Environment,
): TransactionError {
  if (lane?.transaction === undefined) return 'INVALID_PRODUCER_ID_MAPPING';
  const { transactionalId, state, raisesEpoch } = lane.transaction;
  const request = {
    transactionalId,
    producerId,
    producerEpoch,
    raisesEpoch: state !== 'Ongoing' || raisesEpoch,
    ...what,
  };
  const { reply, next } = addToTransaction(lane.transaction, request, env);
  if (next !== undefined) lane.transaction = next;
  return reply;
}

function abort({ transaction }: TransactionLane, open: OpenTransaction, { log, logger }: ReconcileParts): void {
  if (transaction === undefined || open.producerEpoch > transaction.producerEpoch) return;
  logger.warn(
    { ...open, producerEpoch: transaction.producerEpoch },
    'an open transaction of a fenced epoch is aborted',
  );
  abortStray(log, open, transaction.producerEpoch, logger);
}
