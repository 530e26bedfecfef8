import type { PartitionLog } from '../../log/types.ts';
import type { GroupError } from '../types.ts';
import type { CommitRequest } from '../offsets.ts';
import type { ProducerIdentity } from './types.ts';

/** A transaction that is open in a partition's log. */
export interface OpenTransaction extends ProducerIdentity {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
}

/** What transactions need of the log. */
export interface TransactionLog {
  partitionById(topicId: string, partition: number): Pick<PartitionLog, 'endTransaction'> | undefined;
  /** Every transaction that is open in any partition. */
  openTransactions(): Iterable<OpenTransaction>;
}

/** Offsets that a producer's transaction holds of a group. */
export interface HeldOffsets extends ProducerIdentity {
  readonly groupId: string;
}

/** What transactions need of groups. */
export interface TransactionGroups {
  /** Keeps offsets back, durably, until the producer's transaction ends. */
  holdOffsets(
    request: CommitRequest,
    producer: ProducerIdentity,
  ): Promise<{ readonly error: GroupError; readonly errors: readonly (readonly GroupError[])[] }>;
  /** The decision is durable, and with it the rows of the offsets: brings them into memory, or drops them. */
  releaseOffsets(groupId: string, producerId: number, commit: boolean): void;
  /** What is held of all groups. */
  heldOffsets(): Iterable<HeldOffsets>;
}

/** Moments at which a test may end the process. */
export type TransactionMoment = 'decided' | 'marked' | 'completed';
