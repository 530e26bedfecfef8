// AlterReplicaLogDirs v1-2 (KIP-113): there is one log directory, so replicas that shall go there are there already, and no other directory
// can be reached (LOG_DIR_NOT_FOUND). Needs ALTER on the cluster.
import { errorCode } from '../../../protocol/errors.ts';
import { alterReplicaLogDirsApi } from '../../../protocol/messages/index.ts';
import type { Log } from '../../log/types.ts';
import { type Handler, handler } from '../handler.ts';
import { mayAlterCluster } from './cluster-rights.ts';

/** Longest topic name for which Apache Kafka can name the directory of a future replica. */
const MAX_DIRECTORY_NAME = 255;
const FUTURE_SUFFIX_LENGTH = `.${'0'.repeat(32)}-future`.length;

export function alterReplicaLogDirsHandler(log: Pick<Log, 'partition'>, path: string): Handler {
  return handler(alterReplicaLogDirsApi, ({ dirs }, context) => {
    const allowed = mayAlterCluster(context);
    const outcome = (dir: string, topic: string, partition: number): number => {
      if (!allowed) return errorCode.CLUSTER_AUTHORIZATION_FAILED;
      if (`${topic}-${partition}`.length + FUTURE_SUFFIX_LENGTH > MAX_DIRECTORY_NAME)
        return errorCode.INVALID_TOPIC_EXCEPTION;
      if (dir !== path) return errorCode.LOG_DIR_NOT_FOUND;
      return log.partition(topic, partition) === undefined ? errorCode.REPLICA_NOT_AVAILABLE : errorCode.NONE;
    };
    const results = dirs.flatMap((dir) =>
      dir.topics.map(({ name, partitions }) => ({
        topicName: name,
        partitions: partitions.map((partitionIndex) => ({
          partitionIndex,
          errorCode: outcome(dir.path, name, partitionIndex),
        })),
      })),
    );
    return { results };
  });
}
