import type { Clock } from '../../base/clock.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import type { Log } from '../../log/types.ts';
import type { FeatureLevels } from '../features.ts';
import type { Handler } from '../handler.ts';
import { alterReplicaLogDirsHandler } from './34-alter-replica-log-dirs.ts';
import { electLeadersHandler } from './43-elect-leaders.ts';
import { alterPartitionReassignmentsHandler } from './45-alter-partition-reassignments.ts';
import { listPartitionReassignmentsHandler } from './46-list-partition-reassignments.ts';
import { describeQuorumHandler } from './55-describe-quorum.ts';
import { updateFeaturesHandler } from './57-update-features.ts';

export interface ClusterHandlerDependencies {
  readonly catalog: TopicCatalog;
  readonly log: Pick<Log, 'partition'>;
  readonly nodeId: number;
  /** The one log directory, as DescribeLogDirs tells it. */
  readonly logDirectory: string;
  readonly features: FeatureLevels;
  readonly clock: Clock;
}

/** The handlers of what a cluster of several brokers would have to do, answered for one. */
export function clusterHandlers(deps: ClusterHandlerDependencies): Handler[] {
  const { catalog, log, nodeId, logDirectory, features, clock } = deps;
  return [
    alterReplicaLogDirsHandler(log, logDirectory),
    electLeadersHandler(catalog),
    alterPartitionReassignmentsHandler(catalog, nodeId),
    listPartitionReassignmentsHandler(),
    describeQuorumHandler({ nodeId, features, clock }),
    updateFeaturesHandler(features),
  ];
}
