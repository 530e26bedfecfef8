import type {
  AnyGroup,
  CommittedOffset,
  Environment,
  GroupError,
  GroupKind,
  GroupRecord,
  Step,
  StoredGroup,
  TimerEvent,
} from './types.ts';

/** Who commits offsets. */
export interface CommitCaller {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Generation of a classic member, epoch of any other; -1 from clients that do not use group membership. */
  readonly generation: number;
  /** True for TxnOffsetCommit. */
  readonly transactional: boolean;
  /** Version of the API that brought it. */
  readonly version: number;
}

/** NONE or what is wrong with a commit; or, when that differs from partition to partition, what says it of each. */
export type CommitCheck =
  | GroupError
  | ((topic: { readonly topic: string; readonly topicId: string }, partition: number) => GroupError);

/** Who fetches offsets. */
export interface FetchCaller {
  /** null from clients that do not tell it. */
  readonly memberId: string | null;
  readonly generation: number;
}

/**
 * A kind of group, as the runtime sees it: what happens to a group that no request of that kind asked for. All functions are pure, and
 * get groups of the machine's own kind only.
 */
export interface GroupMachine<G extends AnyGroup = AnyGroup> {
  readonly kind: GroupKind;
  /** The group of stored rows. Throws on a version of the format that it does not know. */
  decode(stored: StoredGroup): G;
  /** All records of the group: for kinds that store members one by one. */
  snapshot?(group: G, now: number): readonly GroupRecord[];
  /** After a restart, once clients can connect: starts the timers of the members. */
  resume(group: G, env: Environment): Step;
  /** A timer of the group fired. */
  timeout(group: G, event: TimerEvent, env: Environment): Step;
  /** What ListGroups says. */
  list(group: G): { readonly state: string; readonly protocolType: string };
  /** Whether the caller may commit now. */
  validateCommit(group: G, caller: CommitCaller): CommitCheck;
  /** The session that a commit renews. */
  sessionAfterCommit(group: G, memberId: string): { key: string; delayMs: number; event: TimerEvent } | undefined;
  /** NONE when the caller may fetch offsets. */
  validateFetch(group: G, caller: FetchCaller): GroupError;
  /** NONE when offsets of the group may be deleted at all. */
  validateOffsetDelete(group: G): GroupError;
  /** NONE when the group may be deleted. */
  validateDelete(group: G): GroupError;
  /** True when offsets of the topic are in use. */
  isSubscribed(group: G, topic: string): boolean;
  /** Since when an offset counts as unused (KIP-211), or undefined when it must not expire now. */
  unusedSince(group: G, offset: CommittedOffset): number | undefined;
  /** True when nothing but offsets keeps the group. */
  isDisposable(group: G): boolean;
}
