/** OffsetForLeaderEpoch v2–4 (KIP-320): consumers ask it to find out whether the log was truncated under them. Needs DESCRIBE on each topic. */
import { errorCode } from '../../../protocol/errors.ts';
import { offsetForLeaderEpochApi } from '../../../protocol/messages/index.ts';
import type { Log } from '../../log/types.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import { type Handler, handler } from '../handler.ts';
import { checkLeaderEpoch, endOfEpoch, locateByName } from '../partitions.ts';

const UNKNOWN = { leaderEpoch: -1, endOffset: -1 };

export function offsetForLeaderEpochHandler(log: Log): Handler {
  return handler(offsetForLeaderEpochApi, (request, { may }) => ({
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
        if (!may('describe', 'topic', topic) && !may('cluster-action', 'cluster', CLUSTER_NAME))
          return { ...UNKNOWN, partition, errorCode: errorCode.TOPIC_AUTHORIZATION_FAILED };
        const found = locateByName(log, topic, partition);
        if (found.error !== undefined) return { ...UNKNOWN, partition, errorCode: found.error };
        const error = checkLeaderEpoch(found.log, currentLeaderEpoch);
        if (error !== errorCode.NONE) return { ...UNKNOWN, partition, errorCode: error };
        return { ...endOfEpoch(found.log, leaderEpoch), partition, errorCode: errorCode.NONE };
      }),
    })),
  }));
}
