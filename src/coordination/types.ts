import type { Requester } from '../security/authorizer.ts';
import type { ConsumerGroupSettings } from './consumer/types.ts';
import type { StreamsGroupSettings } from './streams/types.ts';
import type { ShareSettings } from './share/settings.ts';

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
  | 'GROUP_SUBSCRIBED_TO_TOPIC'
  | 'INVALID_REQUEST'
  | 'UNSUPPORTED_VERSION'
  | 'UNSUPPORTED_ASSIGNOR'
  | 'FENCED_MEMBER_EPOCH'
  | 'STALE_MEMBER_EPOCH'
  | 'UNRELEASED_INSTANCE_ID'
  | 'INVALID_REGULAR_EXPRESSION'
  | 'STREAMS_INVALID_TOPOLOGY';

/** The kinds of groups, as `ListGroups` names them. All share one space of ids: a group is of one kind at a time. */
export type GroupKind = 'classic' | 'consumer' | 'share' | 'streams';

/** What the runtime knows of a group of any kind. Groups are immutable values. */
export interface AnyGroup {
  readonly kind: GroupKind;
  readonly groupId: string;
}

/** Names a request whose answer may come later. The runtime gives them out; the machines only hand them back. */
export type Waiter = number;

/** What a timer brings back to the group's machine when it fires. Each machine has its own. */
export interface TimerEvent {
  readonly kind: string;
}

/**
 * Sets the timer `key` (replacing what it held, unless `ifAbsent`) or, without an event, cancels it. The timers of a group end when it is deleted or
 * becomes one of another kind.
 */
export type TimerChange =
  | { readonly key: string; readonly delayMs: number; readonly event: TimerEvent; readonly ifAbsent?: boolean }
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

/** What becomes a row. Machines that store a group in one piece have no member records. */
export type GroupRecord =
  | { readonly kind: 'group'; readonly group: AnyGroup; readonly state: string; readonly updated: number }
  | { readonly kind: 'group-removed'; readonly groupId: string }
  | { readonly kind: 'member'; readonly groupId: string; readonly memberId: string; readonly state: string }
  | { readonly kind: 'member-removed'; readonly groupId: string; readonly memberId: string }
  | { readonly kind: 'members-removed'; readonly groupId: string }
  | {
      readonly kind: 'offset';
      readonly groupId: string;
      readonly topic: string;
      readonly partition: number;
      readonly value: CommittedOffset;
    }
  | {
      /** An offset that waits for the end of a producer's transaction. */
      readonly kind: 'held-offset';
      readonly groupId: string;
      readonly producerId: number;
      readonly producerEpoch: number;
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

/** A group as its rows have it. */
export interface StoredGroup {
  readonly groupId: string;
  /** What the machine put into the record of the group. */
  readonly state: string;
  /** What the machine put into the records of the members, by member id. */
  readonly members: ReadonlyMap<string, string>;
}

/** Settings of the coordinator; the names are Kafka's broker settings in camel case. */
export interface GroupSettings {
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  readonly maxSize: number;
  readonly initialRebalanceDelayMs: number;
  readonly offsetMetadataMaxBytes: number;
  readonly offsetsRetentionMs: number;
  readonly offsetsRetentionCheckIntervalMs: number;
  /** Of consumer groups (KIP-848). */
  readonly consumer: ConsumerGroupSettings;
  /** Of streams groups (KIP-1071). */
  readonly streams: StreamsGroupSettings;
  readonly share: ShareSettings;
}

/** What a step may know besides state and request. */
export interface Environment {
  /** Wall clock, ms since the epoch. */
  readonly now: number;
  readonly settings: GroupSettings;
  /** A fresh UUID in its 36-character form, for a member id if one is made. */
  readonly uuid: string;
  readonly topics: GroupTopics;
  /** Configs that were set for this group (resource GROUP), by Kafka's names; what is not here is as the broker has it. */
  readonly overrides: ReadonlyMap<string, string>;
  /** Whether somebody may know of a topic. */
  readonly mayDescribe: (requester: Requester, topic: string) => boolean;
}

/** A topic as far as groups need it. */
export interface GroupTopic {
  readonly name: string;
  /** Kafka's text form of the UUID. */
  readonly topicId: string;
  readonly partitions: number;
}

/** The topics of this broker. */
export interface GroupTopics {
  byName(name: string): GroupTopic | undefined;
  byId(topicId: string): GroupTopic | undefined;
  all(): readonly GroupTopic[];
  /** Another number after every change of any topic. */
  version(): number;
}

/**
 * The outcome of one step. Once `records` are durable the group is `group`, `replies` are sent and `timers` changed; when
 * they cannot be written, nothing of it happened. A request without a reply among them waits.
 */
export interface Step {
  readonly group: AnyGroup | undefined;
  readonly replies: readonly { readonly to: Waiter; readonly reply: object }[];
  readonly records: readonly GroupRecord[];
  readonly timers: readonly TimerChange[];
  /** True when a generation got its assignment. */
  readonly rebalanced: boolean;
}
