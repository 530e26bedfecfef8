import type { BatchHeader } from '../../protocol/records/index.ts';
import { type AppendOrigin, LogError } from './types.ts';

/** So many batches of a producer are remembered, as many as a client may have in flight (KIP-98). */
const REMEMBERED = 5;
const MAX_SEQUENCE = 0x7fffffff;
export const NO_EPOCH = -1;
export const NO_TRANSACTION = -1;

/** One remembered batch of a producer. */
export interface ProducedBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** Max timestamp of the batch, ms. */
  readonly timestamp: number;
}

/** What a partition remembers of one idempotent producer. */
export interface Producer {
  readonly id: number;
  readonly epoch: number;
  /** Oldest first. All are of the current epoch. */
  readonly batches: readonly ProducedBatch[];
  /** When it last appended, ms since the epoch by the broker's clock. */
  readonly lastUsed: number;
  /** First offset of its open transaction, or -1. */
  readonly transactionStart: number;
  readonly coordinatorEpoch: number;
}

/** The sequence `increment` after `sequence`; sequences wrap from 2^31 - 1 to 0. */
function addSequence(sequence: number, increment: number): number {
  const sum = sequence + increment;
  return sum > MAX_SEQUENCE ? sum - MAX_SEQUENCE - 1 : sum;
}

function follows(last: number, next: number): boolean {
  return next === last + 1 || (next === 0 && last === MAX_SEQUENCE);
}

/** The remembered batch that `header` repeats, if it does. */
export function duplicateOf(producer: Producer | undefined, header: BatchHeader): ProducedBatch | undefined {
  if (producer === undefined || producer.epoch !== header.producerEpoch) return undefined;
  const last = addSequence(header.baseSequence, header.lastOffsetDelta);
  return producer.batches.find((one) => one.firstSequence === header.baseSequence && one.lastSequence === last);
}

/** Whether `header` may follow what is known of its producer. Throws LogError; the rules are those of Kafka's ProducerAppendInfo. */
function check(producer: Producer | undefined, header: BatchHeader, origin: AppendOrigin): void {
  const { producerId, producerEpoch, baseSequence } = header;
  const epoch = producer?.epoch ?? NO_EPOCH;
  if (producerEpoch < epoch)
    throw new LogError(
      'INVALID_PRODUCER_EPOCH',
      `producer ${producerId} has the epoch ${producerEpoch}, which is older than ${epoch}`,
    );
  if (origin === 'coordinator') return;
  // A producer that the partition knows nothing of, perhaps no longer, may start with any sequence; not so within one transaction (KIP-890).
  if (epoch === NO_EPOCH && origin === 'client') return;
  const last = producerEpoch === epoch ? producer?.batches.at(-1)?.lastSequence : undefined;
  const inOrder = producerEpoch !== epoch ? baseSequence === 0 : follows(last ?? -1, baseSequence);
  if (!inOrder)
    throw new LogError(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      `producer ${producerId} sent the sequence ${baseSequence} after ${last ?? 'none of its epoch'}`,
    );
}

function checkTransaction(producer: Producer | undefined, header: BatchHeader): void {
  const open = producer !== undefined && producer.transactionStart !== NO_TRANSACTION;
  if (open && !header.isTransactional)
    throw new LogError('INVALID_TXN_STATE', `producer ${header.producerId} sent a plain batch inside its transaction`);
}

/**
 * The producer after the data batch `header`, which gets `baseOffset`. Throws LogError when the batch may not be appended. `now` is the broker's time.
 */
export function afterBatch(
  producer: Producer | undefined,
  header: BatchHeader,
  baseOffset: number,
  now: number,
  origin: AppendOrigin,
): Producer {
  check(producer, header, origin);
  checkTransaction(producer, header);
  const sameEpoch = producer !== undefined && producer.epoch === header.producerEpoch;
  const batch: ProducedBatch = {
    firstSequence: header.baseSequence,
    lastSequence: addSequence(header.baseSequence, header.lastOffsetDelta),
    baseOffset,
    lastOffset: baseOffset + header.lastOffsetDelta,
    timestamp: header.maxTimestamp,
  };
  const before = sameEpoch ? producer.batches.slice(-(REMEMBERED - 1)) : [];
  const open = producer?.transactionStart ?? NO_TRANSACTION;
  return {
    id: header.producerId,
    epoch: header.producerEpoch,
    batches: [...before, batch],
    lastUsed: now,
    transactionStart: header.isTransactional && open === NO_TRANSACTION ? baseOffset : open,
    coordinatorEpoch: producer?.coordinatorEpoch ?? -1,
  };
}

/** The producer after the marker that ends its transaction. Throws LogError when the marker is of an older epoch. */
export function afterMarker(
  producer: Producer | undefined,
  header: BatchHeader,
  coordinatorEpoch: number,
  now: number,
): Producer {
  check(producer, header, 'coordinator');
  if (producer !== undefined && coordinatorEpoch < producer.coordinatorEpoch)
    throw new LogError(
      'TRANSACTION_COORDINATOR_FENCED',
      `coordinator epoch ${coordinatorEpoch} is older than ${producer.coordinatorEpoch}`,
    );
  const sameEpoch = producer !== undefined && producer.epoch === header.producerEpoch;
  return {
    id: header.producerId,
    epoch: header.producerEpoch,
    batches: sameEpoch ? producer.batches : [],
    lastUsed: now,
    transactionStart: NO_TRANSACTION,
    coordinatorEpoch,
  };
}
