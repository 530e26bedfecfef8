// DescribeQuorum v0-2 (KIP-595, KIP-853): a quorum of one voter, this broker, which leads it. It answers for the partition of the metadata
// log only, as in Apache Kafka. Deviation: metadata is in SQL and has no log, so offsets count the changes of features (the epoch that
// ApiVersions tells) and the directory id is that of no directory. Needs DESCRIBE on the cluster.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { describeQuorumApi } from '../../../protocol/messages/index.ts';
import type { RequestOf } from '../../../protocol/schema/index.ts';
import type { Clock } from '../../base/clock.ts';
import type { FeatureLevels } from '../features.ts';
import { type Handler, handler } from '../handler.ts';
import { mayDescribeCluster } from './cluster-rights.ts';
import { NO_TOPIC_ID } from './cluster-view.ts';

export interface DescribeQuorumDependencies {
  readonly nodeId: number;
  readonly features: Pick<FeatureLevels, 'epoch'>;
  readonly clock: Clock;
}

type Topics = RequestOf<typeof describeQuorumApi>['topics'];

const METADATA_TOPIC = '__cluster_metadata';
const LEADER_EPOCH = 1;

export function describeQuorumHandler({ nodeId, features, clock }: DescribeQuorumDependencies): Handler {
  return handler(describeQuorumApi, ({ topics }, context) => {
    if (!mayDescribeCluster(context)) {
      const code = errorCode.CLUSTER_AUTHORIZATION_FAILED;
      return { errorCode: code, errorMessage: errorMessage(code), topics: [] };
    }
    if (!asksForMetadata(topics)) return { errorCode: errorCode.NONE, topics: topics.map(unknown), nodes: [] };
    const now = clock.now();
    const logEndOffset = features.epoch + 1;
    const leader = {
      partitionIndex: 0,
      errorCode: errorCode.NONE,
      leaderId: nodeId,
      leaderEpoch: LEADER_EPOCH,
      highWatermark: logEndOffset,
      currentVoters: [
        {
          replicaId: nodeId,
          replicaDirectoryId: NO_TOPIC_ID,
          logEndOffset,
          lastFetchTimestamp: now,
          lastCaughtUpTimestamp: now,
        },
      ],
      observers: [],
    };
    const { name, host, port } = context.listener;
    return {
      errorCode: errorCode.NONE,
      topics: [{ topicName: METADATA_TOPIC, partitions: [leader] }],
      nodes: context.apiVersion >= 2 ? [{ nodeId, listeners: [{ name, host, port }] }] : [],
    };
  });
}

function asksForMetadata(topics: Topics): boolean {
  const [topic] = topics;
  if (topics.length !== 1 || topic?.topicName !== METADATA_TOPIC) return false;
  return topic.partitions.length === 1 && topic.partitions[0]?.partitionIndex === 0;
}

function unknown({ topicName, partitions }: Topics[number]) {
  const code = errorCode.UNKNOWN_TOPIC_OR_PARTITION;
  return {
    topicName,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: code,
      errorMessage: errorMessage(code),
      leaderId: 0,
      leaderEpoch: 0,
      highWatermark: 0,
      currentVoters: [],
      observers: [],
    })),
  };
}
