import type { HeldOffsets } from './held-offsets.ts';
import type { CommitCaller, CommitCheck } from './machine.ts';
import { machineOf } from './machines.ts';
import type { AnyGroup, CommittedOffset, GroupError, GroupRecord, GroupSettings } from './types.ts';

/** Committed offsets of a group: by topic, then by partition. */
export type Offsets = ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>>;

export interface CommitRequest extends CommitCaller {
  readonly groupId: string;
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

/** NONE when the request may commit in the group (undefined: there is none of that id); one partition that it may not refuses all. */
export function validateCommit(group: AnyGroup | undefined, request: CommitRequest): GroupError {
  if (group !== undefined) {
    const check = machineOf(group).validateCommit(group, request);
    return typeof check === 'string' ? check : firstError(check, request);
  }
  if (request.generation < 0) return 'NONE';
  return request.knowsGroupIdNotFound ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION';
}

function firstError(check: Exclude<CommitCheck, GroupError>, { topics }: CommitRequest): GroupError {
  for (const topic of topics) {
    for (const { partition } of topic.partitions) {
      const error = check(topic, partition);
      if (error !== 'NONE') return error;
    }
  }
  return 'NONE';
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

/** The records of a valid commit that has to wait for the end of the producer's transaction. */
export function heldRecords(
  records: readonly GroupRecord[],
  producer: { readonly producerId: number; readonly producerEpoch: number },
): GroupRecord[] {
  const { producerId, producerEpoch } = producer;
  return records.flatMap((record): GroupRecord[] =>
    record.kind === 'offset' ? [{ ...record, kind: 'held-offset', producerId, producerEpoch }] : [],
  );
}

/** NONE when offsets of the group may be deleted at all. */
export function validateOffsetDelete(group: AnyGroup | undefined): GroupError {
  return group === undefined ? 'GROUP_ID_NOT_FOUND' : machineOf(group).validateOffsetDelete(group);
}

/** Records that delete the given partitions' offsets; partitions of subscribed topics are refused. */
export function deleteRecords(
  group: AnyGroup,
  offsets: Offsets,
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): { readonly records: GroupRecord[]; readonly errors: GroupError[][] } {
  const records: GroupRecord[] = [];
  const errors = topics.map(({ topic, partitions }) => {
    if (machineOf(group).isSubscribed(group, topic))
      return partitions.map((): GroupError => 'GROUP_SUBSCRIBED_TO_TOPIC');
    for (const partition of partitions) {
      if (offsets.get(topic)?.has(partition) === true)
        records.push({ kind: 'offset-removed', groupId: group.groupId, topic, partition });
    }
    return partitions.map((): GroupError => 'NONE');
  });
  return { records, errors };
}

/**
 * Kafka's rules of expiry (KIP-211): all offsets of a group empty for the retention time, those of topics that a stable consumer
 * group no longer subscribes, those of simple consumers by their age. An empty group without offsets goes, too. What a transaction is about to change
 * stays.
 */
export function expiryRecords(
  group: AnyGroup,
  { offsets, held }: { readonly offsets: Offsets; readonly held: Pick<HeldOffsets, 'has' | 'isEmpty'> },
  now: number,
  retentionMs: number,
): GroupRecord[] {
  const { groupId } = group;
  const machine = machineOf(group);
  const records: GroupRecord[] = [];
  let left = 0;
  for (const [topic, partitions] of offsets) {
    const subscribed = machine.isSubscribed(group, topic);
    for (const [partition, offset] of partitions) {
      const since = machine.unusedSince(group, offset);
      const expired =
        since !== undefined &&
        (offset.expireTimestamp === undefined ? now - since >= retentionMs : now >= offset.expireTimestamp);
      if (expired && !subscribed && !held.has(topic, partition))
        records.push({ kind: 'offset-removed', groupId, topic, partition });
      else left++;
    }
  }
  if (left === 0 && held.isEmpty && machine.isDisposable(group)) return [{ kind: 'group-removed', groupId }];
  return records;
}
