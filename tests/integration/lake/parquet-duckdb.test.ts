import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Memtable, parsePromotedColumns, RECORD_SPEC, recordSchema, writeDataFiles } from '../../../src/lake/index.ts';

const ROWS = 3000;
const TIME = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

/** Files of every codec, written with several row groups. */
describe.each(['zstd', 'gzip', 'snappy', 'uncompressed'] as const)('DuckDB reads a file of %s', (compression) => {
  const folder = mkdtempSync(join(tmpdir(), 'parquet-'));
  const file = join(folder, 'rows.parquet');
  let database: DuckDBInstance;
  const ask = async (sql: string) => {
    const connection = await database.connect();
    try {
      return (await connection.runAndReadAll(sql.replaceAll('FILE', `'${file}'`))).getRowsJson();
    } finally {
      connection.closeSync();
    }
  };

  beforeAll(async () => {
    database = await DuckDBInstance.create(':memory:');
    const table = new Memtable();
    for (let row = 0; row < ROWS; row++) {
      const headers =
        row % 3 === 0
          ? [
              { key: Buffer.from('a'), value: Buffer.from(`h${row}`) },
              { key: Buffer.from('b'), value: null },
            ]
          : [];
      const value =
        row % 10 === 0
          ? null
          : Buffer.from(
              JSON.stringify({
                level: row % 2 ? 'INFO' : 'WARN',
                n: row,
                ok: row % 2 === 0,
                user: { id: `u${row}` },
                f: row / 2,
                at: '2026-01-01T00:00:00.5Z',
                day: '2026-01-01',
              }),
            );
      table.append(
        row % 4,
        row * 7,
        TIME + row,
        row % 2,
        row % 5 === 0 ? null : Buffer.from(`key-${row}`),
        value,
        headers,
      );
    }
    await writeDataFiles(table.freeze(), {
      schema: recordSchema(
        parsePromotedColumns('level string, n long, ok boolean, user.id string, f double, at timestamptz, day date'),
      ),
      spec: RECORD_SPEC,
      compression,
      rowGroupRows: 1024,
      write: async (bytes) => {
        writeFileSync(file, bytes);
        return file;
      },
    });
  });

  afterAll(() => {
    database.closeSync();
    rmSync(folder, { recursive: true });
  });

  test('columns have their types', async () => {
    const rows = await ask('SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM FILE)');
    expect(rows).toEqual([
      ['partition', 'INTEGER'],
      ['offset', 'BIGINT'],
      ['timestamp', 'TIMESTAMP WITH TIME ZONE'],
      ['timestamp_type', 'INTEGER'],
      ['key', 'BLOB'],
      ['value', 'BLOB'],
      ['headers', 'STRUCT("key" VARCHAR, "value" BLOB)[]'],
      ['level', 'VARCHAR'],
      ['n', 'BIGINT'],
      ['ok', 'BOOLEAN'],
      ['user.id', 'VARCHAR'],
      ['f', 'DOUBLE'],
      ['at', 'TIMESTAMP WITH TIME ZONE'],
      ['day', 'DATE'],
    ]);
  });

  test('columns have their field ids', async () => {
    const rows = await ask(
      "SELECT field_id || ' ' || name FROM parquet_schema(FILE) WHERE field_id IS NOT NULL AND name NOT IN ('list')",
    );
    expect(rows.flat()).toEqual([
      '1 partition',
      '2 offset',
      '3 timestamp',
      '4 timestamp_type',
      '5 key',
      '6 value',
      '7 headers',
      '8 element',
      '9 key',
      '10 value',
      '11 level',
      '12 n',
      '13 ok',
      '14 user.id',
      '15 f',
      '16 at',
      '17 day',
    ]);
  });

  test('rows are those that were written, by partition and offset', async () => {
    const [counts] = await ask(
      'SELECT count(*)::INT, count(key)::INT, count(value)::INT, sum(len(headers))::INT, sum("offset")::INT, sum(n)::INT, count("user.id")::INT FROM FILE',
    );
    const valued = Array.from({ length: ROWS }, (_, row) => row).filter((row) => row % 10 !== 0);
    expect(counts).toEqual([
      ROWS,
      2400,
      2700,
      2000,
      (7 * ROWS * (ROWS - 1)) / 2,
      valued.reduce((sum, row) => sum + row, 0),
      2700,
    ]);
    const [order] = await ask(
      'SELECT count(*)::INT FROM (SELECT partition, "offset", lag(partition) OVER () AS p, lag("offset") OVER () AS o FROM FILE) WHERE p IS NOT NULL AND (partition, "offset") <= (p, o)',
    );
    expect(order).toEqual([0]);
  });

  test('a row has every value', async () => {
    const [row] = await ask(
      `SELECT partition, "offset", epoch_ms("timestamp")::VARCHAR, timestamp_type, decode(key), decode(value)::JSON->>'n', headers[1].key, decode(headers[1].value), headers[2].value, level, n::INT, ok, "user.id", f, epoch_ms("at")::VARCHAR, day FROM FILE WHERE "offset" = 21`,
    );
    expect(row).toEqual([
      3,
      '21',
      String(TIME + 3),
      1,
      'key-3',
      '3',
      'a',
      'h3',
      null,
      'INFO',
      3,
      false,
      'u3',
      1.5,
      String(Date.UTC(2026, 0, 1, 0, 0, 0, 500)),
      '2026-01-01',
    ]);
  });

  test('keys are looked up through the bloom filter', async () => {
    const probe = (key: string) =>
      ask(`SELECT bloom_filter_excludes FROM parquet_bloom_probe(FILE, 'key', '${key}'::BLOB) ORDER BY row_group_id`);
    expect((await probe('key-nowhere')).flat().filter(Boolean).length).toBeGreaterThanOrEqual(2);
    // Row 3 lies in the last partition, and so in the last row group.
    expect((await probe('key-3')).flat()).toEqual([expect.any(Boolean), expect.any(Boolean), false]);
    expect(await ask('SELECT "offset" FROM FILE WHERE key = \'key-3\'::BLOB')).toEqual([['21']]);
  });

  test('statistics enclose the values', async () => {
    const rows = await ask(
      "SELECT stats_null_count::INT, num_values::INT FROM parquet_metadata(FILE) WHERE path_in_schema = 'key'",
    );
    expect(rows.reduce((sum, [nulls]) => sum + Number(nulls), 0)).toBe(600);
    expect(await ask("SELECT count(*)::INT FROM FILE WHERE key >= 'key-'::BLOB AND key < 'key.'::BLOB")).toEqual([
      [2400],
    ]);
  });
});
