import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { CounterHandle, Metrics } from '../../base/metrics.ts';
import { type Log, type PartitionLog } from '../../log/types.ts';
import type { SqlEngine } from '../../metadata/types.ts';
import type { GroupRuntime } from '../runtime.ts';
import type { GroupError } from '../types.ts';
import { ShareGroups } from './groups.ts';
import type { AcknowledgeReply, PartitionLane } from './partition-lane.ts';
import { SharePartitions } from './partitions.ts';
import { ShareSessions, type ShareSession } from './sessions.ts';
import { isolationOf, limitsOf, type Overrides, type ShareSettings } from './settings.ts';
import { ACKNOWLEDGE, type AcknowledgeBatch } from './types.ts';

export interface ShareCoordinatorOptions {
  readonly sql: SqlEngine;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly settings: ShareSettings;
  readonly log: Pick<Log, 'partitionById'>;
  readonly runtime: GroupRuntime;
  /** Configs that were set for a group (resource GROUP). */
  readonly overrides: (groupId: string) => Overrides;
}

/** What a group's members have to know of its configs. */
export interface ShareGroupConfig {
  readonly isolation: 'read_uncommitted' | 'read_committed';
  readonly lockMs: number;
}

/** Share groups, share sessions and share partitions of this broker. */
export class ShareCoordinator {
  readonly groups: ShareGroups;
  readonly sessions: ShareSessions;
  readonly partitions: SharePartitions;
  readonly #settings: ShareSettings;
  readonly #overrides: (groupId: string) => Overrides;
  readonly #acknowledged: ReadonlyMap<number, CounterHandle>;
  /** Connections over which a session came. */
  readonly #connections = new Set<number>();
  #closed = false;

  constructor(options: ShareCoordinatorOptions) {
    const { metrics, settings, overrides, runtime, log, sql, clock } = options;
    const logger = options.logger.child('share');
    this.#settings = settings;
    this.#overrides = overrides;
    this.sessions = new ShareSessions(settings.maxShareSessions);
    this.partitions = new SharePartitions({ sql, clock, settings, overrides, logger });
    const now = (): number => clock.now();
    this.groups = new ShareGroups({ runtime, partitions: this.partitions, sql, log, now });
    metrics.gaugeFrom('quarry_share_sessions', 'Share sessions.', () => this.sessions.size);
    metrics.gaugeFrom('quarry_share_partitions', 'Share partitions in memory.', () => this.partitions.size);
    const help = 'Acknowledgements of share groups by type, in records.';
    this.#acknowledged = new Map(
      Object.entries(ACKNOWLEDGE).map(([type, code]) => {
        return [code, metrics.counter('quarry_share_acknowledged_records_total', help, { type })];
      }),
    );
  }

  config(groupId: string): ShareGroupConfig {
    const overrides = this.#overrides(groupId);
    const { lockMs } = limitsOf(this.#settings, overrides);
    return { isolation: isolationOf(overrides), lockMs };
  }

  /**
   * The share partition of a group; undefined when the group has none of the topic, because no member ever subscribed it.
   * Rejects when the store fails.
   */
  open(groupId: string, log: PartitionLog): PartitionLane | Promise<PartitionLane | undefined> | undefined {
    if (!this.groups.shares(groupId, log.topicId)) return undefined;
    // Afterwards the group may have none of the topic any more, or be gone: a row that is begun then would stay.
    const changing = this.partitions.changing(groupId);
    return changing === undefined ? this.partitions.open(groupId, log) : changing.then(() => this.open(groupId, log));
  }

  /**
   * Acknowledges records of a member; resolves when that is durable. A partition that is not in memory has handed out nothing.
   * Rejects when it cannot be written.
   */
  async acknowledge(
    { groupId, memberId }: ShareSession,
    { topicId, partition }: { readonly topicId: string; readonly partition: number },
    batches: readonly AcknowledgeBatch[],
  ): Promise<AcknowledgeReply | undefined> {
    const reply = await this.partitions.peek(groupId, topicId, partition)?.acknowledge(memberId, batches);
    if (reply?.error === 'NONE') for (const batch of batches) this.#count(batch);
    return reply;
  }

  #count({ first, last, types }: AcknowledgeBatch): void {
    if (types.length === 1) this.#acknowledged.get(types[0]!)?.inc(last - first + 1);
    else for (const type of types) this.#acknowledged.get(type)?.inc();
  }

  /** Ends a session: what its member holds goes back. Resolves when that is durable or failed; nobody has to wait for it. */
  async endSession(session: ShareSession): Promise<void> {
    if (this.#closed || !this.sessions.end(session)) return;
    const { groupId, memberId } = session;
    // What could not be written ends with its lock.
    await Promise.allSettled(
      Array.from(session.partitions.values(), ({ topicId, partition }) =>
        Promise.resolve(this.partitions.peek(groupId, topicId, partition)?.release(memberId)),
      ),
    );
    if (!this.sessions.serves(groupId)) await this.partitions.unloadIdle(groupId);
  }

  /** A connection has sessions; false when that is known already. */
  beginConnection(connectionId: number): boolean {
    if (this.#connections.has(connectionId)) return false;
    this.#connections.add(connectionId);
    return true;
  }

  /** A connection ended, and with it the sessions of its client. */
  async endConnection(connectionId: number): Promise<void> {
    this.#connections.delete(connectionId);
    await Promise.all(this.sessions.ofConnection(connectionId).map((session) => this.endSession(session)));
  }

  /** Runs `remove`, which removes the group with its rows, while none of its share partitions is in memory. */
  removing(groupId: string, remove: () => Promise<GroupError>): Promise<GroupError> {
    return this.partitions.changeRows(groupId, remove);
  }

  /** Forgets the share partitions of topics that are gone. */
  forgetTopics(isAlive: (topicId: string) => boolean): void {
    void this.partitions.forgetTopics(isAlive);
  }

  /** Stops. What is held goes back by the restart. */
  close(): Promise<void> {
    this.#closed = true;
    return this.partitions.unload(() => true);
  }
}
