import {
  alterClientQuotasApi,
  alterUserScramCredentialsApi,
  createAclsApi,
  createDelegationTokenApi,
  deleteAclsApi,
  describeAclsApi,
  describeClientQuotasApi,
  describeDelegationTokenApi,
  describeUserScramCredentialsApi,
  expireDelegationTokenApi,
  renewDelegationTokenApi,
  saslAuthenticateApi,
  saslHandshakeApi,
} from '../../../protocol/messages/index.ts';
import type { WireArea } from '../area.ts';
import type { World } from '../world.ts';

const ALLOW = { host: '*', operation: 3, permissionType: 3 };
const acl = { resourceType: 2, resourceName: 'one', principal: 'User:a', ...ALLOW };
const anyAcl = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};

type Entity = readonly (readonly [type: string, name: string | null])[];

function alterQuota(world: World, entity: Entity, key: string, value: number, remove = false) {
  const named = entity.map(([entityType, entityName]) => ({ entityType, entityName }));
  return world.ask(alterClientQuotasApi, 1, {
    entries: [{ entity: named, ops: [{ key, value, remove }] }],
    validateOnly: true,
  });
}

function quotas(
  world: World,
  components: readonly (readonly [type: string, match: number, name: string | null])[],
  strict = false,
) {
  const filter = components.map(([entityType, matchType, match]) => ({ entityType, matchType, match }));
  return world.ask(describeClientQuotasApi, 1, { components: filter, strict }, { show: ['entries'] });
}

const SHA_256 = 1;
const upsertion = (name: string, more: object = {}) => ({
  name,
  mechanism: SHA_256,
  iterations: 4096,
  salt: Buffer.from('salt'),
  saltedPassword: Buffer.alloc(32, 1),
  ...more,
});

const scram = (
  world: World,
  upsertions: readonly ReturnType<typeof upsertion>[],
  deletions: readonly { name: string; mechanism: number }[] = [],
) => world.ask(alterUserScramCredentialsApi, 0, { deletions, upsertions });

export const security: WireArea = {
  name: 'security',
  cases: {
    'CreateAcls without an authorizer': (world) => world.ask(createAclsApi, 3, { creations: [acl] }),
    'DescribeAcls without an authorizer': (world) => world.ask(describeAclsApi, 3, anyAcl),
    'DeleteAcls without an authorizer': (world) => world.ask(deleteAclsApi, 3, { filters: [anyAcl] }),
    'DeleteAcls of nothing': (world) => world.ask(deleteAclsApi, 3, { filters: [] }),
    'CreateAcls of an unknown kind of resource': (world) =>
      world.ask(createAclsApi, 3, { creations: [{ ...acl, resourceType: 99 }] }),
    'DescribeAcls of an unknown operation': (world) => world.ask(describeAclsApi, 3, { ...anyAcl, operation: 99 }),

    'SaslHandshake on a listener without SASL': (world) => world.ask(saslHandshakeApi, 1, { mechanism: 'PLAIN' }),
    'SaslAuthenticate on a listener without SASL': (world) =>
      world.ask(saslAuthenticateApi, 2, { authBytes: Buffer.from('x') }),

    'CreateDelegationToken without authentication': (world) =>
      world.ask(createDelegationTokenApi, 3, {
        ownerPrincipalType: null,
        ownerPrincipalName: null,
        renewers: [],
        maxLifetimeMs: 1000,
      }),
    'RenewDelegationToken without authentication': (world) =>
      world.ask(renewDelegationTokenApi, 2, { hmac: Buffer.of(1), renewPeriodMs: 1000 }),
    'ExpireDelegationToken without authentication': (world) =>
      world.ask(expireDelegationTokenApi, 2, { hmac: Buffer.of(1), expiryTimePeriodMs: 1000 }),
    'DescribeDelegationToken without authentication': (world) =>
      world.ask(describeDelegationTokenApi, 3, { owners: null }),

    'AlterClientQuotas of nobody': (world) => alterQuota(world, [], 'producer_byte_rate', 1000),
    'AlterClientQuotas of an unknown kind': (world) => alterQuota(world, [['shoe', 'a']], 'producer_byte_rate', 1000),
    'AlterClientQuotas of a kind without a name': (world) => alterQuota(world, [['', 'a']], 'producer_byte_rate', 1000),
    'AlterClientQuotas of a user without a name': (world) =>
      alterQuota(world, [['user', '']], 'producer_byte_rate', 1000),
    'AlterClientQuotas of the same kind twice': (world) =>
      alterQuota(
        world,
        [
          ['user', 'a'],
          ['user', 'b'],
        ],
        'producer_byte_rate',
        1000,
      ),
    'AlterClientQuotas of a user and an address': (world) =>
      alterQuota(
        world,
        [
          ['user', 'a'],
          ['ip', '127.0.0.1'],
        ],
        'producer_byte_rate',
        1000,
      ),
    'AlterClientQuotas of an unknown quota': (world) => alterQuota(world, [['user', 'a']], 'shoe_size', 1000),
    'AlterClientQuotas of a connection rate of a user': (world) =>
      alterQuota(world, [['user', 'a']], 'connection_creation_rate', 10),
    'AlterClientQuotas of a byte rate of an address': (world) =>
      alterQuota(world, [['ip', '127.0.0.1']], 'producer_byte_rate', 10),
    'AlterClientQuotas of an address that is none': (world) =>
      alterQuota(world, [['ip', 'not an address']], 'connection_creation_rate', 10),
    'AlterClientQuotas of 0': (world) => alterQuota(world, [['user', 'a']], 'producer_byte_rate', 0),
    'AlterClientQuotas of a negative rate': (world) => alterQuota(world, [['user', 'a']], 'producer_byte_rate', -1),
    'AlterClientQuotas of half a byte': (world) => alterQuota(world, [['user', 'a']], 'producer_byte_rate', 0.5),
    'AlterClientQuotas of half a per cent': (world) => alterQuota(world, [['user', 'a']], 'request_percentage', 0.5),
    'AlterClientQuotas that removes what is not there': (world) =>
      alterQuota(world, [['user', 'nobody']], 'producer_byte_rate', 0, true),
    'AlterClientQuotas of the default user': (world) => alterQuota(world, [['user', null]], 'producer_byte_rate', 1000),
    'AlterClientQuotas of a user and a client': (world) =>
      alterQuota(
        world,
        [
          ['user', 'a'],
          ['client-id', 'b'],
        ],
        'consumer_byte_rate',
        1000,
      ),
    'AlterClientQuotas of controller mutations': (world) =>
      alterQuota(world, [['user', 'a']], 'controller_mutation_rate', 10),
    'AlterClientQuotas of nothing': (world) => world.ask(alterClientQuotasApi, 1, { entries: [], validateOnly: false }),
    'AlterClientQuotas of the same entity twice': (world) => {
      const entry = {
        entity: [{ entityType: 'user', entityName: 'a' }],
        ops: [{ key: 'producer_byte_rate', value: 1000, remove: false }],
      };
      return world.ask(alterClientQuotasApi, 1, { entries: [entry, entry], validateOnly: true });
    },

    'DescribeClientQuotas of all': (world) => quotas(world, []),
    'DescribeClientQuotas of an unknown kind': (world) => quotas(world, [['shoe', 0, 'a']]),
    'DescribeClientQuotas of a kind without a name': (world) => quotas(world, [['', 0, 'a']]),
    'DescribeClientQuotas of the same kind twice': (world) =>
      quotas(world, [
        ['user', 0, 'a'],
        ['user', 0, 'b'],
      ]),
    'DescribeClientQuotas of an address and a user': (world) =>
      quotas(world, [
        ['user', 0, 'a'],
        ['ip', 0, '127.0.0.1'],
      ]),
    'DescribeClientQuotas with an unknown match': (world) => quotas(world, [['user', 9, 'a']]),
    'DescribeClientQuotas exactly of null': (world) => quotas(world, [['user', 0, null]]),
    'DescribeClientQuotas of the default with a name': (world) => quotas(world, [['user', 1, 'a']]),
    'DescribeClientQuotas of any with a name': (world) => quotas(world, [['user', 2, 'a']]),

    'DescribeUserScramCredentials of an unknown user': (world) =>
      world.ask(describeUserScramCredentialsApi, 0, { users: [{ name: 'nobody' }] }),
    'DescribeUserScramCredentials of a user twice': (world) =>
      world.ask(describeUserScramCredentialsApi, 0, { users: [{ name: 'nobody' }, { name: 'nobody' }] }),
    'DescribeUserScramCredentials without a name': (world) =>
      world.ask(describeUserScramCredentialsApi, 0, { users: [{ name: '' }] }),
    'DescribeUserScramCredentials of all': (world) => world.ask(describeUserScramCredentialsApi, 0, { users: null }),
    'AlterUserScramCredentials without a name': (world) => scram(world, [upsertion('')]),
    'AlterUserScramCredentials of an unknown mechanism': (world) => scram(world, [upsertion('u1', { mechanism: 9 })]),
    'AlterUserScramCredentials of mechanism 0': (world) => scram(world, [upsertion('u1', { mechanism: 0 })]),
    'AlterUserScramCredentials with too few iterations': (world) =>
      scram(world, [upsertion('u1', { iterations: 4095 })]),
    'AlterUserScramCredentials with too many iterations': (world) =>
      scram(world, [upsertion('u1', { iterations: 16_385 })]),
    'AlterUserScramCredentials without a salt': (world) => scram(world, [upsertion('u1', { salt: new Uint8Array() })]),
    'AlterUserScramCredentials without a password': (world) =>
      scram(world, [upsertion('u1', { saltedPassword: new Uint8Array() })]),
    'AlterUserScramCredentials of the same user twice': (world) => scram(world, [upsertion('u1'), upsertion('u1')]),
    'AlterUserScramCredentials that deletes and sets': (world) =>
      scram(world, [upsertion('u1')], [{ name: 'u1', mechanism: SHA_256 }]),
    'AlterUserScramCredentials that deletes what is not there': (world) =>
      scram(world, [], [{ name: 'nobody', mechanism: SHA_256 }]),
    'AlterUserScramCredentials that deletes an unknown mechanism': (world) =>
      scram(world, [], [{ name: 'nobody', mechanism: 9 }]),
    'AlterUserScramCredentials of nothing': (world) => scram(world, []),
    'AlterUserScramCredentials of one that may and one that may not': (world) =>
      scram(world, [upsertion('u-good'), upsertion('u-bad', { iterations: 1 })]),
  },
};
