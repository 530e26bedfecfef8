import type { AclOperation, ResourceType } from '../authorizer.ts';

/** `literal` names one resource, or all of the kind by `*`; `prefixed` names all that begin so (KIP-290). */
export type PatternType = 'literal' | 'prefixed';

/** What an ACL speaks of: one operation or `all`. */
export type GrantedOperation = AclOperation | 'all';

export type Permission = 'allow' | 'deny';

/** One ACL: who (`User:alice`, `User:*` for everybody) may, or may not, do what from where (`*` for anywhere) to which resources. */
export interface AclBinding {
  readonly resourceType: ResourceType;
  readonly resourceName: string;
  readonly patternType: PatternType;
  readonly principal: string;
  readonly host: string;
  readonly operation: GrantedOperation;
  readonly permission: Permission;
}

/** Stands for every resource name, and for every host. */
export const WILDCARD = '*';

/** Stands for every principal. */
export const EVERYBODY = 'User:*';

/** One text for each ACL: two ACLs are the same when all their parts are. */
export function keyOf(acl: AclBinding): string {
  const { resourceType, resourceName, patternType, principal, host, operation, permission } = acl;
  return JSON.stringify([resourceType, resourceName, patternType, principal, host, operation, permission]);
}

/** Which ACLs are meant; what is left out fits everything. */
export interface AclFilter {
  readonly resourceType?: ResourceType;
  readonly resourceName?: string;
  /** `match` means every pattern that covers `resourceName`: the name itself, `*`, and its prefixes. */
  readonly patternType?: PatternType | 'match';
  readonly principal?: string;
  readonly host?: string;
  readonly operation?: GrantedOperation;
  readonly permission?: Permission;
}

/** Whether the filter means this ACL. */
export function fitsFilter(acl: AclBinding, filter: AclFilter): boolean {
  const { resourceType, principal, host, operation, permission } = filter;
  if (resourceType !== undefined && resourceType !== acl.resourceType) return false;
  if (principal !== undefined && principal !== acl.principal) return false;
  if (host !== undefined && host !== acl.host) return false;
  if (operation !== undefined && operation !== acl.operation) return false;
  if (permission !== undefined && permission !== acl.permission) return false;
  return fitsPattern(acl, filter);
}

function fitsPattern(acl: AclBinding, { resourceName, patternType }: AclFilter): boolean {
  if (patternType !== undefined && patternType !== 'match' && patternType !== acl.patternType) return false;
  if (resourceName === undefined || resourceName === acl.resourceName) return true;
  if (patternType !== 'match') return false;
  return acl.patternType === 'literal' ? acl.resourceName === WILDCARD : resourceName.startsWith(acl.resourceName);
}
