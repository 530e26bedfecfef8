import { type Clock, every, type Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { SqlEngine } from '../metadata/types.ts';
import { type Decision, GroupLane, type Task } from './lane.ts';
import { machineOf } from './machines.ts';
import { expiryRecords } from './offsets.ts';
import { readRecords, statementsFor } from './rows.ts';
import { type GroupTimer, GroupTimers } from './timers.ts';
import type {
  AnyGroup,
  Environment,
  GroupKind,
  GroupRecord,
  GroupSettings,
  GroupTopics,
  Step,
  Waiter,
} from './types.ts';

/** Pause before a timer whose outcome could not be written is tried again. */
const RETRY_MS = 1000;

export interface LaneDependencies {
  readonly sql: SqlEngine;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: GroupSettings;
  readonly topics: GroupTopics;
  /** Configs that were set for a group (resource GROUP). */
  readonly overrides: (groupId: string) => ReadonlyMap<string, string>;
  readonly mayDescribe: Environment['mayDescribe'];
  /** Sends the reply to a waiting request. */
  readonly deliver: (to: Waiter, reply: object) => void;
  readonly onRebalanced: () => void;
}

interface Entry {
  readonly lane: GroupLane;
  readonly timers: GroupTimers;
}

/** All groups of this broker: a lane and the timers of each. */
export class GroupLanes {
  readonly #deps: LaneDependencies;
  readonly #entries = new Map<string, Entry>();
  #expiry: Timer | undefined;

  constructor(deps: LaneDependencies) {
    this.#deps = deps;
  }

  /** Reads the rows. To be called once, before anything else. */
  async load(): Promise<void> {
    const records = await readRecords(this.#deps.sql);
    for (const record of records) {
      const groupId = record.kind === 'group' ? record.group.groupId : record.groupId;
      this.#entry(groupId).lane.replay(record);
    }
    this.#deps.logger.info({ groups: this.#entries.size, rows: records.length }, 'Groups were loaded.');
  }

  /** Starts the sessions of the loaded members and the look for expired offsets. */
  start(): void {
    for (const groupId of this.#entries.keys())
      this.step(groupId, (group) => group && machineOf(group).resume(group, this.env(groupId)));
    const { clock, settings } = this.#deps;
    this.#expiry = every(clock, settings.offsetsRetentionCheckIntervalMs, () => this.expireOffsets());
  }

  /** Stops all timers; what is being written goes on. */
  stop(): void {
    this.#expiry?.cancel();
    for (const { timers } of this.#entries.values()) timers.close();
  }

  /** What a step on the group may know now. */
  env(groupId: string, uuid = ''): Environment {
    const { clock, settings, topics, overrides, mayDescribe } = this.#deps;
    return { now: clock.now(), settings, uuid, topics, overrides: overrides(groupId), mayDescribe };
  }

  /** The group as it is durable now. */
  group(groupId: string): AnyGroup | undefined {
    return this.#entries.get(groupId)?.lane.group;
  }

  /** All lanes, for reading. */
  *all(): IterableIterator<GroupLane> {
    for (const { lane } of this.#entries.values()) yield lane;
  }

  lane(groupId: string): GroupLane | undefined {
    return this.#entries.get(groupId)?.lane;
  }

  /** Hands a task to the group's lane. */
  submit(groupId: string, task: (lane: GroupLane) => Task): void {
    const { lane } = this.#entry(groupId);
    const { kind, decide, fail } = task(lane);
    const failed = (error: Error): void => {
      this.#deps.logger.error({ err: error, groupId }, 'A change of a group failed.');
      fail(error);
    };
    lane.submit({ kind, decide, fail: failed });
  }

  /** Runs a step of the group's machine; undefined means that there is nothing to do. `failed` is told why it could not be written. */
  step(
    groupId: string,
    step: (group: AnyGroup | undefined) => Step | undefined,
    failed: (error: Error) => void = () => undefined,
  ): void {
    const decide = (lane: GroupLane): Decision => {
      // Taken now: when the step is applied, memory has the records of the new kind already.
      const before = lane.group?.kind;
      const done = step(lane.group);
      const records = done === undefined ? [] : lane.isUncertain ? this.#certain(groupId, done) : done.records;
      return { records, apply: () => done && this.#apply(groupId, done, before) };
    };
    this.submit(groupId, (lane) => ({ kind: 'step', decide: () => decide(lane), fail: failed }));
  }

  /** The records of a step, and before them those that make the rows what memory has, whatever they are. */
  #certain(groupId: string, { group, records }: Step): readonly GroupRecord[] {
    if (records.length === 0) return records;
    const all = group && machineOf(group).snapshot?.(group, this.#deps.clock.now());
    return [{ kind: 'members-removed', groupId }, ...(all ?? records)];
  }

  /** `before` is the kind that the group was of, undefined when there was none. */
  #apply(groupId: string, step: Step, before: GroupKind | undefined): void {
    const { lane, timers } = this.#entry(groupId);
    if (before !== step.group?.kind) timers.clear();
    lane.group = step.group;
    for (const change of step.timers) {
      if (change.event === undefined) timers.cancel(change.key);
      else if (change.ifAbsent !== true || !timers.has(change.key))
        timers.set(change.key, change.delayMs, change.event);
    }
    for (const { to, reply } of step.replies) this.#deps.deliver(to, reply);
    if (step.rebalanced) this.#deps.onRebalanced();
  }

  /** A commit of a member is as good as a heartbeat, where the machine says so. */
  renewSession(groupId: string, memberId: string): void {
    const entry = this.#entries.get(groupId);
    const group = entry?.lane.group;
    const session = group && machineOf(group).sessionAfterCommit(group, memberId);
    if (session !== undefined) entry?.timers.set(session.key, session.delayMs, session.event);
  }

  #onTimer(groupId: string, timer: GroupTimer): void {
    const { timers } = this.#entry(groupId);
    const retry = (): void => timers.set(timer.key, RETRY_MS, timer.event);
    // Looked at when the timer's turn has come: a heartbeat that waited before it has renewed the session by then.
    const step = (group: AnyGroup | undefined): Step | undefined =>
      timers.isDue(timer) && group !== undefined
        ? machineOf(group).timeout(group, timer.event, this.env(groupId))
        : undefined;
    this.step(groupId, step, retry);
  }

  /** Deletes what Kafka's rules let go (KIP-211), in every group. */
  expireOffsets(): void {
    const { offsetsRetentionMs } = this.#deps.settings;
    for (const groupId of this.#entries.keys()) {
      this.#remove(groupId, (lane, group) => expiryRecords(group, lane, this.#deps.clock.now(), offsetsRetentionMs));
    }
  }

  /** Deletes the offsets of all topics that are gone. */
  forgetTopics(isAlive: (topicId: string) => boolean): void {
    for (const groupId of this.#entries.keys()) {
      const gone = ({ offsets }: GroupLane): GroupRecord[] =>
        [...offsets].flatMap(([topic, partitions]) =>
          [...partitions]
            .filter(([, { topicId }]) => !isAlive(topicId))
            .map(([partition]): GroupRecord => ({ kind: 'offset-removed', groupId, topic, partition })),
        );
      this.#remove(groupId, gone, (lane) => lane.held.forgetTopics(isAlive));
    }
  }

  /** Deletes something of a group, in its turn: a commit under way may bring what is to go. */
  #remove(
    groupId: string,
    records: (lane: GroupLane, group: AnyGroup) => GroupRecord[],
    done: (lane: GroupLane) => void = () => undefined,
  ): void {
    this.submit(groupId, (lane) => ({
      kind: 'barrier',
      decide: () => ({
        records: lane.group === undefined ? this.#leftovers(groupId, lane) : records(lane, lane.group),
        apply: () => done(lane),
      }),
      fail: () => undefined,
    }));
  }

  /** What a failed write may have stored of a group that is not there goes, too. */
  #leftovers(groupId: string, { isUncertain }: GroupLane): GroupRecord[] {
    return isUncertain ? [{ kind: 'group-removed', groupId }] : [];
  }

  #entry(groupId: string): Entry {
    const known = this.#entries.get(groupId);
    if (known !== undefined) return known;
    const timers = new GroupTimers(this.#deps.clock, (timer) => this.#onTimer(groupId, timer));
    const lane = new GroupLane(
      (records) => this.#write(records),
      () => this.#release(groupId),
    );
    const entry = { lane, timers };
    this.#entries.set(groupId, entry);
    return entry;
  }

  /** A group that is gone leaves nothing in memory. */
  #release(groupId: string): void {
    const entry = this.#entries.get(groupId);
    if (entry === undefined || entry.lane.group !== undefined || !entry.lane.isIdle) return;
    // What is stored of it is not known: whoever makes it again has to write all of it.
    if (entry.lane.isUncertain) return;
    entry.timers.clear();
    this.#entries.delete(groupId);
  }

  #write(records: readonly GroupRecord[]): Promise<void> {
    return this.#deps.sql.transaction(records.flatMap(statementsFor));
  }
}
