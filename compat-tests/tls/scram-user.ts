import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { alterUserScramCredentialsApi } from '../../protocol/messages/index.ts';
import { USERS } from '../brokers/profiles.ts';
import { WireConnection } from '../wire/connection.ts';

const ITERATIONS = 4096;

/** Makes a user of SCRAM-SHA-256 and SCRAM-SHA-512, logged in as the administrator: neither kcat nor kafkajs can. */
export async function makeUser(bootstrap: string, ca: Buffer, user: string, password: string): Promise<void> {
  const connection = new WireConnection(bootstrap, { clientId: 'compat', ca });
  try {
    await connection.login('admin', USERS.admin);
    const hashes = [
      [1, 'sha256', 32],
      [2, 'sha512', 64],
    ] as const;
    for (const [mechanism, hash, length] of hashes) {
      const salt = randomBytes(16);
      const saltedPassword = pbkdf2Sync(password, salt, ITERATIONS, length, hash);
      const upsertions = [{ name: user, mechanism, iterations: ITERATIONS, salt, saltedPassword }];
      const { results } = await connection.call(alterUserScramCredentialsApi, 0, { deletions: [], upsertions });
      if (results[0]?.errorCode !== 0) throw new Error(`no user: ${results[0]?.errorMessage}`);
    }
  } finally {
    connection.close();
  }
}
