import { errorCode } from '../../protocol/errors.ts';
import type { Log, PartitionLog } from '../log/types.ts';

/** The form of "no id" in messages of versions that carry names. */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** A partition, or the code why there is none. */
export type Located = { readonly log: PartitionLog; readonly error?: never } | { readonly error: number };

/** Finds a partition by its topic's name. */
export function locateByName(log: Log, topic: string, partition: number): Located {
  const found = log.partition(topic, partition);
  return found === undefined ? { error: errorCode.UNKNOWN_TOPIC_OR_PARTITION } : { log: found };
}

/** Whether the principal may do what it asks for to a topic, by the topic's name. */
export type TopicRight = (topic: string) => boolean;

/** A partition as requests name it: by the topic's name, or from the versions of KIP-516 on by its id. */
export interface PartitionName {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
}

/** Finds a partition that the principal may have. What it may not have by name is not even looked up; ids are no secret. */
export function locate(log: Log, wanted: PartitionName, usesTopicIds: boolean, may: TopicRight): Located {
  const { topic, topicId, partition } = wanted;
  if (!usesTopicIds) {
    return may(topic) ? locateByName(log, topic, partition) : { error: errorCode.TOPIC_AUTHORIZATION_FAILED };
  }
  const found = log.partitionById(topicId, partition);
  const known = found ?? log.partitionById(topicId, 0);
  if (known === undefined) return { error: errorCode.UNKNOWN_TOPIC_ID };
  if (!may(known.topic)) return { error: errorCode.TOPIC_AUTHORIZATION_FAILED };
  return found === undefined ? { error: errorCode.UNKNOWN_TOPIC_OR_PARTITION } : { log: found };
}

/** Compares the leader epoch that a client knows (-1 for none) with ours (KIP-320); 0 when it may go on. */
export function checkLeaderEpoch(log: PartitionLog, currentLeaderEpoch: number): number {
  if (currentLeaderEpoch < 0 || currentLeaderEpoch === log.leaderEpoch) return errorCode.NONE;
  return currentLeaderEpoch < log.leaderEpoch ? errorCode.FENCED_LEADER_EPOCH : errorCode.UNKNOWN_LEADER_EPOCH;
}

/** Epoch -1 and offset -1: not known. */
export interface EpochEnd {
  readonly leaderEpoch: number;
  readonly endOffset: number;
}

/**
 * Where `leaderEpoch` ended. One broker has led with one epoch all along: that epoch lasts up to the log end, an earlier one
 * ended where the log starts, a later one is unknown.
 */
export function endOfEpoch(log: PartitionLog, leaderEpoch: number): EpochEnd {
  if (leaderEpoch === -1 || leaderEpoch > log.leaderEpoch) return { leaderEpoch: -1, endOffset: -1 };
  return { leaderEpoch, endOffset: leaderEpoch === log.leaderEpoch ? log.logEndOffset : log.logStartOffset };
}
