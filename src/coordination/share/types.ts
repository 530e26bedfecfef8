/** States of a record in flight (KIP-932). The last two are final. */
export type RecordState = 'available' | 'acquired' | 'acknowledged' | 'archived';

/** Neighbouring offsets of one batch that have everything in common. */
export interface Run {
  readonly first: number;
  readonly last: number;
  readonly state: RecordState;
  /** How often the records were handed out. */
  readonly deliveryCount: number;
  /** Member that has acquired the records; empty in every other state. */
  readonly owner: string;
  /** When the lock of acquired records ends, on the monotonic clock, ms; 0 in every other state. */
  readonly lockedUntil: number;
}

/**
 * Offsets that came into flight together. Runs cover it without a hole. Most batches are one run for all their life, so that
 * a hundred thousand records cost a few objects.
 */
export interface Batch {
  readonly first: number;
  readonly last: number;
  readonly runs: readonly Run[];
  /** Offsets within the flight that nobody was given yet: after a restart, where the stored state knows nothing. */
  readonly unread: boolean;
}

/**
 * What a share group knows of one partition: an immutable value. Before `start` everything is done with, from `next` on nothing was ever
 * handed out; between them are the records in flight. Offsets between batches hold no records (compaction took them).
 */
export interface SharePartition {
  readonly start: number;
  readonly next: number;
  /** By offset, without overlap. */
  readonly batches: readonly Batch[];
}

/** The settings of a group that the machine needs. */
export interface ShareLimits {
  /** `group.share.partition.max.record.locks`. */
  readonly maxInFlight: number;
  /** `group.share.delivery.count.limit`. */
  readonly maxDeliveries: number;
  /** `share.record.lock.duration.ms`. */
  readonly lockMs: number;
  /** `share.renew.acknowledge.enable`. */
  readonly mayRenew: boolean;
}

/** What a step may know besides state and request. */
export interface ShareEnvironment {
  /** Monotonic, ms. */
  readonly now: number;
  readonly limits: ShareLimits;
}

/** Kafka's acknowledge types as they are on the wire. A gap is an offset for which the client found no record. */
export const ACKNOWLEDGE = { gap: 0, accept: 1, release: 2, reject: 3, renew: 4 } as const;

/** Acknowledgement of a range: one type for all offsets, or one for each. */
export interface AcknowledgeBatch {
  readonly first: number;
  readonly last: number;
  readonly types: readonly number[];
}

/** A range that a member was given. */
export interface AcquiredRange {
  readonly first: number;
  readonly last: number;
  readonly deliveryCount: number;
}
