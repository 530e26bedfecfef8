import { CLUSTER_NAME } from '../../security/authorizer.ts';
import type { RequestContext } from '../handler.ts';

/** Whether the principal may change the cluster. */
export function mayAlterCluster({ may }: RequestContext): boolean {
  return may('alter', 'cluster', CLUSTER_NAME);
}

/** Whether the principal may look at the cluster. */
export function mayDescribeCluster({ may }: RequestContext): boolean {
  return may('describe', 'cluster', CLUSTER_NAME);
}
