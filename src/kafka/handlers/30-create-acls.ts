// CreateAcls v1-3: each ACL for itself; needs ALTER on the cluster. Durable, and obeyed, when answered. Without an authorizer
// SECURITY_DISABLED. An ACL that is there already is created again with success. Deviation: an ACL of ANY or MATCH is INVALID_REQUEST by itself;
// Apache Kafka fails the whole request with UNKNOWN_SERVER_ERROR.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { createAclsApi } from '../../../protocol/messages/index.ts';
import type { AclStore } from '../../security/acl/acl-authorizer.ts';
import type { AclBinding } from '../../security/acl/bindings.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import { type Handler, handler } from '../handler.ts';
import { bindingOf, refuseUnknown, type WireBinding } from './acl-filters.ts';
import { mayAlterCluster } from './cluster-rights.ts';

export function createAclsHandler(acls: AclStore | undefined): Handler {
  return handler(createAclsApi, async ({ creations }, context) => {
    refuseUnknown(
      creations.flatMap((one) => [one.resourceType, one.resourcePatternType, one.operation, one.permissionType]),
    );
    const refuseAll = (code: number) => ({ results: creations.map(() => refused(code, errorMessage(code))) });
    if (!mayAlterCluster(context)) return refuseAll(errorCode.CLUSTER_AUTHORIZATION_FAILED);
    if (acls === undefined) return refuseAll(errorCode.SECURITY_DISABLED);
    const checked = creations.map(check);
    await acls.create(checked.filter((one) => typeof one !== 'string'));
    return {
      results: checked.map((one) =>
        typeof one === 'string'
          ? refused(errorCode.INVALID_REQUEST, one)
          : { errorCode: errorCode.NONE, errorMessage: null },
      ),
    };
  });
}

function refused(code: number, message: string) {
  return { errorCode: code, errorMessage: message };
}

function check(wire: WireBinding): AclBinding | string {
  const acl = bindingOf(wire);
  if (typeof acl === 'string') return acl;
  if (acl.resourceType === 'cluster' && acl.resourceName !== CLUSTER_NAME)
    return `The only valid name for the CLUSTER resource is ${CLUSTER_NAME}`;
  if (acl.resourceName === '') return 'Invalid empty resource name';
  if (!acl.principal.includes(':')) return 'A principal is a type and a name, such as User:alice';
  return acl;
}
