import { afterEach, expect, test } from 'vitest';
import type { QueryDatabase } from '../../../src/sql/database.ts';
import { QueryDatabases } from '../../../src/sql/databases.ts';

const MIB = 1024 * 1024;
const databases = new QueryDatabases();
const taken: QueryDatabase[] = [];

const take = async (memoryBytes: number): Promise<QueryDatabase> => {
  const database = await databases.take({ memoryBytes, threads: 1 }, []);
  taken.push(database);
  return database;
};
const memoryOf = async (database: QueryDatabase): Promise<unknown> =>
  (await (await database.run("SELECT current_setting('memory_limit') AS m")).getRowObjectsJson())[0]?.['m'];

afterEach(async () => {
  for (const database of taken.splice(0)) database.close();
  await databases.close();
});

test('each query has a database that no other has or had', async () => {
  for (let turn = 0; turn < 3; turn++) {
    const { connection } = await take(64 * MIB);
    await connection.run('CREATE TABLE mine AS SELECT 1');
  }
  const both = await Promise.all([take(64 * MIB), take(64 * MIB)]);
  for (const { connection } of both) await connection.run('CREATE TABLE mine AS SELECT 1');
});

test('a database that was opened for other limits is not used', async () => {
  expect(await memoryOf(await take(64 * MIB))).toBe('64.0 MiB');
  expect(await memoryOf(await take(32 * MIB))).toBe('32.0 MiB');
  expect(await memoryOf(await take(32 * MIB))).toBe('32.0 MiB');
});
