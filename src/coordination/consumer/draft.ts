import { present } from '../../base/assert.ts';
import { memberRecords } from '../member-records.ts';
import { timerOf } from '../member-timers.ts';
import { type Partitions, samePartitions } from '../partitions.ts';
import type { AnyGroup, Environment, GroupRecord, Step, TimerChange, Waiter } from '../types.ts';
import { targetOf } from './group.ts';
import { groupRecord, memberRecord } from './record.ts';
import type { ConsumerGroup, ConsumerMember, ConsumerTimerEvent } from './types.ts';

const KEYS = ['session', 'rebalance', 'join', 'sync'] as const;

export const REGEX_TIMER = 'regexes';

/** A step in the making on a consumer group. The group given is never changed; maps are copied by the first change of them. */
export class ConsumerDraft {
  readonly env: Environment;
  /** The group as it was before the step: what is stored. */
  readonly before: ConsumerGroup;
  readonly #replies: { to: Waiter; reply: object }[] = [];
  readonly #timers: TimerChange[] = [];
  #group: ConsumerGroup;
  #members: Map<string, ConsumerMember> | undefined;
  readonly #isNew: boolean;
  #rebalanced = false;

  /** `isNew` says that no consumer group of that id is stored. */
  constructor(group: ConsumerGroup, env: Environment, isNew = false) {
    this.before = group;
    this.#group = group;
    this.env = env;
    this.#isNew = isNew;
  }

  /** The group as it stands in this step. */
  get group(): ConsumerGroup {
    return this.#group;
  }

  change(fields: Partial<Omit<ConsumerGroup, 'kind' | 'groupId' | 'members' | 'staticMembers'>>): void {
    this.#group = { ...this.#group, ...fields };
  }

  /** A new target assignment is due. */
  bumpEpoch(): void {
    this.change({ epoch: this.#group.epoch + 1 });
    this.#rebalanced = true;
  }

  member(memberId: string): ConsumerMember {
    return present(this.#group.members.get(memberId), `member ${memberId}`);
  }

  /** Adds a member, or replaces what is known of it. */
  put(member: ConsumerMember): void {
    const { memberId, instanceId } = member;
    this.#ownMembers().set(memberId, member);
    if (instanceId === null || this.#group.staticMembers.get(instanceId) === memberId) return;
    const staticMembers = new Map(this.#group.staticMembers).set(instanceId, memberId);
    this.#group = { ...this.#group, staticMembers };
  }

  /** Forgets a member with its target and its timers. */
  remove(memberId: string): void {
    const { instanceId } = this.member(memberId);
    this.#ownMembers().delete(memberId);
    for (const kind of KEYS) this.cancel(timerOf(kind, memberId));
    const targets = new Map(this.#group.targets);
    targets.delete(memberId);
    this.change({ targets });
    if (instanceId === null || this.#group.staticMembers.get(instanceId) !== memberId) return;
    const staticMembers = new Map(this.#group.staticMembers);
    staticMembers.delete(instanceId);
    this.#group = { ...this.#group, staticMembers };
  }

  #ownMembers(): Map<string, ConsumerMember> {
    if (this.#members === undefined) {
      this.#members = new Map(this.#group.members);
      this.#group = { ...this.#group, members: this.#members };
    }
    return this.#members;
  }

  setTarget(memberId: string, target: Partitions): void {
    this.change({ targets: new Map(this.#group.targets).set(memberId, target) });
  }

  reply(to: Waiter, reply: object): void {
    this.#replies.push({ to, reply });
  }

  set(key: string, delayMs: number, event: ConsumerTimerEvent, ifAbsent = false): void {
    this.#timers.push({ key, delayMs: Math.max(0, delayMs), event, ifAbsent });
  }

  cancel(key: string): void {
    this.#timers.push({ key, event: undefined });
  }

  /** Records of all that is different from before. */
  #records(): GroupRecord[] {
    const [before, after] = [this.before, this.#group];
    const records = this.#isNew || isGroupChanged(before, after) ? [groupRecord(after, this.env.now)] : [];
    if (before.members === after.members && before.targets === after.targets) return records;
    const sameTarget = (memberId: string): boolean =>
      samePartitions(targetOf(before, memberId), targetOf(after, memberId));
    return [...records, ...memberRecords(before, after, sameTarget, (member) => memberRecord(after, member))];
  }

  /** The step. `instead` is what the group becomes with its records, when it is of another kind from now on. */
  finish(instead?: {
    readonly group: AnyGroup;
    readonly records: readonly GroupRecord[];
    readonly timers: readonly TimerChange[];
  }): Step {
    return {
      group: instead?.group ?? this.#group,
      replies: this.#replies,
      records: instead?.records ?? this.#records(),
      timers: instead?.timers ?? this.#timers,
      rebalanced: this.#rebalanced,
    };
  }
}

function isGroupChanged(before: ConsumerGroup, after: ConsumerGroup): boolean {
  return (
    before.epoch !== after.epoch ||
    before.metadataHash !== after.metadataHash ||
    before.assignmentEpoch !== after.assignmentEpoch ||
    before.assignmentTime !== after.assignmentTime ||
    before.regexes.topics !== after.regexes.topics ||
    before.regexes.at !== after.regexes.at
  );
}
