import type { Log } from '../../log/types.ts';
import { removeShareTopic, saveSharePartition } from '../../metadata/share.ts';
import type { SqlEngine } from '../../metadata/types.ts';
import type { GroupRuntime } from '../runtime.ts';
import type { AnyGroup, GroupError, GroupTopic } from '../types.ts';
import { type ShareGroup, stateOf } from './group.ts';
import { groupRecord } from './group-record.ts';
import { alterTopics, forgetTopics } from './group-topics.ts';
import { failedHeartbeat, shareHeartbeat, type ShareHeartbeatReply, type ShareHeartbeatRequest } from './heartbeat.ts';
import type { SharePartitions } from './partitions.ts';
import { finishedInFlight, newSharePartition } from './progress.ts';
import { encodeSharePartition } from './stored.ts';

export interface ShareGroupsOptions {
  readonly runtime: GroupRuntime;
  readonly partitions: SharePartitions;
  readonly sql: SqlEngine;
  readonly log: Pick<Log, 'partitionById'>;
  /** Wall clock, ms. */
  readonly now: () => number;
}

/** Where a group is in a partition; -1 where it has given nothing back yet. */
export interface ShareOffset {
  readonly startOffset: number;
  /** Records that are not done with (KIP-1226). */
  readonly lag: number;
}

/** New start offsets of one topic. */
export interface AlteredTopic {
  readonly topic: GroupTopic;
  readonly partitions: readonly { readonly partition: number; readonly startOffset: number }[];
}

const UNKNOWN: ShareOffset = { startOffset: -1, lag: -1 };

const share = (group: AnyGroup | undefined): ShareGroup | undefined =>
  group?.kind === 'share' ? (group as ShareGroup) : undefined;

/** Members of share groups, and what an administrator may ask of them. No method rejects because of bad input or a failed write of a group. */
export class ShareGroups {
  readonly #options: ShareGroupsOptions;

  constructor(options: ShareGroupsOptions) {
    this.#options = options;
  }

  heartbeat(request: ShareHeartbeatRequest): Promise<ShareHeartbeatReply> {
    return this.#options.runtime.ask<ShareHeartbeatReply>(
      request.groupId,
      (group, waiter, env) => shareHeartbeat(group, request, waiter, env),
      failedHeartbeat,
    );
  }

  /** A share group; undefined when there is none of that id. */
  group(groupId: string): ShareGroup | undefined {
    return share(this.#options.runtime.lanes.group(groupId));
  }

  /** Whether the group has share partitions of the topic: Kafka prepares them when a member subscribes it. */
  shares(groupId: string, topicId: string): boolean {
    return this.group(groupId)?.topics.has(topicId) === true;
  }

  /** Where the group is in a partition that exists. */
  async offset(groupId: string, topicId: string, partition: number): Promise<ShareOffset> {
    const { partitions, log } = this.#options;
    const progress = await partitions.progress(groupId, topicId, partition);
    if (progress === undefined || progress.fresh) return UNKNOWN;
    const { start } = progress.partition;
    const end = log.partitionById(topicId, partition)?.highWatermark ?? start;
    return { startOffset: start, lag: end - start - finishedInFlight(progress.partition) };
  }

  /** Sets start offsets of an empty group, which is made if there is none. Whatever was in flight is forgotten. */
  alterOffsets(groupId: string, altered: readonly AlteredTopic[]): Promise<GroupError> {
    const rows = altered.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, startOffset }) => {
        const state = encodeSharePartition(newSharePartition(startOffset), false);
        return saveSharePartition({ groupId, topicId: topic.topicId, partition, startOffset, state });
      }),
    );
    const topics = new Map(
      altered.map(({ topic: { topicId, name }, partitions }) => {
        return [topicId, { name, partitions: 1 + Math.max(...partitions.map(({ partition }) => partition)) }] as const;
      }),
    );
    return this.#change(groupId, (group) => alterTopics(group, groupId, topics), rows);
  }

  /** Forgets everything that an empty group knows of topics. */
  deleteOffsets(groupId: string, topicIds: readonly string[]): Promise<GroupError> {
    const rows = topicIds.map((topicId) => removeShareTopic(groupId, topicId));
    if (this.group(groupId) === undefined) return Promise.resolve('GROUP_ID_NOT_FOUND');
    return this.#change(groupId, (group) => forgetTopics(group, topicIds), rows);
  }

  /** Changes an empty group and rows of its share partitions, of which none is in memory meanwhile. */
  #change(
    groupId: string,
    change: (group: ShareGroup | undefined) => ShareGroup | undefined,
    rows: Parameters<SqlEngine['transaction']>[0],
  ): Promise<GroupError> {
    const { runtime, partitions, sql, now } = this.#options;
    return partitions.changeRows(groupId, async () => {
      const error = await runtime.task<GroupError>(
        groupId,
        'step',
        ({ group }) => {
          const before = share(group);
          if (group !== undefined && before === undefined) return { records: [], reply: 'GROUP_ID_NOT_FOUND' };
          if (before !== undefined && stateOf(before) !== 'Empty') return { records: [], reply: 'NON_EMPTY_GROUP' };
          const after = change(before);
          const isNew = after !== undefined && after !== before;
          return { records: isNew ? [groupRecord(after, now())] : [], reply: 'NONE' };
        },
        (failed) => failed,
      );
      if (error === 'NONE' && rows.length > 0) await sql.transaction(rows);
      return error;
    });
  }
}
