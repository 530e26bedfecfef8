import { errorCode } from '../../../protocol/errors.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import type { RequestContext } from '../handler.ts';
import { resourceType } from './config-codes.ts';

/**
 * NONE when the principal may see, or change, the configs of a resource; else the code that says which right it lacks. Brokers,
 * their loggers and metrics subscriptions belong to the cluster.
 */
export function configRefusal(
  operation: 'describe-configs' | 'alter-configs',
  type: number,
  name: string,
  { may }: Pick<RequestContext, 'may'>,
): number {
  if (type === resourceType.TOPIC)
    return may(operation, 'topic', name) ? errorCode.NONE : errorCode.TOPIC_AUTHORIZATION_FAILED;
  if (type === resourceType.GROUP)
    return may(operation, 'group', name) ? errorCode.NONE : errorCode.GROUP_AUTHORIZATION_FAILED;
  return may(operation, 'cluster', CLUSTER_NAME) ? errorCode.NONE : errorCode.CLUSTER_AUTHORIZATION_FAILED;
}
