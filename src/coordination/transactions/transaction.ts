import type { ProducerReply, Step, Transaction, TransactionError, TransactionPartition } from './types.ts';

export const NO_PRODUCER_ID = -1;
export const NO_EPOCH = -1;
export const NO_TIME = -1;

/** The highest epoch that a producer is told is one less: the coordinator can always fence it. */
const MAX_EPOCH = 0x7fff;

/** The highest epoch that a client ever sees. */
export const LAST_CLIENT_EPOCH = MAX_EPOCH - 1;

export const partitionKey = (topicId: string, partition: number): string => `${topicId}/${partition}`;

const NO_PARTITIONS: ReadonlyMap<string, TransactionPartition> = new Map();
const NO_GROUPS: ReadonlySet<string> = new Set();

/** A transactional id that has had no producer yet: its first epoch will be 0. */
export function newTransaction(
  transactionalId: string,
  producerId: number,
  timeoutMs: number,
  now: number,
): Transaction {
  return {
    transactionalId,
    state: 'Empty',
    producerId,
    previousProducerId: NO_PRODUCER_ID,
    nextProducerId: NO_PRODUCER_ID,
    producerEpoch: NO_EPOCH,
    lastProducerEpoch: NO_EPOCH,
    timeoutMs,
    partitions: NO_PARTITIONS,
    groups: NO_GROUPS,
    startTimestamp: NO_TIME,
    updateTimestamp: now,
    raisesEpoch: false,
  };
}

/** True when the producer id has no further epoch to tell: the next producer gets another id. */
export const isEpochExhausted = (epoch: number): boolean => epoch >= LAST_CLIENT_EPOCH;

/** True between the decision and its completion. */
export function isDecided({ state }: Transaction): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort';
}

/** The transaction with `fields` changed by a step at `now`. */
export function changed(
  transaction: Transaction,
  now: number,
  fields: Partial<Omit<Transaction, 'transactionalId' | 'previousProducerId' | 'updateTimestamp'>>,
): Transaction {
  return { ...transaction, previousProducerId: transaction.producerId, updateTimestamp: now, ...fields };
}

/** The transaction without anything that takes part in it. */
export const NOTHING_INVOLVED = { partitions: NO_PARTITIONS, groups: NO_GROUPS } as const;

export function refused(error: TransactionError): ProducerReply {
  return { error, producerId: NO_PRODUCER_ID, producerEpoch: NO_EPOCH };
}

/** A step that changes nothing. */
export function unchanged<R>(reply: R): Step<R> {
  return { reply };
}
