import { int, str } from './rows.ts';
import type { SqlRow, SqlValue } from './types.ts';

/** What a group commits for a partition: at once, or when a transaction does. */
export interface CommittedOffset {
  readonly groupId: string;
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly commitTimestamp: number;
}

/** The columns of a committed offset, in the order of `offsetParams`. */
export const OFFSET_COLUMNS =
  'group_id, topic, topic_id, partition, committed_offset, leader_epoch, metadata, commit_timestamp';

/** The columns that a later commit of the same group and partition replaces. */
export const OFFSET_REPLACED = `topic_id = excluded.topic_id, committed_offset = excluded.committed_offset,
            leader_epoch = excluded.leader_epoch, metadata = excluded.metadata, commit_timestamp = excluded.commit_timestamp`;

export function offsetOf(row: SqlRow): CommittedOffset {
  return {
    groupId: str(row, 'group_id'),
    topic: str(row, 'topic'),
    topicId: str(row, 'topic_id'),
    partition: int(row, 'partition'),
    offset: int(row, 'committed_offset'),
    leaderEpoch: int(row, 'leader_epoch'),
    metadata: str(row, 'metadata'),
    commitTimestamp: int(row, 'commit_timestamp'),
  };
}

export function offsetParams(row: CommittedOffset): SqlValue[] {
  const { groupId, topic, topicId, partition, offset, leaderEpoch, metadata, commitTimestamp } = row;
  return [groupId, topic, topicId, partition, offset, leaderEpoch, metadata, commitTimestamp];
}
