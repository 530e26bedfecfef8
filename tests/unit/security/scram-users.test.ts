import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import {
  saltPasswordSync,
  SCRAM_SHA_256,
  SCRAM_SHA_512,
  type ScramHash,
} from '../../../src/security/sasl/scram-keys.ts';
import { ScramUsers } from '../../../src/security/scram-users.ts';

const upsertion = (user: string, scram: ScramHash, salt: Uint8Array, iterations = 4096) => {
  return { user, scram, iterations, salt, saltedPassword: saltPasswordSync(scram, 'secret', salt, iterations) };
};

async function opened() {
  const sql = openInlineSqlite(':memory:');
  const users = new ScramUsers();
  await users.load(sql, seededRandom(1));
  return { sql, users };
}

test('users are there again after a restart, without their passwords', async () => {
  const { sql, users } = await opened();
  await users.alter(
    [],
    [
      upsertion('bob', SCRAM_SHA_256, Buffer.from('salt')),
      upsertion('alice', SCRAM_SHA_512, Buffer.from('pepper'), 8192),
    ],
  );
  const again = new ScramUsers();
  await again.load(sql, seededRandom(2));
  expect(again.users()).toEqual(['alice', 'bob']);
  expect(again.get(SCRAM_SHA_256, 'bob')).toEqual(users.get(SCRAM_SHA_256, 'bob'));
  expect(again.mechanismsOf('alice')).toEqual([{ scram: SCRAM_SHA_512, iterations: 8192 }]);
  expect(JSON.stringify(await sql.query('SELECT * FROM scram_credentials'))).not.toContain('secret');
});

test('a deletion is as durable as a credential', async () => {
  const { sql, users } = await opened();
  await users.alter([], [upsertion('bob', SCRAM_SHA_256, Buffer.from('salt'))]);
  await users.alter([{ user: 'bob', scram: SCRAM_SHA_256 }], []);
  const again = new ScramUsers();
  await again.load(sql, seededRandom(2));
  expect([users.users(), again.users()]).toEqual([[], []]);
});

test('an unknown user has the same decoy at each time and after a restart', async () => {
  const { sql, users } = await opened();
  const again = new ScramUsers();
  await again.load(sql, seededRandom(2));
  expect(users.decoy(SCRAM_SHA_256, 'nobody')).toEqual(users.decoy(SCRAM_SHA_256, 'nobody'));
  expect(again.decoy(SCRAM_SHA_256, 'nobody')).toEqual(users.decoy(SCRAM_SHA_256, 'nobody'));
  expect(users.decoy(SCRAM_SHA_256, 'somebody').salt).not.toEqual(users.decoy(SCRAM_SHA_256, 'nobody').salt);
  expect(Buffer.from(users.decoy(SCRAM_SHA_256, 'nobody').salt).toString()).toMatch(/^[0-9a-z]{26}$/);
});

test('a decoy looks like the credentials that there are', async () => {
  const { users } = await opened();
  await users.alter([], [upsertion('bob', SCRAM_SHA_256, Buffer.alloc(16, 200), 8192)]);
  const decoy = users.decoy(SCRAM_SHA_256, 'nobody');
  expect([decoy.salt.length, decoy.iterations]).toEqual([16, 8192]);
  expect(Buffer.from(decoy.salt).toString('latin1')).not.toMatch(/^[0-9a-z]*$/);
});
