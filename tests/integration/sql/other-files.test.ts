import { DuckDBInstance } from '@duckdb/node-api';
import { mkdirSync, readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { Broker } from '../../../src/broker/index.ts';
import { loadTable, openSqliteCatalog, type Table, warehouseAt } from '../../../src/lake/index.ts';
import { openObjectStore } from '../../../src/objects/open.ts';
import type { QueryDatabase } from '../../../src/sql/database.ts';
import { QueryDatabases } from '../../../src/sql/databases.ts';
import { TestClient, until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { Lake } from '../tables/lake.ts';
import { BUSY } from '../text/world.ts';

const SECRET = 'known to nobody';
const folder = temporaryFolder();
const lake = new Lake(folder.path);
let broker: Broker;
let client: TestClient;
let secretFile: string;

beforeAll(async () => {
  broker = await Broker.start({ settings: { ...BUSY, 'data.dir': folder.path } });
  client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
  for (const topic of ['open', 'secret', 'stolen']) {
    await client.createTopic(topic, 1, { 'quarry.table': 'true' });
    await client.send(topic, [topic === 'secret' ? SECRET : 'everybody knows']);
    await client.run();
    await until(`the row of ${topic}`, async () => (await lake.count(topic)) === 1);
  }
  [secretFile] = (await lake.files('secret')) as [string];
});
afterAll(async () => {
  await client.close();
  await broker.stop();
  folder.remove();
});

/** The table as somebody with the catalog's password has it. */
async function withTable<T>(topic: string, use: (table: Table) => Promise<T>): Promise<T> {
  const catalog = await openSqliteCatalog(`${folder.path}/catalog.db`);
  const objects = `${folder.path}/objects`;
  const store = await openObjectStore(`file:${objects}`, { clock: systemClock, random: systemRandom });
  const warehouse = warehouseAt(pathToFileURL(objects).href, store);
  try {
    return await use(
      await loadTable(
        { catalog, warehouse, clock: systemClock, random: systemRandom },
        { namespace: ['topics'], name: topic },
      ),
    );
  } finally {
    await catalog.close();
  }
}

describe('a table that names files outside of its folder is not read', () => {
  const inserted = async (path: string): Promise<unknown> => {
    await withTable('stolen', async (table) => {
      const [own] = await table.files();
      await table.commit({ add: [{ ...own!, path }] });
    });
    const { status, body } = await client.http('/sql', 'POST', { sql: 'SELECT decode("value") AS v FROM "stolen"' });
    await withTable('stolen', (table) => table.commit({ remove: [path] }));
    return { status, text: JSON.stringify(body) };
  };

  test.each([
    ['of another topic', () => pathToFileURL(secretFile).href],
    ['of the machine', () => 'file:///etc/passwd'],
    ['by a way around', () => `${pathToFileURL(`${folder.path}/objects`).href}/lake/topics/../../../../../etc/passwd`],
  ])('%s', async (_, path) => {
    const answer = await inserted(path());
    expect(answer).toMatchObject({ status: 409, text: expect.stringContaining('outside of its folder') });
    expect(JSON.stringify(answer)).not.toContain(SECRET);
  });

  test('and is read again without them', async () => {
    const { body } = await client.http('/sql', 'POST', { sql: 'SELECT decode("value") AS v FROM "stolen"' });
    expect(body.rows).toEqual([{ v: 'everybody knows' }]);
  });
});

describe('a query that got past the checks of its text finds its own files only', () => {
  const databases = new QueryDatabases();
  let database: QueryDatabase;
  let own: string;

  beforeAll(async () => {
    [own] = (await lake.files('open')) as [string];
    const limits = { memoryBytes: 64 << 20, threads: 1 };
    // The second one was opened while the first was in use, before anybody knew its files.
    (await databases.take(limits, [])).close();
    database = await databases.take(limits, [own]);
    mkdirSync(`${folder.path}/out`);
  });
  afterAll(async () => {
    database.close();
    await databases.close();
  });

  const run = async (text: string): Promise<string> => {
    try {
      const result = await database.run(text);
      return JSON.stringify(await result.getRowsJson());
    } catch (error) {
      return `refused: ${(error as Error).message}`;
    }
  };

  test('which it reads', async () => {
    expect(await run(`SELECT decode(value) FROM read_parquet('${own}')`)).toBe('[["everybody knows"]]');
  });

  test.each([
    (path: string) => `SELECT * FROM '${path}'`,
    (path: string) => `SELECT * FROM "${path}"`,
    (path: string) => `SELECT * FROM read_parquet('${path}')`,
    (path: string) => `SELECT * FROM read_parquet(['${own}', '${path}'])`,
    (path: string) => `SELECT * FROM read_parquet('file://${path}')`,
    (path: string) => `SELECT * FROM read_parquet('file:${path}')`,
    (path: string) => `SELECT * FROM read_parquet('${own}/../${path.split('/').at(-1)}')`,
    (path: string) => `SELECT * FROM read_parquet('${path.slice(0, path.lastIndexOf('/'))}/*')`,
    (path: string) => `SELECT * FROM parquet_scan('${path}')`,
    (path: string) => `SELECT * FROM parquet_metadata('${path}')`,
    (path: string) => `SELECT * FROM parquet_schema('${path}')`,
    (path: string) => `SELECT * FROM parquet_file_metadata('${path}')`,
    (path: string) => `SELECT * FROM parquet_kv_metadata('${path}')`,
    (path: string) => `SELECT * FROM parquet_bloom_probe('${path}', 'key', 'k')`,
    (path: string) => `SELECT * FROM read_blob('${path}')`,
    (path: string) => `SELECT * FROM read_text('${path}')`,
    (path: string) => `SELECT * FROM read_csv('${path}')`,
    (path: string) => `SELECT * FROM read_csv_auto('${path}', all_varchar = true)`,
    (path: string) => `SELECT * FROM sniff_csv('${path}')`,
    (path: string) => `SELECT * FROM read_json('${path}')`,
    (path: string) => `SELECT * FROM read_json_objects('${path}')`,
    (path: string) => `SELECT * FROM read_ndjson('${path}')`,
    (path: string) => `SELECT * FROM query_table('${path}')`,
    (path: string) => `SELECT * FROM query('SELECT * FROM read_blob(''${path}'')')`,
    (path: string) => `SELECT * FROM glob('${path}')`,
    (path: string) => `COPY (SELECT 1) TO '${path}'`,
    (path: string) => `CREATE TABLE copied AS FROM read_blob('${path}')`,
    (path: string) => `ATTACH '${path}'`,
    (path: string) => `IMPORT DATABASE '${path}'`,
    (path: string) => `LOAD '${path}'`,
    (path: string) => `SET VARIABLE path = '${path}'; SELECT * FROM read_blob(getvariable('path'))`,
    (path: string) => `PREPARE p AS SELECT * FROM read_blob($1); EXECUTE p('${path}')`,
    (path: string) => `SET allowed_paths = ['${path}']`,
    (path: string) => `SET allowed_directories = ['${path}']`,
    (path: string) => `SET file_search_path = '${path}'`,
    (path: string) => `SET temp_directory = '${path}'`,
    (path: string) => `SET log_query_path = '${path}'`,
    (path: string) => `PRAGMA enable_profiling = 'json'; PRAGMA profiling_output = '${path}'`,
    (path: string) => `CREATE SECRET (TYPE s3, PROVIDER credential_chain, SCOPE '${path}')`,
  ])('%s', async (text) => {
    for (const path of ['/etc/passwd', secretFile]) {
      const answer = await run(text(path));
      expect(answer).toMatch(/^refused: /);
      expect(answer).not.toContain('root:');
      expect(answer).not.toContain(SECRET);
    }
  });

  test.each([
    'SET enable_external_access = true',
    'RESET enable_external_access',
    'SET GLOBAL lock_configuration = false',
    'SET autoload_known_extensions = true',
    'SET allow_unsigned_extensions = true',
    'INSTALL httpfs',
    'LOAD httpfs',
    `SELECT * FROM read_parquet('http://127.0.0.1:1/f.parquet')`,
    `SELECT * FROM read_parquet('s3://bucket/f.parquet')`,
    `CHECKPOINT; ATTACH 'x.db'`,
  ])('%s', async (text) => {
    expect(await run(text)).toMatch(/^refused: /);
  });

  test('and writes nowhere', async () => {
    const out = `${folder.path}/out`;
    for (const text of [
      `COPY (SELECT 1) TO '${out}/f.csv'`,
      `COPY (SELECT 1) TO '${out}' (FORMAT parquet, PARTITION_BY (x))`,
      `EXPORT DATABASE '${out}/db'`,
      `ATTACH '${out}/x.db'`,
      `COPY (SELECT 1) TO '${own}' (FORMAT parquet)`,
      `COPY (SELECT 1) TO '${own}' (FORMAT parquet, USE_TMP_FILE false)`,
      `SELECT 1; COPY (SELECT 1) TO '${own}' (FORMAT csv, USE_TMP_FILE false)`,
    ])
      expect(await run(text), text).toMatch(/^refused: /);
    expect(readdirSync(out)).toEqual([]);
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(`SELECT count(*)::INTEGER FROM read_parquet('${own}')`);
    expect(reader.getRows()).toEqual([[1]]);
    connection.closeSync();
    instance.closeSync();
  });
});
