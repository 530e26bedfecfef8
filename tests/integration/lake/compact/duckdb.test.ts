import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../../src/base/clock.ts';
import { systemDisk } from '../../../../src/base/disk-system.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import {
  compactTable,
  createTable,
  diskSpool,
  MemoryCatalog,
  parsePromotedColumns,
  RECORD_ORDER,
  RECORD_SPEC,
  recordSchema,
  type Table,
  warehouseAt,
} from '../../../../src/lake/index.ts';
import { openFileStore } from '../../../../src/objects/file.ts';
import { flushes, RULE } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'merged-'));
let database: DuckDBInstance;
let table: Table;

/** The rows of the table's files as DuckDB reads them. */
async function asked(select: string): Promise<unknown[]> {
  const files = (await table.files()).map(({ path }) => `'${path.replace('file://', '')}'`);
  const connection = await database.connect();
  try {
    const sql = `SELECT ${select} FROM read_parquet([${files.join(', ')}]) ORDER BY partition, "offset"`;
    return (await connection.runAndReadAll(sql)).getRowsJson();
  } finally {
    connection.closeSync();
  }
}

beforeAll(async () => {
  database = await DuckDBInstance.create(':memory:');
  const catalog = new MemoryCatalog();
  await catalog.createNamespace(['topics']);
  table = await createTable(
    {
      catalog,
      warehouse: warehouseAt(
        pathToFileURL(join(folder, 'objects')).href,
        await openFileStore(join(folder, 'objects'), { random: seededRandom(2), clock: systemClock }),
      ),
      clock: systemClock,
      random: seededRandom(1),
    },
    { namespace: ['topics'], name: 'orders' },
    {
      schema: recordSchema(
        parsePromotedColumns('level string, n long, ratio double, at timestamptz, day date, ok boolean'),
      ),
      spec: RECORD_SPEC,
      sortOrder: RECORD_ORDER,
    },
  );
});

afterAll(() => {
  database.closeSync();
  rmSync(folder, { recursive: true });
});

test('DuckDB reads the same rows from merged files, in every column', async () => {
  await flushes(table, 6, 200);
  const before = await asked('*');
  expect(before).toHaveLength(2400);
  const spool = () => diskSpool(systemDisk, join(folder, 'merged.parquet'), true);
  const report = await compactTable(table, { rule: RULE, rowGroupRows: 500, spool });
  expect(report).toMatchObject({ filesBefore: 6, filesAfter: 1 });
  expect(await asked('*')).toEqual(before);
});

test('and finds the row groups sorted, with bounds by which it leaves others out', async () => {
  const [file] = await table.files();
  const connection = await database.connect();
  const sql = `SELECT row_group_id, stats_min_value, stats_max_value FROM parquet_metadata('${file!.path.replace('file://', '')}')
    WHERE path_in_schema = 'partition' ORDER BY row_group_id`;
  const rows = (await connection.runAndReadAll(sql)).getRowsJson();
  connection.closeSync();
  expect(rows.map(([, low, high]) => `${JSON.stringify(low)}-${JSON.stringify(high)}`)).toEqual([
    '"0"-"0"',
    '"0"-"0"',
    '"0"-"1"',
    '"1"-"1"',
    '"1"-"1"',
  ]);
});
