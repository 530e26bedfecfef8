// DescribeLogDirs v1-5: one log directory, the data folder, with the bytes that WAL and packs hold for each partition (kafka-ui asks for
// it before it shows a broker). Null asks for all topics; unknown topics and partitions are left out, as in Apache Kafka.
// Who may not DESCRIBE the cluster sees no directory.
import { errorCode } from '../../../protocol/errors.ts';
import { describeLogDirsApi } from '../../../protocol/messages/index.ts';
import type { RequestOf } from '../../../protocol/schema/index.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import type { Log } from '../../log/types.ts';
import { type Handler, handler } from '../handler.ts';
import { mayDescribeCluster } from './cluster-rights.ts';

/** The data folder. */
export interface LogDirectory {
  readonly path: string;
  /** Bytes of its volume, all and free; -1 where they are not known. */
  space(): Promise<{ readonly totalBytes: number; readonly usableBytes: number }>;
}

export interface DescribeLogDirsDependencies {
  readonly catalog: TopicCatalog;
  readonly log: Pick<Log, 'partition'>;
  readonly directory: LogDirectory;
}

type WantedTopics = RequestOf<typeof describeLogDirsApi>['topics'];

export function describeLogDirsHandler({ catalog, log, directory }: DescribeLogDirsDependencies): Handler {
  return handler(describeLogDirsApi, async ({ topics }, context) => {
    if (!mayDescribeCluster(context)) return { errorCode: errorCode.CLUSTER_AUTHORIZATION_FAILED, results: [] };
    const shown = wantedPartitions(topics, catalog).map(({ topic, partitions }) => ({
      name: topic,
      partitions: partitions.flatMap((partitionIndex) => {
        const partition = log.partition(topic, partitionIndex);
        if (partition === undefined) return [];
        return [{ partitionIndex, partitionSize: partition.sizeBytes, offsetLag: 0, isFutureKey: false }];
      }),
    }));
    return {
      results: [
        {
          errorCode: errorCode.NONE,
          logDir: directory.path,
          topics: shown.filter(({ partitions }) => partitions.length > 0),
          ...(await directory.space()),
        },
      ],
    };
  });
}

function wantedPartitions(
  topics: WantedTopics,
  catalog: TopicCatalog,
): readonly { readonly topic: string; readonly partitions: readonly number[] }[] {
  if (topics !== null) return topics.map(({ topic, partitions }) => ({ topic, partitions: [...new Set(partitions)] }));
  return catalog.all().map(({ name, partitions }) => ({
    topic: name,
    partitions: Array.from({ length: partitions }, (_, index) => index),
  }));
}
