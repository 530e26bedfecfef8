import type { LogLevels } from '../../base/log-levels.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import type { Log } from '../../log/types.ts';
import type { Handler } from '../handler.ts';
import type { ClientQuotas } from '../quotas/client-quotas.ts';
import { metadataHandler } from './03-metadata.ts';
import { createTopicsHandler } from './19-create-topics.ts';
import { deleteTopicsHandler } from './20-delete-topics.ts';
import { describeConfigsHandler } from './32-describe-configs.ts';
import { alterConfigsHandler } from './33-alter-configs.ts';
import { describeLogDirsHandler, type LogDirectory } from './35-describe-log-dirs.ts';
import { createPartitionsHandler } from './37-create-partitions.ts';
import { incrementalAlterConfigsHandler } from './44-incremental-alter-configs.ts';
import { describeClusterHandler } from './60-describe-cluster.ts';
import { listConfigResourcesHandler } from './74-list-config-resources.ts';
import { describeTopicPartitionsHandler } from './75-describe-topic-partitions.ts';
import type { ClusterView } from './cluster-view.ts';
import { configResources } from './config-resources.ts';

export interface TopicHandlerDependencies {
  readonly catalog: TopicCatalog;
  readonly log: Pick<Log, 'partition'>;
  readonly cluster: ClusterView;
  readonly directory: LogDirectory;
  /** Of the loggers of this process. */
  readonly levels: LogLevels;
  readonly quotas: ClientQuotas;
  /** `auto.create.topics.enable` */
  readonly autoCreate: boolean;
  /** `delete.topic.enable` */
  readonly deleteEnabled: boolean;
  /** `num.partitions` */
  readonly defaultPartitions: number;
}

/** The handlers of topics, their configs, and the cluster. */
export function topicHandlers(deps: TopicHandlerDependencies): Handler[] {
  const { catalog, log, cluster, directory, quotas, autoCreate, deleteEnabled, defaultPartitions } = deps;
  const { nodeId } = cluster;
  const configs = configResources(catalog, deps.levels);
  return [
    metadataHandler({ catalog, log, cluster, quotas, autoCreate, defaultPartitions }),
    createTopicsHandler({ catalog, quotas, nodeId, defaultPartitions }),
    deleteTopicsHandler({ catalog, quotas, enabled: deleteEnabled }),
    describeConfigsHandler(configs),
    alterConfigsHandler(configs),
    describeLogDirsHandler({ catalog, log, directory }),
    createPartitionsHandler({ catalog, quotas, nodeId }),
    incrementalAlterConfigsHandler(configs),
    describeClusterHandler(cluster),
    listConfigResourcesHandler(configs),
    describeTopicPartitionsHandler({ catalog, log, nodeId }),
  ];
}
