import { expect, test } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { below, type Random, seededRandom } from '../../../src/base/random.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import { AclAuthorizer } from '../../../src/security/acl/acl-authorizer.ts';
import type { AclBinding, GrantedOperation } from '../../../src/security/acl/bindings.ts';
import type { AclOperation, Requester, ResourceType } from '../../../src/security/authorizer.ts';
import { type NaiveAcls, naiveAny, naiveAuthorize } from './naive-acls.ts';

const TYPES: readonly ResourceType[] = ['topic', 'group'];
const NAMES = ['a', 'ab', 'abc', 'abd', 'b', 'hardcode', '*', 'ü', 'üx'];
const PRINCIPALS = ['User:alice', 'User:bob', 'User:*', 'Role:alice'];
const HOSTS = ['*', '10.0.0.1', '10.0.0.2'];
const OPERATIONS: readonly AclOperation[] = [
  'read',
  'write',
  'describe',
  'delete',
  'alter',
  'create',
  'describe-configs',
  'alter-configs',
];

function one<T>(random: Random, values: readonly T[]): T {
  return values[below(random, values.length)]!;
}

function randomAcl(random: Random): AclBinding {
  return {
    resourceType: one(random, TYPES),
    resourceName: one(random, NAMES),
    patternType: one(random, ['literal', 'literal', 'prefixed'] as const),
    principal: one(random, PRINCIPALS),
    host: one(random, HOSTS),
    operation: one<GrantedOperation>(random, [...OPERATIONS, 'all']),
    permission: one(random, ['allow', 'allow', 'allow', 'deny'] as const),
  };
}

/** Asks both for everything that can be asked; the number of questions that were allowed. */
function compare(authorizer: AclAuthorizer, naive: NaiveAcls): number {
  let allowed = 0;
  for (const principal of ['User:alice', 'User:bob', 'User:carol', 'Role:alice']) {
    for (const host of ['10.0.0.1', '10.0.0.9']) {
      const requester: Requester = { principal, host };
      for (const operation of OPERATIONS) {
        for (const type of TYPES) {
          const same = (name: string, got: boolean, wanted: boolean): void => {
            allowed += Number(wanted);
            if (got !== wanted) expect({ requester, operation, type, name, acls: naive.acls, got }).toEqual({ wanted });
          };
          const any = naiveAny(naive, requester, operation, type);
          same('any', authorizer.authorizeAny(requester, operation, type), any);
          for (const name of [...NAMES, 'abcd', 'c']) {
            const wanted = naiveAuthorize(naive, requester, operation, type, name);
            same(name, authorizer.authorize(requester, operation, type, name), wanted);
          }
        }
      }
    }
  }
  return allowed;
}

test.each([1, 2, 3, 4, 5, 6])('decisions on random ACLs are those of the definition, seed %i', async (seed) => {
  const random = seededRandom(seed);
  const sql = openInlineSqlite(':memory:');
  const settings = { superUsers: seed % 3 === 0 ? ['User:carol'] : [], allowIfNoAcl: seed % 2 === 0 };
  const authorizer = await AclAuthorizer.open(sql, settings, createMetrics(), silentLogger);
  let allowed = 0;
  for (let round = 0; round < 8; round++) {
    await authorizer.create(Array.from({ length: below(random, 6) }, () => randomAcl(random)));
    const { resourceType, resourceName } = randomAcl(random);
    await authorizer.delete([{ resourceType, resourceName }]);
    allowed += compare(authorizer, { ...settings, acls: authorizer.find({}) });
  }
  expect(allowed).toBeGreaterThan(100);
  const reopened = await AclAuthorizer.open(sql, settings, createMetrics(), silentLogger);
  expect(new Set(reopened.find({}))).toEqual(new Set(authorizer.find({})));
  compare(reopened, { ...settings, acls: authorizer.find({}) });
  await sql.close();
});
