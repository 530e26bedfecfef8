import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pythonWithIceberg } from '../../../compat-tests/iceberg/python.ts';
import { POSTGRES_BIN, PostgresServer } from '../../contract/catalogs/postgres-server.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { type Catalog, createTable, openCatalog, type Table, warehouseAt } from '../../../src/lake/index.ts';
import { openFileStore } from '../../../src/objects/file.ts';
import { BY_DAY, SCHEMA, someFile } from '../../unit/lake/tables.ts';

const possible = process.env['CI'] !== undefined || spawnSync('python3', ['-m', 'venv', '--help']).status === 0;
if (!possible) console.warn('SKIPPED: reading tables with pyiceberg needs python3 with venv');

const DAY_MS = 86_400_000;
const SCRIPT = join(import.meta.dirname, '../../../compat-tests/iceberg/table.py');

function parquet(offsets: readonly number[], day: number): Uint8Array {
  const required = { repetition_type: 'REQUIRED' } as const;
  const logical = { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } as const;
  const bytes = parquetWriteBuffer({
    schema: [
      { name: 'root', num_children: 3 },
      { name: 'partition', type: 'INT32', field_id: 1, ...required },
      { name: 'offset', type: 'INT64', field_id: 2, ...required },
      { name: 'timestamp', type: 'INT64', field_id: 3, logical_type: logical, ...required },
    ],
    columnData: [
      { name: 'partition', data: offsets.map(() => 0) },
      { name: 'offset', data: offsets.map(BigInt) },
      { name: 'timestamp', data: offsets.map(() => BigInt(day * DAY_MS) * 1000n) },
    ],
  });
  return new Uint8Array(bytes);
}

if (POSTGRES_BIN === undefined)
  console.warn('SKIPPED: pyiceberg on PostgreSQL, which is not installed on this machine');

/** Where catalogs are, as this program and as pyiceberg names them. */
interface Database {
  readonly url: string;
  readonly uri: string;
  stop(): Promise<void>;
}

const databases: Readonly<Record<string, (folder: string) => Promise<Database>>> = {
  SQLite: async (folder) => ({
    url: `sqlite:${folder}/catalog.db`,
    uri: `sqlite:///${folder}/catalog.db`,
    stop: async () => undefined,
  }),
  ...(POSTGRES_BIN !== undefined && {
    PostgreSQL: async () => {
      const server = await PostgresServer.start(POSTGRES_BIN as string);
      const url = server.url('postgres');
      return { url, uri: url.replace('postgres:', 'postgresql+psycopg2:'), stop: () => server.stop() };
    },
  }),
};

describe.skipIf(!possible).each(Object.keys(databases))('pyiceberg and this program on one table, %s', (kind) => {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-iceberg-'));
  const lake = join(folder, 'lake');
  let database: Database;
  let catalog: Catalog;
  let table: Table;

  async function python(...more: string[]): Promise<Record<string, unknown>> {
    const args = [SCRIPT, database.uri, `file://${lake}`, 'topics', 'my.topic', ...more];
    const { stdout } = await promisify(execFile)(pythonWithIceberg(), args, { timeout: 120_000 });
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** Writes one file of these offsets and commits it. */
  async function write(offsets: readonly number[], day: number): Promise<void> {
    const bytes = parquet(offsets, day);
    const planned = someFile(table, `o${offsets[0]}`, day, offsets.length);
    const none = new Map<number, never>();
    const file = {
      ...planned,
      fileSizeInBytes: bytes.byteLength,
      lowerBounds: none,
      upperBounds: none,
      columnSizes: none,
    };
    const { warehouse } = table.context;
    await warehouse.store.put(warehouse.keyOf(file.path) ?? '', bytes);
    const move = { from: offsets[0] ?? 0, to: (offsets.at(-1) ?? 0) + 1 };
    await table.commit({ add: [file], offsets: new Map([[0, move]]) });
  }

  beforeAll(async () => {
    pythonWithIceberg();
    const store = await openFileStore(lake, { random: systemRandom, clock: systemClock });
    database = (await databases[kind]?.(folder))!;
    catalog = await openCatalog(database.url);
    await catalog.createNamespace(['topics']);
    const definition = { schema: SCHEMA, spec: BY_DAY, properties: { 'commit.manifest.min-count-to-merge': '2' } };
    const identifier = { namespace: ['topics'], name: 'my.topic' };
    const warehouse = warehouseAt(`file://${lake}`, store);
    table = await createTable({ catalog, warehouse, clock: systemClock, random: systemRandom }, identifier, definition);
  }, 300_000);

  afterAll(async () => {
    await catalog?.close();
    await database?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('it reads our rows, filters them, reads an old snapshot, appends, and we go on where we were', async () => {
    await write([0, 1], 20_000);
    await write([2], 20_001);
    await write([3], 20_001);
    expect(await python()).toEqual({
      namespaces: [['topics']],
      tables: [['topics', 'my.topic']],
      rows: [0, 1, 2, 3].map((offset) => [0, offset]),
      first: [0, 1].map((offset) => [0, offset]),
      filtered: [2, 3].map((offset) => [0, offset]),
      days: ['2024-10-04', '2024-10-05'],
      operations: ['append', 'append', 'append'],
    });

    const row = { partition: 7, offset: 100, timestamp: 20_002 * DAY_MS };
    expect(await python('append', JSON.stringify([row]))).toMatchObject({
      rows: [...[0, 1, 2, 3].map((offset) => [0, offset]), [7, 100]],
    });

    // Our copy is behind: the commit is made anew on top of the other engine's snapshot, whose id has 63 bits.
    await write([4], 20_002);
    expect(table.logOffsets()).toEqual(new Map([[0, 5]]));
    expect((await table.files()).reduce((sum, file) => sum + file.recordCount, 0)).toBe(6);
    expect(await python()).toMatchObject({
      rows: [...[0, 1, 2, 3, 4].map((offset) => [0, offset]), [7, 100]],
      days: ['2024-10-04', '2024-10-05', '2024-10-06'],
    });

    await table.commit({ remove: [someFile(table, 'o0').path] });
    expect(await python()).toMatchObject({ rows: [...[2, 3, 4].map((offset) => [0, offset]), [7, 100]] });
  }, 180_000);
});
