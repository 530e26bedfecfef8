import { describe, expect, test } from 'vitest';
import { errorCode } from '../../../../protocol/errors.ts';
import { createAclsApi, deleteAclsApi, describeAclsApi } from '../../../../protocol/messages/index.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { createMetrics } from '../../../../src/base/metrics.ts';
import { CloseConnection } from '../../../../src/kafka/handler.ts';
import { aclHandlers } from '../../../../src/kafka/handlers/acls.ts';
import { openInlineSqlite } from '../../../../src/metadata/sqlite-inline.ts';
import { AclAuthorizer } from '../../../../src/security/acl/acl-authorizer.ts';
import { callerOf } from '../call.ts';

const TOPIC = 2;
const CLUSTER = 4;
const [ANY, MATCH, LITERAL, PREFIXED] = [1, 2, 3, 4];
const [ALL, READ, WRITE, ALTER, DESCRIBE] = [2, 3, 4, 7, 8];
const [DENY, ALLOW] = [2, 3];

const acl = {
  resourceType: TOPIC,
  resourceName: 'orders',
  resourcePatternType: LITERAL,
  principal: 'User:alice',
  host: '*',
  operation: READ,
  permissionType: ALLOW,
};

const everything = {
  resourceTypeFilter: ANY,
  resourceNameFilter: null,
  patternTypeFilter: ANY,
  principalFilter: null,
  hostFilter: null,
  operation: ANY,
  permissionType: ANY,
};

async function open(superUsers = ['User:admin']) {
  const sql = openInlineSqlite(':memory:');
  const authorizer = await AclAuthorizer.open(sql, { superUsers, allowIfNoAcl: false }, createMetrics(), silentLogger);
  const handlers = aclHandlers(authorizer);
  const as = (principal: string) => callerOf(handlers, authorizer, { principal, host: '10.0.0.1' });
  return {
    authorizer,
    create: (creations: object[], principal = 'User:admin') => as(principal)(createAclsApi, 3, { creations } as never),
    describe: (filter: object = {}, principal = 'User:admin') =>
      as(principal)(describeAclsApi, 3, { ...everything, ...filter } as never),
    remove: (filters: object[], principal = 'User:admin') => as(principal)(deleteAclsApi, 3, { filters } as never),
  };
}

const codes = (results: readonly { errorCode: number }[]): number[] => results.map((result) => result.errorCode);

describe('ACLs over the protocol', () => {
  test('what was created is described, by resource, and obeyed at once', async () => {
    const { create, describe: find, authorizer } = await open();
    const alice = { principal: 'User:alice', host: '10.0.0.1' };
    expect(authorizer.authorize(alice, 'read', 'topic', 'orders')).toBe(false);
    const second = { ...acl, operation: WRITE, permissionType: DENY };
    const third = { ...acl, resourcePatternType: PREFIXED };
    expect(codes((await create([acl, acl, second, third])).results)).toEqual([0, 0, 0, 0]);
    expect(authorizer.authorize(alice, 'read', 'topic', 'orders')).toBe(true);
    const { resources } = await find();
    expect(resources).toEqual([
      {
        resourceType: TOPIC,
        resourceName: 'orders',
        patternType: LITERAL,
        acls: [
          { principal: 'User:alice', host: '*', operation: READ, permissionType: ALLOW },
          { principal: 'User:alice', host: '*', operation: WRITE, permissionType: DENY },
        ],
      },
      {
        resourceType: TOPIC,
        resourceName: 'orders',
        patternType: PREFIXED,
        acls: [{ principal: 'User:alice', host: '*', operation: READ, permissionType: ALLOW }],
      },
    ]);
  });

  test('a right that is taken away is gone at once, and is in the answer of each filter that meant it', async () => {
    const { create, remove, authorizer } = await open();
    await create([acl]);
    const filter = { ...everything, principalFilter: 'User:alice' };
    const { filterResults } = await remove([filter, filter, { ...everything, hostFilter: 'nowhere' }]);
    expect(filterResults.map(({ matchingAcls }) => matchingAcls.length)).toEqual([1, 1, 0]);
    expect(filterResults[0]?.matchingAcls[0]).toMatchObject({ resourceName: 'orders', operation: READ, errorCode: 0 });
    expect(authorizer.authorize({ principal: 'User:alice', host: 'h' }, 'read', 'topic', 'orders')).toBe(false);
  });

  test.each<[string, object, string[]]>([
    ['everything', {}, ['*', 'or', 'orders', 'orders-x']],
    ['a name, in any pattern', { resourceNameFilter: 'or' }, ['or']],
    ['what covers a name', { resourceNameFilter: 'orders', patternTypeFilter: MATCH }, ['*', 'or', 'orders']],
    ['prefixes', { patternTypeFilter: PREFIXED }, ['or']],
    ['a literal name, not what covers it', { resourceNameFilter: 'orders', patternTypeFilter: LITERAL }, ['orders']],
    ['an operation', { operation: WRITE }, ['orders-x']],
    ['a number that nobody knows', { operation: 99 }, []],
  ])('a filter for %s', async (_, filter, names) => {
    const { create, describe: find } = await open();
    await create([
      acl,
      { ...acl, resourceName: '*' },
      { ...acl, resourceName: 'or', resourcePatternType: PREFIXED },
      { ...acl, resourceName: 'orders-x', operation: WRITE },
    ]);
    const { resources } = await find(filter);
    expect(resources.map(({ resourceName }) => resourceName).sort()).toEqual(names);
  });

  test.each<[string, object]>([
    ['a resource of any type', { resourceType: ANY }],
    ['a resource of a type that nobody knows', { resourceType: 99 }],
    ['a pattern that is for filters only', { resourcePatternType: MATCH }],
    ['any operation', { operation: ANY }],
    ['any permission', { permissionType: ANY }],
    ['no name', { resourceName: '' }],
    ['a cluster of another name', { resourceType: CLUSTER }],
  ])('an ACL on %s is refused by itself', async (_, change) => {
    const { create, authorizer } = await open();
    const { results } = await create([{ ...acl, ...change }, acl]);
    expect(codes(results)).toEqual([errorCode.INVALID_REQUEST, 0]);
    expect(authorizer.find({})).toHaveLength(1);
  });

  test('a request that names nothing by 0 closes the connection', async () => {
    const { create, describe: find, remove } = await open();
    await expect(create([{ ...acl, operation: 0 }])).rejects.toBeInstanceOf(CloseConnection);
    await expect(find({ resourceTypeFilter: 0 })).rejects.toBeInstanceOf(CloseConnection);
    await expect(remove([{ ...everything, permissionType: 0 }])).rejects.toBeInstanceOf(CloseConnection);
  });

  test('to look needs DESCRIBE on the cluster, to change ALTER', async () => {
    const { create, describe: find, remove } = await open();
    const cluster = { ...acl, resourceType: CLUSTER, resourceName: 'kafka-cluster', principal: 'User:bob' };
    const denied = errorCode.CLUSTER_AUTHORIZATION_FAILED;
    expect((await find({}, 'User:bob')).errorCode).toBe(denied);
    await create([{ ...cluster, operation: DESCRIBE }]);
    expect((await find({}, 'User:bob')).errorCode).toBe(0);
    expect(codes((await create([acl, acl], 'User:bob')).results)).toEqual([denied, denied]);
    expect(codes((await remove([everything], 'User:bob')).filterResults)).toEqual([denied]);
    await create([{ ...cluster, operation: ALTER }]);
    expect(codes((await create([acl], 'User:bob')).results)).toEqual([0]);
    await create([{ ...cluster, operation: ALL, permissionType: DENY }]);
    expect((await find({}, 'User:bob')).errorCode).toBe(denied);
  });

  test('without an authorizer there are no ACLs', async () => {
    const call = callerOf(aclHandlers(undefined));
    const disabled = errorCode.SECURITY_DISABLED;
    const described = await call(describeAclsApi, 3, everything as never);
    expect(described).toMatchObject({ errorCode: disabled, resources: [] });
    const created = await call(createAclsApi, 3, { creations: [acl] } as never);
    expect(codes(created.results)).toEqual([disabled]);
    const deleted = await call(deleteAclsApi, 3, { filters: [everything] } as never);
    expect(codes(deleted.filterResults)).toEqual([disabled]);
  });
});
