/** Errors of the transaction coordinator, by Kafka's names; the handlers turn them into codes. */
export type TransactionError =
  | 'NONE'
  | 'UNKNOWN_SERVER_ERROR'
  | 'COORDINATOR_NOT_AVAILABLE'
  | 'INVALID_REQUEST'
  | 'INVALID_TXN_STATE'
  | 'INVALID_PRODUCER_ID_MAPPING'
  | 'INVALID_TRANSACTION_TIMEOUT'
  | 'CONCURRENT_TRANSACTIONS'
  | 'PRODUCER_FENCED'
  | 'TRANSACTION_ABORTABLE';

/** Kafka's states that last. PrepareEpochFence and Dead are moments inside one step here, and nobody sees them. */
export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort';

/** A partition that takes part in a transaction. The id keeps a new topic of the same name out. */
export interface TransactionPartition {
  readonly topic: string;
  /** Kafka's text form of the topic's UUID. */
  readonly topicId: string;
  readonly partition: number;
}

/** The state of one transactional id: an immutable value. -1 stands for no producer id, epoch or time. */
export interface Transaction {
  readonly transactionalId: string;
  readonly state: TransactionState;
  readonly producerId: number;
  /** The producer id before the last step: by it a retry is known whose answer announced a new producer id. */
  readonly previousProducerId: number;
  /** The producer id from the end of this transaction on, when the epochs of the current one are used up. */
  readonly nextProducerId: number;
  readonly producerEpoch: number;
  /** The epoch before the last one: by it a retry is known (KIP-360). */
  readonly lastProducerEpoch: number;
  readonly timeoutMs: number;
  /** By `partitionKey`. */
  readonly partitions: ReadonlyMap<string, TransactionPartition>;
  /** Groups whose offsets take part. */
  readonly groups: ReadonlySet<string>;
  /** When the transaction began, ms since the epoch. */
  readonly startTimestamp: number;
  /** When the state was last changed, ms since the epoch. */
  readonly updateTimestamp: number;
  /** Transactions of version 2 (KIP-890): the end of each raises the epoch, so that nothing late can get into the next one. */
  readonly raisesEpoch: boolean;
}

/** Names a producer in one of its lives. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface InitRequest {
  readonly transactionalId: string;
  readonly timeoutMs: number;
  /** Who a producer that goes on after an error says to be (KIP-360); undefined for a new one. */
  readonly expected: ProducerIdentity | undefined;
}

export interface AddRequest extends ProducerIdentity {
  readonly transactionalId: string;
  readonly partitions: readonly TransactionPartition[];
  readonly groups: readonly string[];
  /** The client adds by writing: transactions of version 2. */
  readonly raisesEpoch: boolean;
}

export interface EndRequest extends ProducerIdentity {
  readonly transactionalId: string;
  readonly commit: boolean;
  /** EndTxn v5 and later: transactions of version 2. */
  readonly raisesEpoch: boolean;
}

/** What a producer is told to be from now on; -1 when it is told nothing. */
export interface ProducerReply extends ProducerIdentity {
  readonly error: TransactionError;
}

/** What a step may know besides state and request. */
export interface Environment {
  /** Wall clock, ms since the epoch. */
  readonly now: number;
  /** A producer id that nobody has, for a new transactional id and when the epochs of the old one are used up. */
  readonly freshProducerId: number | undefined;
  readonly settings: TransactionSettings;
}

/**
 * The outcome of one step. When `next` is there it becomes durable before `reply` is given; when it cannot be written nothing happened.
 * When `next` is a decision (PrepareCommit, PrepareAbort), `reply` is given after the transaction is complete.
 */
export interface Step<R> {
  readonly reply: R;
  readonly next?: Transaction;
}

/** Settings of the coordinator; the names are Kafka's broker settings in camel case. */
export interface TransactionSettings {
  readonly maxTimeoutMs: number;
  readonly abortTimedOutIntervalMs: number;
  readonly expirationMs: number;
  readonly removeExpiredIntervalMs: number;
  readonly verifyPartitions: boolean;
}
