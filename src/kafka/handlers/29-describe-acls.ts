// DescribeAcls v1-3: the ACLs that a filter means, by resource; needs DESCRIBE on the cluster. Without an authorizer SECURITY_DISABLED. A
// filter with a number that nobody knows finds nothing; one with 0, which stands for what the client could not name, closes the
// connection, as in Apache Kafka.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { describeAclsApi } from '../../../protocol/messages/index.ts';
import type { AclStore } from '../../security/acl/acl-authorizer.ts';
import type { AclBinding } from '../../security/acl/bindings.ts';
import { type Handler, handler } from '../handler.ts';
import { codesOf, entryOf, filterOf, patternOf, refuseUnknown } from './acl-filters.ts';
import { mayDescribeCluster } from './cluster-rights.ts';

export function describeAclsHandler(acls: AclStore | undefined): Handler {
  return handler(describeAclsApi, (request, context) => {
    refuseUnknown(codesOf(request));
    if (!mayDescribeCluster(context)) return refused(errorCode.CLUSTER_AUTHORIZATION_FAILED);
    if (acls === undefined) return refused(errorCode.SECURITY_DISABLED);
    const filter = filterOf(request);
    const found = filter === undefined ? [] : acls.find(filter);
    const resources = Map.groupBy(found, ({ resourceType, patternType, resourceName }) =>
      JSON.stringify([resourceType, patternType, resourceName]),
    );
    return { errorCode: errorCode.NONE, errorMessage: null, resources: [...resources.values()].map(show) };
  });
}

function refused(code: number) {
  return { errorCode: code, errorMessage: errorMessage(code), resources: [] };
}

function show(acls: readonly AclBinding[]) {
  return { ...patternOf(acls[0]!), acls: acls.map(entryOf) };
}
