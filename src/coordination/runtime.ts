import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import { type Random, randomUuid } from '../base/random.ts';
import { SqlUnavailable } from '../metadata/errors.ts';
import type { SqlEngine } from '../metadata/types.ts';
import { type DescribedGroup, describeGroup, type ListedGroup, listGroups } from './describe.ts';
import { failedSync, sessionTimer } from './draft.ts';
import { failedJoin } from './group.ts';
import { joinGroup } from './join.ts';
import type { Decision, GroupLane } from './lane.ts';
import { GroupLanes } from './lanes.ts';
import { type CoordinatorMetrics, coordinatorMetrics, exposeLag, type PartitionLag } from './metrics.ts';
import {
  type CommitRequest,
  commitRecords,
  deleteRecords,
  type Offsets,
  validateCommit,
  validateOffsetDelete,
} from './offsets.ts';
import { heartbeat, leaveGroup, syncGroup } from './sync.ts';
import type {
  Group,
  GroupError,
  GroupSettings,
  HeartbeatReply,
  HeartbeatRequest,
  JoinReply,
  JoinRequest,
  LeaveReply,
  LeaveRequest,
  Reply,
  Step,
  SyncReply,
  SyncRequest,
  Waiter,
} from './types.ts';

export interface GroupCoordinatorOptions {
  readonly sql: SqlEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly settings: GroupSettings;
}

/** `errors` are in the order of the request's topics and partitions; empty when the whole request failed with `error`. */
export interface OffsetsReply {
  readonly error: GroupError;
  readonly errors: readonly (readonly GroupError[])[];
}

export interface OffsetDeleteRequest {
  readonly groupId: string;
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
}

interface Pending {
  readonly resolve: (reply: Reply) => void;
  readonly fail: (error: GroupError) => Reply;
}

const NO_OFFSETS: Offsets = new Map();

/** How a client is told of a failed write: storage that fails is Kafka's NOT_COORDINATOR, upon which it looks again. */
function errorOf(error: Error): GroupError {
  return error instanceof SqlUnavailable ? 'NOT_COORDINATOR' : 'UNKNOWN_SERVER_ERROR';
}

/** UUID in the form of RFC 9562, as member ids end with. */
function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/**
 * The group coordinator: gives requests and timers to the machines, makes what they return durable, and only then answers.
 * No method rejects because of bad input or a failed write: the reply holds the error.
 */
export class GroupCoordinator {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #settings: GroupSettings;
  readonly #metrics: CoordinatorMetrics;
  readonly #registry: Metrics;
  readonly #lanes: GroupLanes;
  readonly #pending = new Map<Waiter, Pending>();
  #nextWaiter = 1;
  #closed = false;

  /** Reads all groups from the store. `start` arms their sessions. */
  static async open(options: GroupCoordinatorOptions): Promise<GroupCoordinator> {
    const coordinator = new GroupCoordinator(options);
    await coordinator.#lanes.load();
    return coordinator;
  }

  private constructor(options: GroupCoordinatorOptions) {
    const { sql, clock, settings } = options;
    this.#clock = clock;
    this.#random = options.random;
    this.#logger = options.logger.child('coordination');
    this.#settings = settings;
    this.#registry = options.metrics;
    const deliver = (to: Waiter, reply: Reply): void => this.#deliver(to, reply);
    const onRebalanced = (): void => this.#metrics.rebalances.inc();
    this.#lanes = new GroupLanes({ sql, clock, logger: this.#logger, settings, deliver, onRebalanced });
    this.#metrics = coordinatorMetrics(options.metrics, this.#lanes);
  }

  /** To be called when clients can connect: from now on members that do not show up are dropped. */
  start(): void {
    this.#lanes.start();
  }

  /** Answers everyone who waits with NOT_COORDINATOR and stops the timers. The groups stay as they are stored. */
  close(): void {
    this.#closed = true;
    this.#lanes.stop();
    for (const [waiter, { fail }] of this.#pending) this.#deliver(waiter, fail('NOT_COORDINATOR'));
  }

  joinGroup(request: JoinRequest): Promise<JoinReply> {
    const uuid = uuidText(randomUuid(this.#random));
    return this.#ask(
      request.groupId,
      (group, waiter) => joinGroup(group, request, waiter, this.#lanes.env(uuid)),
      (error) => failedJoin(request.memberId, error),
    );
  }

  syncGroup(request: SyncRequest): Promise<SyncReply> {
    return this.#ask(
      request.groupId,
      (group, waiter) => syncGroup(group, request, waiter, this.#lanes.env()),
      failedSync,
    );
  }

  heartbeat(request: HeartbeatRequest): Promise<HeartbeatReply> {
    return this.#ask(
      request.groupId,
      (group, waiter) => heartbeat(group, request, waiter),
      (error) => ({ error }),
    );
  }

  leaveGroup(request: LeaveRequest): Promise<LeaveReply> {
    return this.#ask(
      request.groupId,
      (group, waiter) => leaveGroup(group, request, waiter, this.#lanes.env()),
      (error) => ({ error, members: [] }),
    );
  }

  #ask<R extends Reply>(
    groupId: string,
    step: (group: Group | undefined, waiter: Waiter) => Step,
    fail: (error: GroupError) => R,
  ): Promise<R> {
    if (this.#closed) return Promise.resolve(fail('NOT_COORDINATOR'));
    return new Promise((resolve) => {
      const waiter = this.#nextWaiter++;
      this.#pending.set(waiter, { resolve: resolve as (reply: Reply) => void, fail });
      this.#lanes.step(
        groupId,
        (group) => step(group, waiter),
        (error) => this.#deliver(waiter, fail(errorOf(error))),
      );
    });
  }

  #deliver(to: Waiter, reply: Reply): void {
    const pending = this.#pending.get(to);
    this.#pending.delete(to);
    pending?.resolve(reply);
  }

  /** Commits offsets. Resolves when they are durable. */
  commitOffsets(request: CommitRequest): Promise<OffsetsReply> {
    const began = this.#clock.monotonic();
    return this.#task(request.groupId, 'commit', (lane) => {
      const { group } = lane;
      const error = validateCommit(group, request);
      if (error !== 'NONE') return { error, errors: [], records: [] };
      const { records, errors } = commitRecords(request, this.#clock.now(), this.#settings);
      const done = (): void => {
        this.#metrics.commitSeconds.observe((this.#clock.monotonic() - began) / 1000);
        this.#renewSession(request.groupId, request.memberId);
      };
      return { error, errors, records, done };
    });
  }

  /** A commit of a member is as good as a heartbeat. */
  #renewSession(groupId: string, memberId: string): void {
    const member = this.#lanes.group(groupId)?.members.get(memberId);
    if (member !== undefined && !this.#closed)
      this.#lanes.renewSession(groupId, sessionTimer(memberId), member.sessionTimeoutMs, memberId);
  }

  /** Deletes offsets that no subscription needs (KIP-496). */
  deleteOffsets(request: OffsetDeleteRequest): Promise<OffsetsReply> {
    const { groupId, topics } = request;
    if (groupId === '') return Promise.resolve({ error: 'INVALID_GROUP_ID', errors: [] });
    return this.#task(groupId, 'step', (lane) => {
      const error = validateOffsetDelete(lane.group);
      if (error !== 'NONE' || lane.group === undefined) return { error, errors: [], records: [] };
      return { error, ...deleteRecords(lane.group, lane.offsets, topics) };
    });
  }

  /** Deletes an empty group with its offsets. */
  async deleteGroup(groupId: string): Promise<GroupError> {
    const reply = await this.#task(groupId, 'step', ({ group }) => {
      if (group === undefined) return { error: 'GROUP_ID_NOT_FOUND', errors: [], records: [] };
      if (group.state !== 'Empty') return { error: 'NON_EMPTY_GROUP', errors: [], records: [] };
      return { error: 'NONE', errors: [], records: [{ kind: 'group-removed', groupId }] };
    });
    return reply.error;
  }

  #task(
    groupId: string,
    kind: 'commit' | 'step' | 'barrier',
    work: (lane: GroupLane) => OffsetsReply & { records: Decision['records']; done?: () => void },
  ): Promise<OffsetsReply> {
    if (this.#closed) return Promise.resolve({ error: 'NOT_COORDINATOR', errors: [] });
    return new Promise((resolve) => {
      const decide = (lane: GroupLane): Decision => {
        const { error, errors, records, done } = work(lane);
        const apply = (): void => {
          done?.();
          resolve({ error, errors });
        };
        return { records, apply };
      };
      const fail = (cause: Error): void => resolve({ error: errorOf(cause), errors: [] });
      this.#lanes.submit(groupId, (lane) => ({ kind, decide: () => decide(lane), fail }));
    });
  }

  /** The committed offsets of a group, empty for an unknown one. A view, to be read at once. */
  offsets(groupId: string): Offsets {
    return this.#lanes.lane(groupId)?.offsets ?? NO_OFFSETS;
  }

  /** The same after every commit that was under way is durable (`require_stable`, KIP-447). */
  async stableOffsets(groupId: string): Promise<Offsets> {
    await this.#task(groupId, 'barrier', () => ({ error: 'NONE', errors: [], records: [] }));
    return this.offsets(groupId);
  }

  /** Undefined for a group that is not there. */
  describeGroup(groupId: string): DescribedGroup | undefined {
    const group = this.#lanes.group(groupId);
    return group && describeGroup(group);
  }

  /** Groups in one of the states; all when `states` is empty. */
  listGroups(states: readonly string[]): ListedGroup[] {
    return listGroups(this.#groups(), states);
  }

  *#groups(): IterableIterator<Group> {
    for (const { group } of this.#lanes.all()) if (group !== undefined) yield group;
  }

  /** Drops the offsets of topics that are gone: after a topic was deleted, and at the start. */
  forgetTopics(isAlive: (topicId: string) => boolean): void {
    this.#lanes.forgetTopics(isAlive);
  }

  /** How far each group is behind. `endOffset` gives a partition's high watermark; partitions without one are left out. */
  *lag(endOffset: (topic: string, partition: number) => number | undefined): IterableIterator<PartitionLag> {
    for (const { group, offsets } of this.#lanes.all()) {
      if (group === undefined) continue;
      for (const [topic, partitions] of offsets) {
        for (const [partition, { offset }] of partitions) {
          const end = endOffset(topic, partition);
          if (end !== undefined) yield { groupId: group.groupId, topic, partition, lag: Math.max(0, end - offset) };
        }
      }
    }
  }

  /** Shows the lag as a metric. To be called once. */
  exposeLag(endOffset: (topic: string, partition: number) => number | undefined): void {
    exposeLag(this.#registry, () => this.lag(endOffset));
  }
}
