import {
  alterClientQuotasApi,
  alterUserScramCredentialsApi,
  createDelegationTokenApi,
  describeClientQuotasApi,
  describeDelegationTokenApi,
  describeProducersApi,
  describeTransactionsApi,
  describeUserScramCredentialsApi,
  listTransactionsApi,
  writeTxnMarkersApi,
} from '../../protocol/messages/index.ts';
import { casesOf, type Grant, type RightsCase } from './case.ts';

type Rights = Readonly<Record<string, readonly Grant[]>>;

const entity = (...parts: readonly (readonly [string, string | null])[]) =>
  parts.map(([entityType, entityName]) => ({ entityType, entityName }));
const op = (key: string, value: number) => ({ key, value, remove: false });

/** Quotas that can be, and those that cannot. */
const CHANGES: Readonly<Record<string, object>> = {
  'a byte rate': { entity: entity(['user', 'u']), ops: [op('producer_byte_rate', 1)] },
  'the default of both': { entity: entity(['user', null], ['client-id', null]), ops: [op('request_percentage', 0.5)] },
  'an address': { entity: entity(['ip', '10.0.0.1']), ops: [op('connection_creation_rate', 1)] },
  'the default address': { entity: entity(['ip', null]), ops: [op('connection_creation_rate', 1)] },
  'no entity': { entity: [], ops: [op('producer_byte_rate', 1)] },
  'an unknown entity': { entity: entity(['group', 'g']), ops: [op('producer_byte_rate', 1)] },
  'an empty name': { entity: entity(['user', '']), ops: [op('producer_byte_rate', 1)] },
  'an address with a user': { entity: entity(['ip', '10.0.0.1'], ['user', 'u']), ops: [op('producer_byte_rate', 1)] },
  'bytes of an address': { entity: entity(['ip', '10.0.0.1']), ops: [op('producer_byte_rate', 1)] },
  'connections of a user': { entity: entity(['user', 'u']), ops: [op('connection_creation_rate', 1)] },
  'an unknown quota': { entity: entity(['user', 'u']), ops: [op('bytes', 1)] },
  zero: { entity: entity(['user', 'u']), ops: [op('producer_byte_rate', 0)] },
  'a negative rate': { entity: entity(['user', 'u']), ops: [op('request_percentage', -1)] },
  'a fraction of a byte': { entity: entity(['user', 'u']), ops: [op('consumer_byte_rate', 1.5)] },
  'a fraction of a mutation': { entity: entity(['user', 'u']), ops: [op('controller_mutation_rate', 1.5)] },
  'too many bytes': { entity: entity(['user', 'u']), ops: [op('consumer_byte_rate', 1e30)] },
  'no operation': { entity: entity(['user', 'u']), ops: [] },
  'a quota twice': { entity: entity(['user', 'u']), ops: [op('producer_byte_rate', 1), op('producer_byte_rate', 2)] },
};

const FILTERS: Readonly<Record<string, readonly object[]>> = {
  nothing: [],
  'a name': [{ entityType: 'user', matchType: 0, match: 'u' }],
  'no name': [{ entityType: 'user', matchType: 0, match: null }],
  'a default with a name': [{ entityType: 'user', matchType: 1, match: 'u' }],
  'any with a name': [{ entityType: 'user', matchType: 2, match: 'u' }],
  'an unknown match': [{ entityType: 'user', matchType: 3, match: null }],
  'no kind': [{ entityType: '', matchType: 0, match: 'u' }],
  'an unknown kind': [{ entityType: 'x', matchType: 0, match: 'u' }],
  'a kind twice': [1, 2].map(() => ({ entityType: 'user', matchType: 2, match: null })),
  'an address and a user': ['ip', 'user'].map((entityType) => ({ entityType, matchType: 2, match: null })),
};

function quotaCases(): RightsCase[] {
  const all: Rights = { 'all rights': ['allow all cluster kafka-cluster'] };
  const describe = { components: [], strict: false };
  const alter = { entries: [CHANGES['a byte rate'], CHANGES['an address']], validateOnly: true };
  return [
    ...casesOf(describeClientQuotasApi, 1, () => describe, {
      'no rights': [],
      DESCRIBE: ['allow describe cluster kafka-cluster'],
      DESCRIBE_CONFIGS: ['allow describe-configs cluster kafka-cluster'],
    }),
    ...casesOf(alterClientQuotasApi, 1, () => alter, {
      'no rights': [],
      ALTER: ['allow alter cluster kafka-cluster'],
      ALTER_CONFIGS: ['allow alter-configs cluster kafka-cluster'],
    }),
    ...Object.entries(CHANGES).flatMap(([what, entry]) =>
      casesOf(alterClientQuotasApi, 1, () => ({ entries: [entry], validateOnly: true }), all, ` of ${what}`),
    ),
    ...Object.entries(FILTERS).flatMap(([what, components]) =>
      casesOf(describeClientQuotasApi, 1, () => ({ components, strict: false }), all, ` of ${what}`),
    ),
  ];
}

function userCases(): RightsCase[] {
  const none = new Uint8Array(0);
  const upsertion = { name: 'u', mechanism: 1, iterations: 4096, salt: none, saltedPassword: none };
  const token = { renewers: [], maxLifetimeMs: -1 };
  return [
    ...casesOf(describeUserScramCredentialsApi, 0, () => ({ users: [{ name: 'u' }] }), {
      'no rights': [],
      ALTER: ['allow alter cluster kafka-cluster'],
    }),
    ...casesOf(alterUserScramCredentialsApi, 0, () => ({ deletions: [], upsertions: [upsertion] }), {
      'no rights': [],
      DESCRIBE: ['allow describe cluster kafka-cluster'],
    }),
    ...casesOf(
      createDelegationTokenApi,
      3,
      () => ({ ...token, ownerPrincipalType: 'User', ownerPrincipalName: 'bob' }),
      {
        'no rights': [],
        DESCRIBE_TOKENS: ['allow describe-tokens user User:bob'],
      },
    ),
    ...casesOf(describeDelegationTokenApi, 3, () => ({ owners: null }), { 'no rights': [] }),
  ];
}

function transactionCases(): RightsCase[] {
  const marker = { producerId: 1, producerEpoch: 0, transactionResult: false, coordinatorEpoch: 0 };
  const markers = [{ ...marker, topics: [{ name: 't', partitionIndexes: [0] }] }];
  return [
    ...casesOf(
      describeProducersApi,
      0,
      () => ({ topics: ['t', 'ghost'].map((name) => ({ name, partitionIndexes: [0] })) }),
      {
        'no rights': [],
        'READ on all': ['allow read topic *'],
        DESCRIBE: ['allow describe topic *'],
      },
    ),
    ...casesOf(describeTransactionsApi, 0, () => ({ transactionalIds: ['nox'] }), {
      'no rights': [],
      DESCRIBE: ['allow describe transactional-id nox'],
    }),
    ...casesOf(listTransactionsApi, 1, () => ({ stateFilters: [], producerIdFilters: [], durationFilter: -1 }), {
      'no rights': [],
    }),
    ...casesOf(writeTxnMarkersApi, 1, () => ({ markers }), {
      'no rights': [],
      DESCRIBE: ['allow describe cluster kafka-cluster'],
    }),
  ];
}

/** Quotas, users, tokens, and what an admin sees of transactions. */
export function clientCases(): RightsCase[] {
  return [...quotaCases(), ...userCases(), ...transactionCases()];
}
