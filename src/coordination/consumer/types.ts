import type { Requester } from '../../security/authorizer.ts';
import type { Protocol } from '../classic/types.ts';
import type { OwnedPartitions, Partitions } from '../partitions.ts';
import type { AnyGroup, GroupError, TimerEvent } from '../types.ts';

/** Epoch of a heartbeat by which a member joins, leaves, or (a static one) leaves for a while. */
export const JOIN_EPOCH = 0;
export const LEAVE_EPOCH = -1;
export const STATIC_LEAVE_EPOCH = -2;

/**
 * How far a member is with what it is to have: `stable` has it all; `unrevoked` has to give up partitions first; `unreleased` waits for
 * partitions that others have not given up yet.
 */
export type MemberState = 'stable' | 'unrevoked' | 'unreleased';

/** Of a member that speaks the classic protocol (KIP-848, migration): what its classic machine would know. */
export interface ClassicSide {
  readonly sessionTimeoutMs: number;
  readonly protocols: readonly Protocol[];
}

export interface ConsumerMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  /** -1 until the member told it. */
  readonly rebalanceTimeoutMs: number;
  readonly clientId: string;
  readonly clientHost: string;
  /** Sorted, each once. */
  readonly topics: readonly string[];
  readonly regex: string | null;
  readonly assignor: string | null;
  readonly classic: ClassicSide | undefined;
  /** The epoch that the member has reached; -2 for a static one that left for a while. */
  readonly epoch: number;
  readonly previousEpoch: number;
  readonly state: MemberState;
  readonly assigned: OwnedPartitions;
  /** What it has to give up before it may go on. */
  readonly revoking: OwnedPartitions;
}

/** Topics that the regular expressions of a group stand for, as of one look at all topics. */
export interface ResolvedRegexes {
  /** Sorted names by expression. */
  readonly topics: ReadonlyMap<string, readonly string[]>;
  /** When they were resolved, ms since the epoch. */
  readonly at: number;
  /** `GroupTopics.version` then; -1 after a restart. */
  readonly topicsVersion: number;
  /** True while a resolution is under way. Not stored. */
  readonly pending: boolean;
}

/** A consumer group of KIP-848: an immutable value. */
export interface ConsumerGroup extends AnyGroup {
  readonly kind: 'consumer';
  /** Raised by everything that asks for a new target assignment. */
  readonly epoch: number;
  /** Stands for the subscribed topics that are there, with their ids and numbers of partitions. */
  readonly metadataHash: string;
  /** `GroupTopics.version` when `metadataHash` was computed; -1 after a restart. */
  readonly topicsVersion: number;
  /** The group epoch that the target assignment was computed for, and when, ms since the epoch. */
  readonly assignmentEpoch: number;
  readonly assignmentTime: number;
  readonly members: ReadonlyMap<string, ConsumerMember>;
  /** Member id by group instance id. */
  readonly staticMembers: ReadonlyMap<string, string>;
  /** What each member is to have in the end, by member id. */
  readonly targets: ReadonlyMap<string, Partitions>;
  readonly regexes: ResolvedRegexes;
}

export interface ConsumerHeartbeat {
  readonly groupId: string;
  readonly memberId: string;
  readonly epoch: number;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  /** -1 when it did not change. */
  readonly rebalanceTimeoutMs: number;
  /** null when it did not change; the same below. */
  readonly topics: readonly string[] | null;
  readonly regex: string | null;
  readonly assignor: string | null;
  readonly owned: Partitions | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** ConsumerGroupHeartbeat v1+: the client makes its member id (KIP-1082). */
  readonly makesOwnId: boolean;
  /** Whose rights say which topics a regular expression may find. */
  readonly requester: Requester;
}

export interface ConsumerHeartbeatReply {
  readonly error: GroupError;
  readonly message: string | null;
  readonly memberId: string | null;
  readonly epoch: number;
  readonly heartbeatIntervalMs: number;
  /** null when the member knows it. */
  readonly assignment: Partitions | null;
}

export type ConsumerTimerEvent = TimerEvent &
  (
    | { readonly kind: 'session'; readonly memberId: string }
    /** The member had to give up partitions in this epoch. */
    | { readonly kind: 'rebalance'; readonly memberId: string; readonly epoch: number }
    /** A classic member was told to join again, or got an answer and has to sync. */
    | { readonly kind: 'join'; readonly memberId: string }
    | { readonly kind: 'sync'; readonly memberId: string }
    | { readonly kind: 'regexes'; readonly requester: Requester }
  );

export type MigrationPolicy = 'disabled' | 'upgrade' | 'downgrade' | 'bidirectional';

/** Settings `group.consumer.*`. */
export interface ConsumerGroupSettings {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly maxSize: number;
  /** Names; the first one is for members that ask for none. */
  readonly assignors: readonly string[];
  readonly migrationPolicy: MigrationPolicy;
  /** Pause between two assignments of one group; 0 is none. */
  readonly assignmentIntervalMs: number;
  readonly regexRefreshIntervalMs: number;
}
