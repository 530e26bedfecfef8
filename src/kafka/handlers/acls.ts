import type { AclStore } from '../../security/acl/acl-authorizer.ts';
import type { Handler } from '../handler.ts';
import { describeAclsHandler } from './29-describe-acls.ts';
import { createAclsHandler } from './30-create-acls.ts';
import { deleteAclsHandler } from './31-delete-acls.ts';

/** The handlers of ACLs. `acls` is undefined where no authorizer is set. */
export function aclHandlers(acls: AclStore | undefined): Handler[] {
  return [describeAclsHandler(acls), createAclsHandler(acls), deleteAclsHandler(acls)];
}
