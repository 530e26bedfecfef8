import { describe, expect, test } from 'vitest';
import { errorCode } from '../../../../protocol/errors.ts';
import { alterClientQuotasApi, describeClientQuotasApi } from '../../../../protocol/messages/index.ts';
import { quotaHandlers } from '../../../../src/kafka/handlers/quotas.ts';
import { QuotaStore } from '../../../../src/kafka/quotas/store.ts';
import { openInlineSqlite } from '../../../../src/metadata/sqlite-inline.ts';
import { callerOf } from '../call.ts';

type Parts = readonly (readonly [string, string | null])[];

const entityOf = (parts: Parts) => parts.map(([entityType, entityName]) => ({ entityType, entityName }));
const op = (key: string, value: number, remove = false) => ({ key, value, remove });

async function open() {
  const sql = openInlineSqlite(':memory:');
  const store = await QuotaStore.open(sql);
  const call = callerOf(quotaHandlers(store));
  return {
    sql,
    store,
    alter: async (entries: readonly (readonly [Parts, readonly object[]])[], validateOnly = false) => {
      const wanted = entries.map(([parts, ops]) => ({ entity: entityOf(parts), ops }));
      const answer = await call(alterClientQuotasApi, 1, { entries: wanted, validateOnly } as never);
      return answer.entries.map((entry) => entry.errorCode);
    },
    describe: async (components: object[], strict = false) => {
      const answer = await call(describeClientQuotasApi, 1, { components, strict } as never);
      const shown = answer.entries?.map(({ entity, values }) => [
        entity.map(({ entityType, entityName }) => `${entityType}=${entityName}`).join(','),
        Object.fromEntries(values.map(({ key, value }) => [key, value])),
      ]);
      return shown ?? answer.errorCode;
    },
  };
}

const alice: Parts = [['user', 'alice']];
const INVALID = errorCode.INVALID_REQUEST;

describe('client quotas over the protocol', () => {
  test('what was set is described, and is there after a restart', async () => {
    const { alter, describe: find, sql } = await open();
    const both: Parts = [
      ['client-id', null],
      ['user', 'alice'],
    ];
    expect(
      await alter([
        [alice, [op('producer_byte_rate', 1000), op('request_percentage', 12.5)]],
        [both, [op('consumer_byte_rate', 5)]],
        [[['ip', '10.0.0.1']], [op('connection_creation_rate', 3)]],
      ]),
    ).toEqual([0, 0, 0]);
    expect(await find([])).toEqual([
      ['user=alice', { producer_byte_rate: 1000, request_percentage: 12.5 }],
      ['user=alice,client-id=null', { consumer_byte_rate: 5 }],
      ['ip=10.0.0.1', { connection_creation_rate: 3 }],
    ]);
    const { limits } = await QuotaStore.open(sql);
    expect([...limits.all()]).toHaveLength(3);
    expect(limits.find('consumer_byte_rate', 'alice', 'any')?.value).toBe(5);
    expect(limits.find('request_percentage', 'alice', 'any')?.value).toBe(5 * 2.5);
  });

  test('a quota that is taken away is gone, the others stay; one that was not there does no harm', async () => {
    const { alter, store } = await open();
    await alter([[alice, [op('producer_byte_rate', 1), op('consumer_byte_rate', 2)]]]);
    expect(await alter([[alice, [op('producer_byte_rate', 0, true), op('request_percentage', 0, true)]]])).toEqual([0]);
    expect([...store.limits.of({ user: 'alice' })]).toEqual([['consumer_byte_rate', 2]]);
  });

  test('validateOnly changes nothing', async () => {
    const { alter, store } = await open();
    expect(await alter([[alice, [op('producer_byte_rate', 1)]]], true)).toEqual([0]);
    expect(store.limits.has('producer_byte_rate')).toBe(false);
  });

  test.each<[string, Parts, object[]]>([
    ['no entity', [], [op('producer_byte_rate', 1)]],
    ['an unknown kind of entity', [['group', 'g']], [op('producer_byte_rate', 1)]],
    [
      'an address with a user',
      [
        ['ip', '1.2.3.4'],
        ['user', 'u'],
      ],
      [op('connection_creation_rate', 1)],
    ],
    ['an address that is none', [['ip', 'nowhere']], [op('connection_creation_rate', 1)]],
    ['a byte rate of an address', [['ip', '1.2.3.4']], [op('producer_byte_rate', 1)]],
    ['connections of a user', alice, [op('connection_creation_rate', 1)]],
    ['an unknown quota', alice, [op('bytes', 1)]],
    ['zero', alice, [op('producer_byte_rate', 0)]],
    ['a negative value', alice, [op('request_percentage', -1)]],
    ['no number', alice, [op('request_percentage', Number.NaN)]],
    ['a fraction of a byte', alice, [op('consumer_byte_rate', 1.5)]],
    ['too many bytes', alice, [op('consumer_byte_rate', 1e30)]],
    ['the same quota twice', alice, [op('consumer_byte_rate', 1), op('consumer_byte_rate', 2)]],
  ])('%s is refused by itself', async (_, parts, ops) => {
    const { alter, store } = await open();
    expect(
      await alter([
        [parts, ops],
        [[['user', 'bob']], [op('producer_byte_rate', 1)]],
      ]),
    ).toEqual([INVALID, 0]);
    expect([...store.limits.all()]).toHaveLength(1);
  });

  test.each<[string, object[], boolean, string[] | number]>([
    ['a name', [{ entityType: 'user', matchType: 0, match: 'a' }], false, ['user=a', 'user=a,client-id=c']],
    ['a name and nothing else', [{ entityType: 'user', matchType: 0, match: 'a' }], true, ['user=a']],
    ['the default', [{ entityType: 'user', matchType: 1, match: null }], false, ['user=null']],
    [
      'all of a kind',
      [{ entityType: 'user', matchType: 2, match: null }],
      false,
      ['user=a', 'user=null', 'user=a,client-id=c'],
    ],
    ['all that are there', [], false, ['user=a', 'user=null', 'user=a,client-id=c', 'ip=null']],
    ['nothing at all', [], true, []],
    ['a name that is missing', [{ entityType: 'user', matchType: 0, match: null }], false, INVALID],
    ['a default with a name', [{ entityType: 'user', matchType: 1, match: 'a' }], false, INVALID],
    ['an unknown way', [{ entityType: 'user', matchType: 3, match: null }], false, INVALID],
    ['no kind', [{ entityType: '', matchType: 0, match: 'a' }], false, INVALID],
    ['an unknown kind', [{ entityType: 'x', matchType: 0, match: 'a' }], false, errorCode.UNSUPPORTED_VERSION],
    ['a kind twice', [1, 2].map(() => ({ entityType: 'user', matchType: 2, match: null })), false, INVALID],
    [
      'users of addresses',
      ['user', 'ip'].map((entityType) => ({ entityType, matchType: 2, match: null })),
      false,
      INVALID,
    ],
  ])('a filter for %s', async (_, components, strict, expected) => {
    const { alter, describe: find } = await open();
    const one = [op('producer_byte_rate', 1)];
    await alter([
      [[['user', 'a']], one],
      [[['user', null]], one],
      [
        [
          ['user', 'a'],
          ['client-id', 'c'],
        ],
        one,
      ],
      [[['ip', null]], [op('connection_creation_rate', 1)]],
    ]);
    const found = await find(components, strict);
    expect(Array.isArray(found) ? found.map(([entity]) => entity) : found).toEqual(expected);
  });

  test('are kept from those without rights on the configs of the cluster', async () => {
    const nobody = { authorize: () => false, authorizeAny: () => false };
    const call = callerOf(quotaHandlers(await QuotaStore.open(openInlineSqlite(':memory:'))), nobody);
    const denied = errorCode.CLUSTER_AUTHORIZATION_FAILED;
    const entry = { entity: entityOf(alice), ops: [op('producer_byte_rate', 1)] };
    const altered = await call(alterClientQuotasApi, 1, { entries: [entry], validateOnly: false });
    expect(altered.entries).toMatchObject([{ errorCode: denied, entity: entry.entity }]);
    expect((await call(describeClientQuotasApi, 1, { components: [], strict: false })).errorCode).toBe(denied);
  });
});
