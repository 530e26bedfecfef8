import { silentLogger } from '../../../../src/base/logger.ts';
import { type TopicHandlerDependencies, topicHandlers } from '../../../../src/kafka/handlers/topics.ts';
import type { Log, PartitionLog } from '../../../../src/log/types.ts';
import { type CatalogWorld, NODE_ID, openWorld } from '../../log/catalog-world.ts';
import { quotasOf } from '../quotas/quota-world.ts';
import { type Call, callerOf } from '../call.ts';

export interface TopicWorld extends CatalogWorld {
  readonly call: Call;
}

const PARTITION_BYTES = 123;
const LEADER_EPOCH = 4;

/** A log that has the partitions which the catalog told it of. */
export function logOf({ log }: CatalogWorld): Pick<Log, 'partition'> {
  const shown = { sizeBytes: PARTITION_BYTES, leaderEpoch: LEADER_EPOCH } as unknown as PartitionLog;
  return {
    partition: (name, partition) => {
      const topic = [...log.topics.values()].find((candidate) => candidate.name === name);
      return topic !== undefined && partition < topic.partitions ? shown : undefined;
    },
  };
}

/** The handlers of topics over a catalog in memory. */
export async function openTopicWorld(changes: Partial<TopicHandlerDependencies> = {}): Promise<TopicWorld> {
  const world = await openWorld();
  const handlers = topicHandlers({
    catalog: world.catalog,
    log: logOf(world),
    cluster: { clusterId: 'test-cluster', nodeId: NODE_ID, rack: 'r1' },
    directory: { path: '/data', space: () => Promise.resolve({ totalBytes: 1000, usableBytes: 400 }) },
    levels: silentLogger.levels,
    quotas: quotasOf(),
    autoCreate: true,
    deleteEnabled: true,
    defaultPartitions: 2,
    ...changes,
  });
  return { ...world, call: callerOf(handlers) };
}
