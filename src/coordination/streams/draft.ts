import { memberRecords } from '../member-records.ts';
import { timerOf } from '../member-timers.ts';
import type { Environment, GroupRecord, Step, TimerChange, Waiter } from '../types.ts';
import { targetOf } from './group.ts';
import { groupRecord, memberRecord } from './record.ts';
import { sameTasks } from './tasks.ts';
import type { StreamsGroup, StreamsMember, StreamsTimerEvent } from './types.ts';

export const INITIAL_TIMER = 'initial';

/** A step in the making on a streams group. The group given is never changed. */
export class StreamsDraft {
  readonly env: Environment;
  readonly #before: StreamsGroup;
  readonly isNew: boolean;
  readonly #replies: { to: Waiter; reply: object }[] = [];
  readonly #timers: TimerChange[] = [];
  #group: StreamsGroup;
  #rebalanced = false;

  /** `isNew` says that no streams group of that id is stored. */
  constructor(group: StreamsGroup, env: Environment, isNew = false) {
    this.#before = group;
    this.#group = group;
    this.isNew = isNew;
    this.env = env;
  }

  get group(): StreamsGroup {
    return this.#group;
  }

  change(fields: Partial<Omit<StreamsGroup, 'kind' | 'groupId' | 'members'>>): void {
    this.#group = { ...this.#group, ...fields };
  }

  /** A new target assignment is due. */
  bumpEpoch(): void {
    this.change({ epoch: this.#group.epoch + 1 });
    this.#rebalanced = true;
  }

  put(member: StreamsMember): void {
    this.#group = { ...this.#group, members: new Map(this.#group.members).set(member.memberId, member) };
  }

  /** Forgets a member with its target and its timers. */
  remove(memberId: string): void {
    const members = new Map(this.#group.members);
    const targets = new Map(this.#group.targets);
    members.delete(memberId);
    targets.delete(memberId);
    this.#group = { ...this.#group, members, targets };
    this.cancel(timerOf('session', memberId));
    this.cancel(timerOf('rebalance', memberId));
  }

  reply(to: Waiter, reply: object): void {
    this.#replies.push({ to, reply });
  }

  set(key: string, delayMs: number, event: StreamsTimerEvent): void {
    this.#timers.push({ key, delayMs: Math.max(0, delayMs), event });
  }

  cancel(key: string): void {
    this.#timers.push({ key, event: undefined });
  }

  #records(): GroupRecord[] {
    const [before, after] = [this.#before, this.#group];
    const records = this.isNew || isGroupChanged(before, after) ? [groupRecord(after, this.env.now)] : [];
    if (before.members === after.members && before.targets === after.targets) return records;
    const sameTarget = (memberId: string): boolean => sameTasks(targetOf(before, memberId), targetOf(after, memberId));
    return [...records, ...memberRecords(before, after, sameTarget, (member) => memberRecord(after, member))];
  }

  finish(): Step {
    return {
      group: this.#group,
      replies: this.#replies,
      records: this.#records(),
      timers: this.#timers,
      rebalanced: this.#rebalanced,
    };
  }
}

function isGroupChanged(before: StreamsGroup, after: StreamsGroup): boolean {
  return (
    before.epoch !== after.epoch ||
    before.metadataHash !== after.metadataHash ||
    before.assignmentEpoch !== after.assignmentEpoch ||
    before.assignmentTime !== after.assignmentTime ||
    before.topology !== after.topology ||
    before.validatedTopologyEpoch !== after.validatedTopologyEpoch ||
    before.standbyReplicas !== after.standbyReplicas
  );
}
