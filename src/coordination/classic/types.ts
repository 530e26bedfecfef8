import type { AnyGroup, GroupError, Step, Waiter } from '../types.ts';

/** Kafka's states of a classic group. A group that is not there is described as Dead. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

/** A protocol (assignor) that a member supports, with its opaque subscription. */
export interface Protocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

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
export interface Group extends AnyGroup {
  readonly kind: 'classic';
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
export type ClassicTimerEvent =
  | { readonly kind: 'session'; readonly memberId: string }
  | { readonly kind: 'initial-join'; readonly delayMs: number; readonly remainingMs: number }
  | { readonly kind: 'join' }
  | { readonly kind: 'sync'; readonly generation: number };

/** The outcome of a step of the classic machine. */
export interface ClassicStep extends Step {
  readonly group: Group | undefined;
  readonly replies: readonly { readonly to: Waiter; readonly reply: Reply }[];
}
