import type { Log } from '../../log/types.ts';
import type { Topic } from '../../log/catalog-topics.ts';

/** A partition as Metadata and DescribeTopicPartitions show it. */
export interface ShownPartition {
  readonly errorCode: number;
  readonly partitionIndex: number;
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly replicaNodes: readonly number[];
  readonly isrNodes: readonly number[];
  readonly offlineReplicas: readonly number[];
}

const NONE: readonly number[] = [];

/** Partitions `from` to `to` (exclusive) of a topic, led by this broker. */
export function showPartitions(
  topic: Topic,
  log: Pick<Log, 'partition'>,
  nodeId: number,
  from = 0,
  to = topic.partitions,
): ShownPartition[] {
  const replicas = [nodeId];
  return Array.from({ length: to - from }, (_, index) => ({
    errorCode: 0,
    partitionIndex: from + index,
    leaderId: nodeId,
    leaderEpoch: log.partition(topic.name, from + index)?.leaderEpoch ?? 0,
    replicaNodes: replicas,
    isrNodes: replicas,
    offlineReplicas: NONE,
  }));
}
