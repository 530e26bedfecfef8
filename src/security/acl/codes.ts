import type { AclOperation, ResourceType } from '../authorizer.ts';
import type { GrantedOperation, PatternType, Permission } from './bindings.ts';

/** Numbers of the protocol (KIP-140, KIP-290). 0 stands for what a client could not name, 1 for any. */
export const resourceTypeCode: Readonly<Record<ResourceType, number>> = {
  topic: 2,
  group: 3,
  cluster: 4,
  'transactional-id': 5,
  'delegation-token': 6,
  user: 7,
};

export const patternTypeCode: Readonly<Record<PatternType, number>> = { literal: 3, prefixed: 4 };

/** Covers a name in any way; only in filters. */
export const MATCH_CODE = 2;

export const operationCode: Readonly<Record<GrantedOperation, number>> = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  'cluster-action': 9,
  'describe-configs': 10,
  'alter-configs': 11,
  'idempotent-write': 12,
  'create-tokens': 13,
  'describe-tokens': 14,
  'two-phase-commit': 15,
};

export const permissionCode: Readonly<Record<Permission, number>> = { deny: 2, allow: 3 };

/** What a client could not name, and any. */
export const UNKNOWN_CODE = 0;
export const ANY_CODE = 1;

/** The names of a table by their numbers. */
export function byCode<T extends string>(codes: Readonly<Record<T, number>>): ReadonlyMap<number, T> {
  return new Map((Object.entries(codes) as [T, number][]).map(([name, code]) => [code, name]));
}

/** Kinds of resources whose authorized operations the protocol tells (KIP-430). */
export type DescribedType = 'topic' | 'group' | 'cluster';

/** The operations that mean something on them. */
export const supportedOperations: Readonly<Record<DescribedType, readonly AclOperation[]>> = {
  topic: ['read', 'write', 'create', 'delete', 'alter', 'describe', 'describe-configs', 'alter-configs'],
  group: ['read', 'delete', 'describe', 'describe-configs', 'alter-configs'],
  cluster: ['create', 'alter', 'describe', 'cluster-action', 'describe-configs', 'alter-configs', 'idempotent-write'],
};
