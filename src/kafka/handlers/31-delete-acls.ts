// DeleteAcls v1-3: deletes what each filter means and answers what that was; needs ALTER on the cluster. Durable, and obeyed, when
// answered. Without an authorizer SECURITY_DISABLED. An ACL that two filters mean is in the answer to both.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { deleteAclsApi } from '../../../protocol/messages/index.ts';
import { type AclStore, TooManyAcls } from '../../security/acl/acl-authorizer.ts';
import type { AclBinding } from '../../security/acl/bindings.ts';
import { type Handler, handler } from '../handler.ts';
import { codesOf, entryOf, filterOf, patternOf, refuseUnknown } from './acl-filters.ts';
import { mayAlterCluster } from './cluster-rights.ts';

export function deleteAclsHandler(acls: AclStore | undefined): Handler {
  return handler(deleteAclsApi, async ({ filters }, context) => {
    refuseUnknown(filters.flatMap(codesOf));
    const refuseAll = (code: number, message = errorMessage(code)) => ({
      filterResults: filters.map(() => refused(code, message)),
    });
    if (!mayAlterCluster(context)) return refuseAll(errorCode.CLUSTER_AUTHORIZATION_FAILED);
    if (acls === undefined) return refuseAll(errorCode.SECURITY_DISABLED);
    const wanted = filters.map(filterOf);
    try {
      const deleted = (await acls.delete(wanted.filter((filter) => filter !== undefined))).values();
      return {
        filterResults: wanted.map((filter) =>
          filter === undefined
            ? refused(errorCode.INVALID_REQUEST, 'The filter has an unknown element.')
            : success(deleted.next().value ?? []),
        ),
      };
    } catch (error) {
      if (error instanceof TooManyAcls) return refuseAll(errorCode.INVALID_REQUEST, error.message);
      throw error;
    }
  });
}

function refused(code: number, message: string) {
  return { errorCode: code, errorMessage: message, matchingAcls: [] };
}

function success(deleted: readonly AclBinding[]) {
  const matchingAcls = deleted.map((acl) => ({
    errorCode: errorCode.NONE,
    errorMessage: null,
    ...patternOf(acl),
    ...entryOf(acl),
  }));
  return { errorCode: errorCode.NONE, errorMessage: null, matchingAcls };
}
