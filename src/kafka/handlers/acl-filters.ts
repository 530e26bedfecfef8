import type { AclBinding, AclFilter } from '../../security/acl/bindings.ts';
import {
  ANY_CODE,
  byCode,
  MATCH_CODE,
  operationCode,
  patternTypeCode,
  permissionCode,
  resourceTypeCode,
  UNKNOWN_CODE,
} from '../../security/acl/codes.ts';
import { CloseConnection } from '../handler.ts';

const resourceTypes = byCode(resourceTypeCode);
const patternTypes = byCode({ ...patternTypeCode, match: MATCH_CODE });
const operations = byCode(operationCode);
const permissions = byCode(permissionCode);

/** A filter as DescribeAcls and DeleteAcls carry it. */
export interface WireFilter {
  readonly resourceTypeFilter: number;
  readonly resourceNameFilter: string | null;
  readonly patternTypeFilter: number;
  readonly principalFilter: string | null;
  readonly hostFilter: string | null;
  readonly operation: number;
  readonly permissionType: number;
}

/** An ACL as CreateAcls carries it. */
export interface WireBinding {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly resourcePatternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

/** Throws CloseConnection for what a client could not name itself: Kafka takes that for a request that is not well-formed. */
export function refuseUnknown(codes: readonly number[]): void {
  if (codes.includes(UNKNOWN_CODE)) throw new CloseConnection('ACLs of an unknown kind');
}

/** The numbers of a filter that name something. */
export function codesOf(filter: WireFilter): number[] {
  return [filter.resourceTypeFilter, filter.patternTypeFilter, filter.operation, filter.permissionType];
}

/** The filter, or undefined when one of its numbers means nothing here. */
export function filterOf(wire: WireFilter): AclFilter | undefined {
  const { resourceTypeFilter, resourceNameFilter, patternTypeFilter, principalFilter, hostFilter } = wire;
  const parts = {
    resourceType: resourceTypes.get(resourceTypeFilter),
    patternType: patternTypes.get(patternTypeFilter),
    operation: operations.get(wire.operation),
    permission: permissions.get(wire.permissionType),
  };
  const codes = [resourceTypeFilter, patternTypeFilter, wire.operation, wire.permissionType];
  if (Object.values(parts).some((part, index) => part === undefined && codes[index] !== ANY_CODE)) return undefined;
  const texts = {
    resourceName: resourceNameFilter ?? undefined,
    principal: principalFilter ?? undefined,
    host: hostFilter ?? undefined,
  };
  const given = Object.entries({ ...parts, ...texts }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as AclFilter;
}

/** The ACL, or a sentence that says why it cannot be one. */
export function bindingOf(wire: WireBinding): AclBinding | string {
  const resourceType = resourceTypes.get(wire.resourceType);
  const patternType = wire.resourcePatternType === MATCH_CODE ? undefined : patternTypes.get(wire.resourcePatternType);
  const operation = operations.get(wire.operation);
  const permission = permissions.get(wire.permissionType);
  if (resourceType === undefined) return `Invalid resourceType ${nameOf(wire.resourceType)}`;
  if (patternType === undefined || patternType === 'match')
    return `Invalid patternType ${wire.resourcePatternType === MATCH_CODE ? 'MATCH' : nameOf(wire.resourcePatternType)}`;
  if (operation === undefined) return `Invalid operation ${nameOf(wire.operation)}`;
  if (permission === undefined) return `Invalid permissionType ${nameOf(wire.permissionType)}`;
  const { resourceName, principal, host } = wire;
  return { resourceType, resourceName, patternType, principal, host, operation, permission };
}

const nameOf = (code: number): string => (code === ANY_CODE ? 'ANY' : 'UNKNOWN');

/** The numbers of an ACL, as DescribeAcls and DeleteAcls answer it. */
export function entryOf(acl: AclBinding) {
  return {
    principal: acl.principal,
    host: acl.host,
    operation: operationCode[acl.operation],
    permissionType: permissionCode[acl.permission],
  };
}

/** The numbers of the resources of an ACL. */
export function patternOf(acl: AclBinding) {
  return {
    resourceType: resourceTypeCode[acl.resourceType],
    resourceName: acl.resourceName,
    patternType: patternTypeCode[acl.patternType],
  };
}
