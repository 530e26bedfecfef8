import { isSubscribedTo, usesConsumerProtocol, validateMember } from './group.ts';
import type { CommittedOffset, Group, GroupError, GroupRecord, GroupSettings } from './types.ts';

/** Committed offsets of a group: by topic, then by partition. */
export type Offsets = ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>>;

export interface CommitRequest {
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId: string | null;
  /** -1 from clients that do not use group membership. */
  readonly generation: number;
  /** OffsetCommit v9+ answers GROUP_ID_NOT_FOUND where older ones answer ILLEGAL_GENERATION. */
  readonly knowsGroupIdNotFound: boolean;
  /** ms; -1 for the broker's retention. */
  readonly retentionTimeMs: number;
  readonly topics: readonly CommitTopic[];
}

export interface CommitTopic {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly offset: number;
    readonly leaderEpoch: number;
    readonly metadata: string | null;
  }[];
}

/** NONE when the request may commit in the group (undefined: there is none of that id). */
export function validateCommit(group: Group | undefined, request: CommitRequest): GroupError {
  const { generation, memberId, instanceId } = request;
  if (group === undefined) {
    if (generation < 0) return 'NONE';
    return request.knowsGroupIdNotFound ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION';
  }
  if (generation < 0 && group.state === 'Empty') return 'NONE';
  if (generation < 0 && memberId === '' && instanceId === null) return 'UNKNOWN_MEMBER_ID';
  const error = validateMember(group, memberId, instanceId);
  if (error !== 'NONE') return error;
  if (generation !== group.generation) return 'ILLEGAL_GENERATION';
  return group.state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
}

/** The records of a valid commit, and the error of each partition in the order of the request. */
export function commitRecords(
  request: CommitRequest,
  now: number,
  settings: GroupSettings,
): { readonly records: GroupRecord[]; readonly errors: GroupError[][] } {
  const { groupId, retentionTimeMs } = request;
  const records: GroupRecord[] = [];
  const expireTimestamp = retentionTimeMs < 0 ? undefined : Math.min(now + retentionTimeMs, Number.MAX_SAFE_INTEGER);
  const errors = request.topics.map(({ topic, topicId, partitions }) =>
    partitions.map(({ partition, offset, leaderEpoch, metadata }): GroupError => {
      // Kafka compares characters, not bytes, whatever the name of the setting says.
      if (metadata !== null && metadata.length > settings.offsetMetadataMaxBytes) return 'OFFSET_METADATA_TOO_LARGE';
      const value = { topicId, offset, leaderEpoch, metadata: metadata ?? '', commitTimestamp: now, expireTimestamp };
      records.push({ kind: 'offset', groupId, topic, partition, value });
      return 'NONE';
    }),
  );
  return { records, errors };
}

/** NONE when offsets of the group may be deleted at all. */
export function validateOffsetDelete(group: Group | undefined): GroupError {
  if (group === undefined) return 'GROUP_ID_NOT_FOUND';
  return group.state === 'Empty' || usesConsumerProtocol(group) ? 'NONE' : 'NON_EMPTY_GROUP';
}

/** Records that delete the given partitions' offsets; partitions of subscribed topics are refused. */
export function deleteRecords(
  group: Group,
  offsets: Offsets,
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): { readonly records: GroupRecord[]; readonly errors: GroupError[][] } {
  const records: GroupRecord[] = [];
  const errors = topics.map(({ topic, partitions }) => {
    if (isSubscribedTo(group, topic)) return partitions.map((): GroupError => 'GROUP_SUBSCRIBED_TO_TOPIC');
    for (const partition of partitions) {
      if (offsets.get(topic)?.has(partition) === true)
        records.push({ kind: 'offset-removed', groupId: group.groupId, topic, partition });
    }
    return partitions.map((): GroupError => 'NONE');
  });
  return { records, errors };
}

/** Since when an offset counts as unused (KIP-211), or undefined when it must not expire now. */
function unusedSince(group: Group, offset: CommittedOffset): number | undefined {
  if (group.protocolType === null) return offset.commitTimestamp;
  if (group.state === 'Empty') return group.stateTimestamp;
  if (group.state === 'Stable' && usesConsumerProtocol(group) && group.subscribedTopics !== null)
    return offset.commitTimestamp;
  return undefined;
}

/**
 * Kafka's rules of expiry (KIP-211): all offsets of a group empty for the retention time, those of topics that a stable consumer
 * group no longer subscribes, those of simple consumers by their age. An empty group without offsets goes, too.
 */
export function expiryRecords(group: Group, offsets: Offsets, now: number, retentionMs: number): GroupRecord[] {
  const { groupId } = group;
  const records: GroupRecord[] = [];
  let left = 0;
  for (const [topic, partitions] of offsets) {
    const subscribed = isSubscribedTo(group, topic);
    for (const [partition, offset] of partitions) {
      const since = unusedSince(group, offset);
      const expired =
        since !== undefined &&
        (offset.expireTimestamp === undefined ? now - since >= retentionMs : now >= offset.expireTimestamp);
      if (expired && !subscribed) records.push({ kind: 'offset-removed', groupId, topic, partition });
      else left++;
    }
  }
  if (left === 0 && group.state === 'Empty' && group.pendingJoin.size === 0)
    return [{ kind: 'group-removed', groupId }];
  return records;
}
