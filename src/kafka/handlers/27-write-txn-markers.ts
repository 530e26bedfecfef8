/**
 * WriteTxnMarkers v1–2: appends transaction markers to partitions. In Kafka brokers send it to each other; here the coordinator writes into the log itself, and the API is there for
 * administrators: `abortTransaction` of the Java client and `kafka-transactions.sh abort` are made of it. Needs ALTER or CLUSTER_ACTION on the cluster.
 * A marker of a transaction of version 2 has to bring a higher epoch (KIP-1228). Answered when durable.
 */
import { errorCode } from '../../../protocol/errors.ts';
import { writeTxnMarkersApi } from '../../../protocol/messages/index.ts';
import type { RequestOf } from '../../../protocol/schema/index.ts';
import type { Logger } from '../../base/logger.ts';
import type { Log } from '../../log/types.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import { responseErrorOf } from '../errors.ts';
import { type Handler, handler } from '../handler.ts';
import { locateByName } from '../partitions.ts';

type Marker = RequestOf<typeof writeTxnMarkersApi>['markers'][number];

const RAISES_EPOCH_SINCE = 2;

export function writeTxnMarkersHandler(log: Log, logger: Logger): Handler {
  const append = async (marker: Marker, topic: string, partition: number): Promise<number> => {
    const located = locateByName(log, topic, partition);
    if (located.error !== undefined) return located.error;
    const { producerId, producerEpoch, transactionResult: commit, coordinatorEpoch, transactionVersion } = marker;
    // So does Kafka, which cannot build such a marker.
    if (producerEpoch < 0) return errorCode.UNKNOWN_SERVER_ERROR;
    const raisesEpoch = transactionVersion >= RAISES_EPOCH_SINCE;
    try {
      await located.log.endTransaction({ producerId, producerEpoch, commit, coordinatorEpoch, raisesEpoch })?.durable;
      return errorCode.NONE;
    } catch (error) {
      return responseErrorOf(error, located.log, logger).code;
    }
  };
  const topicOf = async (marker: Marker, { name, partitionIndexes }: Marker['topics'][number], mayWrite: boolean) => ({
    name,
    partitions: await Promise.all(
      partitionIndexes.map(async (partitionIndex) => ({
        partitionIndex,
        errorCode: mayWrite ? await append(marker, name, partitionIndex) : errorCode.CLUSTER_AUTHORIZATION_FAILED,
      })),
    ),
  });
  return handler(writeTxnMarkersApi, async ({ markers }, { may }) => {
    const mayWrite = may('alter', 'cluster', CLUSTER_NAME) || may('cluster-action', 'cluster', CLUSTER_NAME);
    const written = markers.map(async (marker) => ({
      producerId: marker.producerId,
      topics: await Promise.all(marker.topics.map((topic) => topicOf(marker, topic, mayWrite))),
    }));
    return { markers: await Promise.all(written) };
  });
}
