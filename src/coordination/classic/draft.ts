import { assert, present } from '../../base/assert.ts';
import { countAwaitingJoin, EMPTY_BYTES, failedJoin } from './group.ts';
import type { Environment, TimerChange, Waiter } from '../types.ts';
import { groupRecord } from './record.ts';
import type {
  ClassicStep,
  ClassicTimerEvent,
  Group,
  GroupState,
  JoinReply,
  Member,
  Reply,
  SyncReply,
} from './types.ts';

/** From which states each state may be entered. */
const PREVIOUS: Readonly<Record<GroupState, readonly GroupState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
};

/**
 * Member ids given out that wait for their owners (KIP-394), in one group. A client that asks for ids and never comes back with them must not fill the
 * memory; Kafka keeps them all.
 */
const MAX_PENDING = 10_000;

export const canEnter = (from: GroupState, to: GroupState): boolean => PREVIOUS[to].includes(from);

export const JOIN_TIMER = 'join';
export const SYNC_TIMER = 'sync';
export const sessionTimer = (memberId: string): string => `session:${memberId}`;

export function failedSync(error: SyncReply['error']): SyncReply {
  return { error, protocolType: null, protocolName: null, assignment: EMPTY_BYTES };
}

/** A step in the making: a private copy of a group, and what is to happen with it. The group given is never changed. */
export class Draft {
  readonly env: Environment;
  readonly replies: { to: Waiter; reply: Reply }[] = [];
  readonly timers: TimerChange[] = [];
  rebalanced = false;
  #saved = false;
  #group: Group;
  readonly #members: Map<string, Member>;
  readonly #static: Map<string, string>;
  readonly #pendingJoin: Set<string>;
  readonly #pendingSync: Set<string>;

  constructor(group: Group, env: Environment) {
    this.env = env;
    this.#members = new Map(group.members);
    this.#static = new Map(group.staticMembers);
    this.#pendingJoin = new Set(group.pendingJoin);
    this.#pendingSync = new Set(group.pendingSync);
    this.#group = {
      ...group,
      members: this.#members,
      staticMembers: this.#static,
      pendingJoin: this.#pendingJoin,
      pendingSync: this.#pendingSync,
    };
  }

  /** The group as it stands in this step. Not to be kept: it changes with the draft. */
  get group(): Group {
    return this.#group;
  }

  change(fields: Partial<Omit<Group, 'members' | 'staticMembers' | 'pendingJoin' | 'pendingSync' | 'state'>>): void {
    this.#group = { ...this.#group, ...fields };
  }

  transitionTo(state: GroupState): void {
    const from = this.#group.state;
    assert(canEnter(from, state), `group ${this.#group.groupId} cannot go from ${from} to ${state}`);
    this.#group = { ...this.#group, state, previousState: from, stateTimestamp: this.env.now };
  }

  member(memberId: string): Member {
    return present(this.#members.get(memberId), `member ${memberId}`);
  }

  add(member: Member): void {
    const { memberId, instanceId } = member;
    if (instanceId !== null) {
      assert(!this.#static.has(instanceId), `instance ${instanceId} is a member already`);
      this.#static.set(instanceId, memberId);
    }
    this.#members.set(memberId, member);
    this.#pendingJoin.delete(memberId);
    if (this.#group.leader === null) this.change({ leader: memberId });
  }

  /** Forgets a member (or an id given out) and its session; the leadership goes to the oldest that is left. */
  remove(memberId: string): void {
    const member = this.#members.get(memberId);
    if (member !== undefined && member.instanceId !== null) this.#static.delete(member.instanceId);
    this.#members.delete(memberId);
    this.#pendingJoin.delete(memberId);
    this.#pendingSync.delete(memberId);
    this.cancelTimer(sessionTimer(memberId));
    if (this.#group.leader === memberId) this.change({ leader: this.#members.keys().next().value ?? null });
  }

  update(memberId: string, fields: Partial<Omit<Member, 'memberId' | 'instanceId'>>): Member {
    const updated = { ...this.member(memberId), ...fields };
    this.#members.set(memberId, updated);
    return updated;
  }

  /** Gives a static member a new id; whoever waits under the old one is fenced (KIP-345). */
  replaceStatic(instanceId: string, oldMemberId: string, newMemberId: string): void {
    const old = this.member(oldMemberId);
    this.completeJoin(old, failedJoin(oldMemberId, 'FENCED_INSTANCE_ID'));
    this.completeSync(old, failedSync('FENCED_INSTANCE_ID'));
    this.#members.delete(oldMemberId);
    this.cancelTimer(sessionTimer(oldMemberId));
    if (this.#pendingSync.delete(oldMemberId)) this.#pendingSync.add(newMemberId);
    this.#members.set(newMemberId, {
      ...old,
      memberId: newMemberId,
      awaitingJoin: undefined,
      awaitingSync: undefined,
      isNew: false,
    });
    this.#static.set(instanceId, newMemberId);
    if (this.#group.leader === oldMemberId) this.change({ leader: newMemberId });
  }

  /** Beyond the limit the oldest id counts for nothing any more: its owner is told so and asks for another one. */
  addPendingJoin(memberId: string): void {
    const [oldest] = this.#pendingJoin;
    if (oldest !== undefined && this.#pendingJoin.size >= MAX_PENDING) this.remove(oldest);
    this.#pendingJoin.add(memberId);
  }

  addPendingSync(memberId: string): void {
    this.#pendingSync.add(memberId);
  }

  removePendingSync(memberId: string): void {
    this.#pendingSync.delete(memberId);
    if (this.#pendingSync.size === 0) this.cancelTimer(SYNC_TIMER);
  }

  clearPendingSync(): void {
    this.#pendingSync.clear();
    this.cancelTimer(SYNC_TIMER);
  }

  reply(to: Waiter, reply: Reply): void {
    this.replies.push({ to, reply });
  }

  /** Answers a waiting JoinGroup of the member, if there is one. */
  completeJoin(member: Member, reply: JoinReply): void {
    if (member.awaitingJoin === undefined) return;
    this.reply(member.awaitingJoin, reply);
    this.update(member.memberId, { awaitingJoin: undefined });
  }

  /** Answers a waiting SyncGroup of the member, if there is one; tells whether there was. */
  completeSync(member: Member, reply: SyncReply): boolean {
    if (member.awaitingSync === undefined) return false;
    this.reply(member.awaitingSync, reply);
    this.update(member.memberId, { awaitingSync: undefined });
    return true;
  }

  setTimer(key: string, delayMs: number, event: ClassicTimerEvent): void {
    this.timers.push({ key, delayMs: Math.max(0, delayMs), event });
  }

  cancelTimer(key: string): void {
    this.timers.push({ key, event: undefined });
  }

  /** Starts the member's session anew. */
  renewSession(memberId: string, timeoutMs: number = this.member(memberId).sessionTimeoutMs): void {
    this.setTimer(sessionTimer(memberId), timeoutMs, { kind: 'session', memberId });
  }

  /** True when a new member would be one too many (`group.max.size`). */
  isFull(): boolean {
    const { maxSize } = this.env.settings;
    const group = this.#group;
    // While members rejoin, those that have count: the last ones to come are turned away if the limit was lowered.
    if (group.state === 'PreparingRebalance') return countAwaitingJoin(group) >= maxSize;
    return group.state !== 'Empty' && group.members.size >= maxSize;
  }

  /** The group as it is at the end of this step becomes durable before anything else happens. */
  save(): void {
    this.#saved = true;
  }

  finish(): ClassicStep & { readonly group: Group } {
    return {
      group: this.#group,
      replies: this.replies,
      records: this.#saved ? [groupRecord(this.#group)] : [],
      timers: this.timers,
      rebalanced: this.rebalanced,
    };
  }
}

/** A step that changes no membership. */
export function unchanged(
  group: Group | undefined,
  to: Waiter,
  reply: Reply,
  timers: readonly TimerChange[] = [],
): ClassicStep {
  return { group, replies: [{ to, reply }], records: [], timers, rebalanced: false };
}
