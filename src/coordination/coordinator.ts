import type { Clock } from '../base/clock.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Log } from '../log/types.ts';
import { type DescribedGroup, describeGroup } from './classic/describe.ts';
import { failedSync } from './classic/draft.ts';
import { failedJoin } from './classic/group.ts';
import type {
  Group,
  HeartbeatReply,
  HeartbeatRequest,
  JoinReply,
  JoinRequest,
  LeaveReply,
  LeaveRequest,
  SyncReply,
  SyncRequest,
} from './classic/types.ts';
import { beat, join, leave, sync } from './classic-requests.ts';
import { ConsumerGroups } from './consumer/coordinator.ts';
import { type ListedGroup, listGroups } from './listing.ts';
import type { FetchCaller } from './machine.ts';
import { machineOf } from './machines.ts';
import { type CoordinatorMetrics, coordinatorMetrics, exposeLag, type PartitionLag } from './metrics.ts';
import {
  type CommitRequest,
  commitRecords,
  deleteRecords,
  heldRecords,
  type Offsets,
  validateCommit,
  validateOffsetDelete,
} from './offsets.ts';
import { GroupRuntime, type GroupRuntimeOptions, type Outcome } from './runtime.ts';
import { ShareCoordinator } from './share/coordinator.ts';
import { StreamsGroups } from './streams/coordinator.ts';
import type { ProducerIdentity } from './transactions/types.ts';
import type { AnyGroup, GroupError, GroupSettings } from './types.ts';

export interface GroupCoordinatorOptions extends Omit<GroupRuntimeOptions, 'onRebalanced'> {
  readonly metrics: Metrics;
  /** What share groups read. */
  readonly log: Pick<Log, 'partitionById'>;
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

const NO_OFFSETS: Offsets = new Map();

const failedOffsets = (error: GroupError): OffsetsReply => ({ error, errors: [] });

/**
 * The group coordinator: what handlers and broker ask of groups and their offsets. No method rejects because of bad input or a failed
 * write: the reply holds the error.
 */
export class GroupCoordinator {
  /** Groups of KIP-848. */
  readonly consumer: ConsumerGroups;
  readonly #clock: Clock;
  readonly #settings: GroupSettings;
  readonly #metrics: CoordinatorMetrics;
  readonly #registry: Metrics;
  readonly #runtime: GroupRuntime;
  /** Groups of KIP-1071. */
  readonly streams: StreamsGroups;
  /** Share groups, with their sessions and share partitions. */
  readonly share: ShareCoordinator;

  /** Reads all groups from the store. `start` arms their sessions. */
  static async open(options: GroupCoordinatorOptions): Promise<GroupCoordinator> {
    const coordinator = new GroupCoordinator(options);
    await coordinator.#runtime.lanes.load();
    return coordinator;
  }

  private constructor({ metrics, ...options }: GroupCoordinatorOptions) {
    this.#clock = options.clock;
    this.#settings = options.settings;
    this.#registry = metrics;
    this.#runtime = new GroupRuntime({ ...options, onRebalanced: () => this.#metrics.rebalances.inc() });
    this.#metrics = coordinatorMetrics(metrics, this.#runtime.lanes);
    this.consumer = new ConsumerGroups(this.#runtime, options.settings.consumer);
    const { settings, ...parts } = options;
    this.streams = new StreamsGroups(this.#runtime);
    this.share = new ShareCoordinator({ ...parts, metrics, settings: settings.share, runtime: this.#runtime });
  }

  /** To be called when clients can connect: from now on members that do not show up are dropped. */
  start(): void {
    this.#runtime.lanes.start();
  }

  /** Answers everyone who waits with NOT_COORDINATOR and stops the timers. The groups stay as they are stored. Resolves when nothing is being written for share groups. */
  close(): Promise<void> {
    this.#runtime.close();
    return this.share.close();
  }

  joinGroup(request: JoinRequest): Promise<JoinReply> {
    return this.#runtime.ask<JoinReply>(
      request.groupId,
      (group, waiter, env) => join(group, request, waiter, env),
      (error) => failedJoin(request.memberId, error),
      this.#runtime.uuid(),
    );
  }

  syncGroup(request: SyncRequest): Promise<SyncReply> {
    return this.#runtime.ask<SyncReply>(
      request.groupId,
      (group, waiter, env) => sync(group, request, waiter, env),
      failedSync,
    );
  }

  heartbeat(request: HeartbeatRequest): Promise<HeartbeatReply> {
    return this.#runtime.ask<HeartbeatReply>(
      request.groupId,
      (group, waiter, env) => beat(group, request, waiter, env),
      (error) => ({ error }),
    );
  }

  leaveGroup(request: LeaveRequest): Promise<LeaveReply> {
    return this.#runtime.ask<LeaveReply>(
      request.groupId,
      (group, waiter, env) => leave(group, request, waiter, env),
      (error) => ({ error, members: [] }),
    );
  }

  /** Commits offsets. Resolves when they are durable. */
  commitOffsets(request: CommitRequest): Promise<OffsetsReply> {
    return this.#commit(request, undefined);
  }

  /** Keeps offsets back until the producer's transaction ends. Resolves when they are durable. */
  holdOffsets(request: CommitRequest, producer: ProducerIdentity): Promise<OffsetsReply> {
    return this.#commit(request, producer);
  }

  /** The transaction of a producer ended, and the rows of what it held with it: brings the offsets into memory, or drops them. */
  releaseOffsets(groupId: string, producerId: number, commit: boolean): void {
    this.#runtime.lanes.lane(groupId)?.release(groupId, producerId, commit);
  }

  /** The producers whose transactions hold offsets, by group. */
  *heldOffsets(): IterableIterator<ProducerIdentity & { readonly groupId: string }> {
    for (const { group, held } of this.#runtime.lanes.all())
      if (group !== undefined) for (const producer of held.producers()) yield { groupId: group.groupId, ...producer };
  }

  /** True while a transaction may still change what is committed for the partition. */
  isHeld(groupId: string, topic: string, partition: number): boolean {
    return this.#runtime.lanes.lane(groupId)?.held.has(topic, partition) ?? false;
  }

  #commit(request: CommitRequest, producer: ProducerIdentity | undefined): Promise<OffsetsReply> {
    const { groupId, memberId } = request;
    const began = this.#clock.monotonic();
    const done = (): void => {
      this.#metrics.commitSeconds.observe((this.#clock.monotonic() - began) / 1000);
      if (!this.#runtime.isClosed) this.#runtime.lanes.renewSession(groupId, memberId);
    };
    const work = ({ group }: { group: AnyGroup | undefined }): Outcome<OffsetsReply> => {
      const error = validateCommit(group, request);
      if (error !== 'NONE') return { records: [], reply: failedOffsets(error) };
      const { records, errors } = commitRecords(request, this.#clock.now(), this.#settings);
      const written = producer === undefined ? records : heldRecords(records, producer);
      return { records: written, reply: { error, errors }, done };
    };
    return this.#runtime.task<OffsetsReply>(groupId, 'commit', work, failedOffsets);
  }

  /** Deletes offsets that no subscription needs (KIP-496). */
  deleteOffsets(request: OffsetDeleteRequest): Promise<OffsetsReply> {
    const { groupId, topics } = request;
    if (groupId === '') return Promise.resolve(failedOffsets('INVALID_GROUP_ID'));
    return this.#runtime.task<OffsetsReply>(
      groupId,
      'step',
      ({ group, offsets }) => {
        const error = validateOffsetDelete(group);
        if (error !== 'NONE' || group === undefined) return { records: [], reply: failedOffsets(error) };
        const { records, errors } = deleteRecords(group, offsets, topics);
        return { records, reply: { error, errors } };
      },
      failedOffsets,
    );
  }

  /** Deletes an empty group with its offsets. */
  deleteGroup(groupId: string): Promise<GroupError> {
    const remove = (): Promise<GroupError> =>
      this.#runtime.task<GroupError>(
        groupId,
        'step',
        ({ group }) => {
          const reply = group === undefined ? 'GROUP_ID_NOT_FOUND' : machineOf(group).validateDelete(group);
          return { records: reply === 'NONE' ? [{ kind: 'group-removed', groupId }] : [], reply };
        },
        (error) => error,
      );
    return this.#runtime.lanes.group(groupId)?.kind === 'share' ? this.share.removing(groupId, remove) : remove();
  }

  /** NONE when the caller may fetch the offsets of the group. */
  checkFetch(groupId: string, caller: FetchCaller): GroupError {
    const group = this.#runtime.lanes.group(groupId);
    return group === undefined ? 'NONE' : machineOf(group).validateFetch(group, caller);
  }

  /** The committed offsets of a group, empty for an unknown one. A view, to be read at once. */
  offsets(groupId: string): Offsets {
    return this.#runtime.lanes.lane(groupId)?.offsets ?? NO_OFFSETS;
  }

  /** The same after every commit that was under way is durable (`require_stable`, KIP-447). */
  async stableOffsets(groupId: string): Promise<Offsets> {
    await this.#runtime.task<GroupError>(
      groupId,
      'barrier',
      () => ({ records: [], reply: 'NONE' }),
      (error) => error,
    );
    return this.offsets(groupId);
  }

  /** A classic group; undefined when there is none of that id. */
  describeGroup(groupId: string): DescribedGroup | undefined {
    const group = this.#runtime.lanes.group(groupId);
    return group?.kind === 'classic' ? describeGroup(group as Group) : undefined;
  }

  /** Groups in one of the states and of one of the kinds; all when these are empty. */
  listGroups(states: readonly string[], kinds: readonly string[] = []): ListedGroup[] {
    return listGroups(this.#groups(), states, kinds);
  }

  *#groups(): IterableIterator<AnyGroup> {
    for (const { group } of this.#runtime.lanes.all()) if (group !== undefined) yield group;
  }

  /** Drops the offsets of topics that are gone: after a topic was deleted, and at the start. */
  forgetTopics(isAlive: (topicId: string) => boolean): void {
    this.#runtime.lanes.forgetTopics(isAlive);
    this.share.forgetTopics(isAlive);
  }

  /** How far each group is behind. `endOffset` gives a partition's high watermark; partitions without one are left out. */
  *lag(endOffset: (topic: string, partition: number) => number | undefined): IterableIterator<PartitionLag> {
    for (const { group, offsets } of this.#runtime.lanes.all()) {
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
