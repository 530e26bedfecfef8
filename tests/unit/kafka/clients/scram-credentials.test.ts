import { beforeEach, describe, expect, test } from 'vitest';
import { errorCode } from '../../../../protocol/errors.ts';
import { alterUserScramCredentialsApi, describeUserScramCredentialsApi } from '../../../../protocol/messages/index.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { alterUserScramCredentialsHandler } from '../../../../src/kafka/handlers/51-alter-user-scram-credentials.ts';
import { describeUserScramCredentialsHandler } from '../../../../src/kafka/handlers/50-describe-user-scram-credentials.ts';
import { openInlineSqlite } from '../../../../src/metadata/sqlite-inline.ts';
import { everybodyMay } from '../../../../src/security/authorizer.ts';
import { SCRAM_SHA_256 } from '../../../../src/security/sasl/scram-keys.ts';
import { ScramUsers } from '../../../../src/security/scram-users.ts';
import { callerOf } from '../call.ts';

const bytes = { salt: Buffer.from('salt'), saltedPassword: Buffer.alloc(32, 7) };
const upsertion = (name: string, changes = {}) => ({ name, mechanism: 1, iterations: 4096, ...bytes, ...changes });

let users: ScramUsers;
const open = (authorizer = everybodyMay) => {
  const handlers = [alterUserScramCredentialsHandler(users), describeUserScramCredentialsHandler(users)];
  const call = callerOf(handlers, authorizer);
  return {
    alter: async (upsertions: object[], deletions: object[] = []) =>
      (await call(alterUserScramCredentialsApi, 0, { upsertions, deletions } as never)).results,
    describe: (names: string[] | null) =>
      call(describeUserScramCredentialsApi, 0, { users: names?.map((name) => ({ name })) ?? null }),
  };
};

beforeEach(async () => {
  users = new ScramUsers();
  await users.load(openInlineSqlite(':memory:'), seededRandom(1));
});

describe('credentials of users', () => {
  test('are described by mechanism and iterations', async () => {
    const { alter, describe: ask } = open();
    await alter([upsertion('bob'), upsertion('alice', { mechanism: 2, iterations: 8192 })]);
    const all = await ask(null);
    expect(all.results.map(({ user, credentialInfos }) => [user, credentialInfos])).toMatchObject([
      ['alice', [{ mechanism: 2, iterations: 8192 }]],
      ['bob', [{ mechanism: 1, iterations: 4096 }]],
    ]);
    expect((await ask([])).results).toHaveLength(2);
    expect(users.get(SCRAM_SHA_256, 'bob')?.storedKey).toHaveLength(32);
  });

  test('are described without a stop where very many are asked for', { timeout: 10_000 }, async () => {
    const names = Array.from({ length: 100_000 }, (_, at) => `user${at}`);
    expect((await open().describe(names)).results).toHaveLength(names.length);
  });

  test('that are asked for twice or are not there are errors of their own', async () => {
    const { alter, describe: ask } = open();
    await alter([upsertion('bob')]);
    const { errorCode: code, results } = await ask(['bob', 'carol', 'dave', 'dave']);
    expect(code).toBe(0);
    expect(results.map(({ user, errorCode: one, errorMessage }) => [user, one, errorMessage])).toEqual([
      ['bob', 0, null],
      ['carol', errorCode.RESOURCE_NOT_FOUND, 'Attempt to describe a user credential that does not exist: carol'],
      [
        'dave',
        errorCode.DUPLICATE_RESOURCE,
        'Cannot describe SCRAM credentials for the same user twice in a single request: dave',
      ],
    ]);
  });

  test('that cannot be are refused one by one, and the others are stored', async () => {
    const results = await open().alter(
      [
        upsertion('few', { iterations: 4095 }),
        upsertion('many', { iterations: 16_385 }),
        upsertion('empty', { saltedPassword: Buffer.alloc(0) }),
        upsertion('good'),
        upsertion('', {}),
        upsertion('odd', { mechanism: 7 }),
        upsertion('twice'),
        upsertion('twice', { mechanism: 2 }),
      ],
      [{ name: 'gone', mechanism: 1 }],
    );
    expect(Object.fromEntries(results.map((one) => [one.user, [one.errorCode, one.errorMessage]]))).toEqual({
      few: [errorCode.UNACCEPTABLE_CREDENTIAL, 'Too few iterations'],
      many: [errorCode.UNACCEPTABLE_CREDENTIAL, 'Too many iterations'],
      empty: [errorCode.UNACCEPTABLE_CREDENTIAL, 'Empty salted password'],
      good: [0, null],
      '': [errorCode.UNACCEPTABLE_CREDENTIAL, 'Username must not be empty'],
      odd: [errorCode.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism'],
      twice: [errorCode.DUPLICATE_RESOURCE, 'A user credential cannot be altered twice in the same request'],
      gone: [errorCode.RESOURCE_NOT_FOUND, 'Attempt to delete a user credential that does not exist'],
    });
    expect(users.users()).toEqual(['good']);
  });

  test('are deleted by mechanism', async () => {
    const { alter } = open();
    await alter([upsertion('bob')]);
    expect(await alter([], [{ name: 'bob', mechanism: 2 }])).toMatchObject([
      { errorCode: errorCode.RESOURCE_NOT_FOUND },
    ]);
    expect(await alter([], [{ name: 'bob', mechanism: 1 }])).toMatchObject([{ user: 'bob', errorCode: 0 }]);
    expect(users.users()).toEqual([]);
  });

  test('are shown to and changed by nobody without rights on the cluster', async () => {
    const { alter, describe: ask } = open({ authorize: () => false, authorizeAny: () => false });
    expect(await alter([upsertion('bob')], [{ name: 'carol', mechanism: 1 }])).toMatchObject([
      { user: 'carol', errorCode: errorCode.CLUSTER_AUTHORIZATION_FAILED },
      { user: 'bob', errorCode: errorCode.CLUSTER_AUTHORIZATION_FAILED },
    ]);
    expect(await ask(null)).toMatchObject({ errorCode: errorCode.CLUSTER_AUTHORIZATION_FAILED, results: [] });
    expect(users.users()).toEqual([]);
  });
});
