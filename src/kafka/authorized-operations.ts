import { type DescribedType, operationCode, supportedOperations } from '../security/acl/codes.ts';
import { CLUSTER_NAME } from '../security/authorizer.ts';
import type { RequestContext } from './handler.ts';

/** Stands for authorized operations that were not asked for (KIP-430). */
export const NOT_ASKED = -(2 ** 31);

/** Bits of the operations that the principal may do to a resource (KIP-430). */
export function authorizedOperations(context: Pick<RequestContext, 'may'>, type: DescribedType, name: string): number {
  let bits = 0;
  for (const operation of supportedOperations[type]) {
    if (context.may(operation, type, name)) bits |= 1 << operationCode[operation];
  }
  return bits;
}

/** Bits of what the principal may do to the cluster: none where it may not describe it. */
export function clusterOperations(context: Pick<RequestContext, 'may'>): number {
  return context.may('describe', 'cluster', CLUSTER_NAME) ? authorizedOperations(context, 'cluster', CLUSTER_NAME) : 0;
}
