/** Errors of the group coordinator, by Kafka's names; the handlers turn them into codes. */
export type GroupError =
  | 'NONE'
  | 'UNKNOWN_SERVER_ERROR'
  | 'COORDINATOR_NOT_AVAILABLE'
  | 'NOT_COORDINATOR'
  | 'OFFSET_METADATA_TOO_LARGE'
  | 'ILLEGAL_GENERATION'
  | 'INCONSISTENT_GROUP_PROTOCOL'
  | 'INVALID_GROUP_ID'
  | 'UNKNOWN_MEMBER_ID'
  | 'INVALID_SESSION_TIMEOUT'
  | 'REBALANCE_IN_PROGRESS'
  | 'NON_EMPTY_GROUP'
  | 'GROUP_ID_NOT_FOUND'
  | 'MEMBER_ID_REQUIRED'
  | 'GROUP_MAX_SIZE_REACHED'
  | 'FENCED_INSTANCE_ID'
  | 'GROUP_SUBSCRIBED_TO_TOPIC';

/** Kafka's states of a classic group. A group that is not there is described as Dead. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

/** A protocol (assignor) that a member supports, with its opaque subscription. */
export interface Protocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

/** Names a request whose answer may come later. The runtime gives them out; the machine only hands them back. */
export type Waiter = number;

export interface Member {
  readonly memberId: string;
  /** `group.instance.id` of a static member (KIP-345), or null. */
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  /** In the member's order of preference. */
  readonly protocols: readonly Protocol[];
  readonly assignment: Uint8Array;
  readonly awaitingJoin: Waiter | undefined;
  readonly awaitingSync: Waiter | undefined;
  /** True until the member got its first answer to a JoinGroup: it cannot heartbeat before. */
  readonly isNew: boolean;
}

/** A classic group: an immutable value. Maps and sets iterate in the order of insertion. */
export interface Group {
  readonly groupId: string;
  readonly state: GroupState;
  /** The state before the last transition; undefined for a group that had none. */
  readonly previousState: GroupState | undefined;
  /** When the state was entered, ms since the epoch. */
  readonly stateTimestamp: number;
  readonly generation: number;
  /** null for a group that only holds offsets ("simple" consumers). */
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leader: string | null;
  readonly members: ReadonlyMap<string, Member>;
  /** Member id by group instance id. */
  readonly staticMembers: ReadonlyMap<string, string>;
  /** Ids given out with MEMBER_ID_REQUIRED whose owners have not come back yet (KIP-394). */
  readonly pendingJoin: ReadonlySet<string>;
  /** Members that have not sent SyncGroup in this generation. */
  readonly pendingSync: ReadonlySet<string>;
  /** A member came during the initial rebalance delay, which is then extended. */
  readonly newMemberAdded: boolean;
  /** Topics that the members of a consumer group subscribe; null when unknown. */
  readonly subscribedTopics: ReadonlySet<string> | null;
}

export interface JoinRequest {
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  readonly protocols: readonly Protocol[];
  /** JoinGroup v4+: a dynamic member without id is sent back with one (KIP-394). */
  readonly requireKnownMemberId: boolean;
  /** JoinGroup v9+: a returning static leader may be told to skip the assignment (KIP-814). */
  readonly supportsSkippingAssignment: boolean;
}

export interface JoinReply {
  readonly error: GroupError;
  readonly generation: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leader: string;
  readonly skipAssignment: boolean;
  readonly memberId: string;
  /** Filled for the leader only. */
  readonly members: readonly { memberId: string; instanceId: string | null; metadata: Uint8Array }[];
}

export interface SyncRequest {
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly generation: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignments: readonly { memberId: string; assignment: Uint8Array }[];
}

export interface SyncReply {
  readonly error: GroupError;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignment: Uint8Array;
}

export interface HeartbeatRequest {
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly generation: number;
}

export interface HeartbeatReply {
  readonly error: GroupError;
}

export interface LeaveRequest {
  readonly groupId: string;
  readonly members: readonly { memberId: string; instanceId: string | null }[];
}

export interface LeaveReply {
  readonly error: GroupError;
  readonly members: readonly { memberId: string; instanceId: string | null; error: GroupError }[];
}

export type Reply = JoinReply | SyncReply | HeartbeatReply | LeaveReply;

/** What a timer brings back to the machine when it fires. */
export type TimerEvent =
  | { readonly kind: 'session'; readonly memberId: string }
  | { readonly kind: 'initial-join'; readonly delayMs: number; readonly remainingMs: number }
  | { readonly kind: 'join' }
  | { readonly kind: 'sync'; readonly generation: number };

/** Sets the timer `key` (replacing what it held) or, without an event, cancels it. */
export type TimerChange =
  | { readonly key: string; readonly delayMs: number; readonly event: TimerEvent }
  | { readonly key: string; readonly event: undefined };

/** A committed offset. */
export interface CommittedOffset {
  /** Kafka's text form of the topic's UUID at the time of the commit. */
  readonly topicId: string;
  readonly offset: number;
  /** -1 when the client gave none. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly commitTimestamp: number;
  /** Set by OffsetCommit v2-4 with a retention time: expires then, whatever the group does. */
  readonly expireTimestamp: number | undefined;
}

/** What becomes a row. `group` without members keeps the generation of an empty group. */
export type GroupRecord =
  | { readonly kind: 'group'; readonly group: Group }
  | { readonly kind: 'group-removed'; readonly groupId: string }
  | {
      readonly kind: 'offset';
      readonly groupId: string;
      readonly topic: string;
      readonly partition: number;
      readonly value: CommittedOffset;
    }
  | {
      readonly kind: 'offset-removed';
      readonly groupId: string;
      readonly topic: string;
      readonly partition: number;
    };

/** Settings of the coordinator; the names are Kafka's broker settings in camel case. */
export interface GroupSettings {
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  readonly maxSize: number;
  readonly initialRebalanceDelayMs: number;
  readonly offsetMetadataMaxBytes: number;
  readonly offsetsRetentionMs: number;
  readonly offsetsRetentionCheckIntervalMs: number;
}

/** What a step may know besides state and request. */
export interface Environment {
  /** Wall clock, ms since the epoch. */
  readonly now: number;
  readonly settings: GroupSettings;
  /** A fresh UUID in its 36-character form, for a member id if one is made. */
  readonly uuid: string;
}

/**
 * The outcome of one step. Once `records` are durable the group is `group`, `replies` are sent and `timers` changed; when
 * they cannot be written, nothing of it happened. A request without a reply among them waits.
 */
export interface Step {
  readonly group: Group | undefined;
  readonly replies: readonly { readonly to: Waiter; readonly reply: Reply }[];
  readonly records: readonly GroupRecord[];
  readonly timers: readonly TimerChange[];
  /** True when a generation got its assignment. */
  readonly rebalanced: boolean;
}
