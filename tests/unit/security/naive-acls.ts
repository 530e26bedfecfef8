import type { AclBinding } from '../../../src/security/acl/bindings.ts';
import type { AclOperation, Requester, ResourceType } from '../../../src/security/authorizer.ts';

/** Decides by the definition: every ACL is looked at, each for itself. */
export interface NaiveAcls {
  readonly acls: readonly AclBinding[];
  readonly superUsers: readonly string[];
  readonly allowIfNoAcl: boolean;
}

const DESCRIBES = ['read', 'write', 'delete', 'alter'];

function covers(acl: AclBinding, type: ResourceType, name: string): boolean {
  if (acl.resourceType !== type) return false;
  if (acl.patternType === 'prefixed') return name.startsWith(acl.resourceName);
  return acl.resourceName === name || acl.resourceName === '*';
}

function concerns(acl: AclBinding, { principal, host }: Requester): boolean {
  return ['User:*', principal].includes(acl.principal) && ['*', host].includes(acl.host);
}

function says(acl: AclBinding, operation: AclOperation): boolean {
  if (acl.operation === 'all' || acl.operation === operation) return true;
  if (acl.permission === 'deny') return false;
  if (operation === 'describe') return DESCRIBES.includes(acl.operation);
  return operation === 'describe-configs' && acl.operation === 'alter-configs';
}

/** Whether the request is allowed. */
export function naiveAuthorize(
  { acls, superUsers, allowIfNoAcl }: NaiveAcls,
  requester: Requester,
  operation: AclOperation,
  type: ResourceType,
  name: string,
): boolean {
  if (superUsers.includes(requester.principal)) return true;
  const covering = acls.filter((acl) => covers(acl, type, name));
  if (covering.length === 0) return allowIfNoAcl;
  const speaking = covering.filter((acl) => concerns(acl, requester) && says(acl, operation));
  if (speaking.some(({ permission }) => permission === 'deny')) return false;
  return speaking.length > 0;
}

/**
 * Whether a name exists for which the request is allowed by ACLs of the operation itself. Only names that lie in an allowing pattern can
 * be: the pattern's own name, and for a prefix also names below it that no ACL names.
 */
export function naiveAny(naive: NaiveAcls, requester: Requester, operation: AclOperation, type: ResourceType): boolean {
  if (naiveAuthorize(naive, requester, operation, type, 'hardcode')) return true;
  const own = naive.acls.filter(
    (acl) =>
      acl.resourceType === type && concerns(acl, requester) && (acl.operation === operation || acl.operation === 'all'),
  );
  const names = own.map(({ patternType, resourceName }) => {
    if (patternType === 'prefixed') return `${resourceName}\u0000unnamed`;
    return resourceName === '*' ? '\u0000unnamed' : resourceName;
  });
  return names.some((name) => {
    const speaking = own.filter((acl) => covers(acl, type, name));
    return speaking.length > 0 && speaking.every(({ permission }) => permission === 'allow');
  });
}
