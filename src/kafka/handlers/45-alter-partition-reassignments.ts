// AlterPartitionReassignments v0-1 (KIP-455): each partition is on this one broker. To assign it there again succeeds and changes nothing, any
// other assignment is refused, and there is no move to cancel. Needs ALTER on the cluster.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { alterPartitionReassignmentsApi } from '../../../protocol/messages/index.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import { CatalogError } from '../../log/catalog-errors.ts';
import { type Handler, handler } from '../handler.ts';
import { type PartError, partError } from './catalog-outcome.ts';
import { mayAlterCluster } from './cluster-rights.ts';
import { checkReplicas } from './replicas.ts';

type Outcome = PartError | { readonly errorCode: 0; readonly errorMessage: null };

export function alterPartitionReassignmentsHandler(catalog: Pick<TopicCatalog, 'byName'>, nodeId: number): Handler {
  const reassign = (topic: string, partition: number, replicas: readonly number[] | null): Outcome => {
    try {
      check(catalog.byName(topic)?.partitions, topic, partition);
      if (replicas === null) {
        const code = errorCode.NO_REASSIGNMENT_IN_PROGRESS;
        return { errorCode: code, errorMessage: errorMessage(code) };
      }
      checkReplicas(replicas, nodeId);
      return { errorCode: errorCode.NONE, errorMessage: null };
    } catch (error) {
      return partError(error);
    }
  };
  return handler(alterPartitionReassignmentsApi, ({ topics, allowReplicationFactorChange }, context) => {
    const refused = mayAlterCluster(context) ? errorCode.NONE : errorCode.CLUSTER_AUTHORIZATION_FAILED;
    const refusal = { errorCode: refused, errorMessage: refused === errorCode.NONE ? null : errorMessage(refused) };
    const responses = topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, replicas }) => ({
        partitionIndex,
        ...(refused === errorCode.NONE ? reassign(name, partitionIndex, replicas) : refusal),
      })),
    }));
    return { ...refusal, allowReplicationFactorChange, responses };
  });
}

function check(partitions: number | undefined, topic: string, partition: number): void {
  if (partitions === undefined)
    throw new CatalogError('UNKNOWN_TOPIC_OR_PARTITION', `Unable to find a topic named ${topic}.`);
  if (partition < 0 || partition >= partitions)
    throw new CatalogError('UNKNOWN_TOPIC_OR_PARTITION', `Unable to find partition ${topic}:${partition}.`);
}
