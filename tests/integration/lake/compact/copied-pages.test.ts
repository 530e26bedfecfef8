import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { compactTable, type DataFile, Memtable, type Table, verifyDataFile } from '../../../../src/lake/index.ts';
import { GroupReader } from '../../../../src/lake/parquet/group-reader.ts';
import { FIELD_ID } from '../../../../src/lake/parquet/record-schema.ts';
import { byPlace, commitDeletes } from '../row-deletes.ts';
import { DAY, flush, newLake, RULE, rowsOf } from './world.ts';

const PAGES = { ...RULE, targetBytes: 2 ** 30 };
const random = seededRandom(11);

/** Values of 4 KiB that cannot be compressed: a page holds 256 of them. */
function largeRows(from: number, to: number, partitions = 2): Memtable {
  const rows = new Memtable();
  for (let offset = from; offset < to; offset++)
    for (let partition = 0; partition < partitions; partition++) {
      const value = offset % 100 === 7 ? null : Buffer.from(random.bytes(4096));
      rows.append(partition, offset, 20_000 * DAY + offset, 0, Buffer.from(`key-${offset}`), value, []);
    }
  return rows;
}

/** In row groups as large as those of a broker. */
const flushLarge = (table: Table, rows: Memtable, from: number, to: number, partitions = 2): Promise<void> =>
  flush(table, rows, from, to, partitions, 50_000);

async function largeFlushes(table: Table, count: number, each = 600): Promise<void> {
  for (let from = 0; from < count * each; from += each)
    await flushLarge(table, largeRows(from, from + each), from, from + each);
}

/** What the pages of values are, as they are stored, and the rows of each row group. */
async function pagesOf(table: Table, files: readonly DataFile[]): Promise<{ pages: string[]; groupRows: number[] }> {
  const { warehouse } = table.context;
  const pages: string[] = [];
  const groupRows: number[] = [];
  for (const file of files) {
    const reader = await GroupReader.open(warehouse.store, warehouse.keyOf(file.path)!, file);
    const read = () =>
      reader.next('all', async ({ rows, paged }) => {
        groupRows.push(rows);
        for (const { stored } of paged(FIELD_ID.value)!.copyable('ZSTD').values())
          pages.push(createHash('md5').update(stored).digest('hex'));
        return true;
      });
    while ((await read()) === true);
  }
  return { pages, groupRows };
}

/** What DuckDB makes of the only file of the table: the rows, and a checksum of their values in their order. */
async function askDuckDb(table: Table): Promise<unknown> {
  const { warehouse } = table.context;
  const [file] = await table.files();
  const folder = mkdtempSync(join(tmpdir(), 'copied-pages-'));
  const path = join(folder, 'merged.parquet');
  writeFileSync(path, await warehouse.store.get(warehouse.keyOf(file!.path)!));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const hashes = `string_agg(coalesce(md5(value), 'none'), '' ORDER BY "partition", "offset")`;
    const sql = `SELECT count(*)::INTEGER, count(value)::INTEGER, md5(${hashes}) FROM '${path}'`;
    return (await connection.runAndReadAll(sql)).getRows()[0];
  } finally {
    connection.closeSync();
    instance.closeSync();
    rmSync(folder, { recursive: true });
  }
}

function expectedOf(rows: readonly string[]): unknown {
  const parsed = rows.map((row) => JSON.parse(row) as [number, string, number, number, string, string | null]);
  parsed.sort((left, right) => left[0] - right[0] || Number(left[1]) - Number(right[1]));
  const values = parsed.map(([, , , , , value]) => value);
  const md5 = (bytes: Buffer | string): string => createHash('md5').update(bytes).digest('hex');
  const hashes = values.map((value) => (value === null ? 'none' : md5(Buffer.from(value, 'latin1'))));
  return [values.length, values.filter((value) => value !== null).length, md5(hashes.join(''))];
}

async function expectSound(table: Table): Promise<void> {
  const { store } = table.context.warehouse;
  for (const file of await table.files())
    await verifyDataFile(store, table.context.warehouse.keyOf(file.path)!, file, table.schema);
}

describe('pages of values', () => {
  test('become part of the merged file as they are, and everybody reads it', async () => {
    const { table } = await newLake();
    await largeFlushes(table, 4);
    const before = await rowsOf(table);
    const inputs = await pagesOf(table, await table.files());
    expect(await compactTable(table, { rule: PAGES })).toMatchObject({ merges: 1, filesAfter: 1, rows: 4800 });
    expect(await rowsOf(table)).toEqual(before);
    const merged = await pagesOf(table, await table.files());
    const copied = merged.pages.filter((page) => inputs.pages.includes(page));
    expect(copied.length).toBeGreaterThan(inputs.pages.length / 2);
    // 8 MiB of values, what one page adds, and the rows that have none.
    expect(Math.max(...merged.groupRows)).toBeLessThan((10 * 1024 * 1024) / 4096);
    await expectSound(table);
    expect(await askDuckDb(table)).toEqual(expectedOf(before));
  });

  test('are as many after every merge: small ones are written anew', async () => {
    const { table } = await newLake();
    for (let round = 0; round < 3; round++) {
      for (let at = 0; at < 3; at++) {
        const from = (3 * round + at) * 150;
        await flushLarge(table, largeRows(from, from + 150), from, from + 150);
      }
      await compactTable(table, { rule: { ...PAGES, minPieces: 2 } });
    }
    const files = await table.files();
    const { pages } = await pagesOf(table, files);
    const bytes = files.reduce((sum, { fileSizeInBytes }) => sum + fileSizeInBytes, 0);
    expect(bytes / pages.length).toBeGreaterThan(256 * 1024);
    await expectSound(table);
  });

  test('are written anew where a row of them is left out', async () => {
    const { table } = await newLake();
    await largeFlushes(table, 4);
    const [first] = await table.files();
    await commitDeletes(table, [byPlace(first!, [300])]);
    const before = await rowsOf(table);
    const isDropped = (row: string): boolean => Number((JSON.parse(row) as string[])[1]) % 999 === 5;
    const drop = ({ offset }: { offset: ArrayLike<number> }, row: number): boolean => offset[row]! % 999 === 5;
    const report = await compactTable(table, { rule: PAGES, drop });
    expect(report).toMatchObject({ merges: 1, deleted: 1, dropped: 6 });
    const after = await rowsOf(table);
    const left = before.filter((row) => !isDropped(row));
    expect(left.filter((row) => !after.includes(row))).toHaveLength(1);
    expect(after).toHaveLength(left.length - 1);
    await expectSound(table);
    expect(await askDuckDb(table)).toEqual(expectedOf(after));
  });

  test('are written anew in another compression', async () => {
    const { table } = await newLake();
    await largeFlushes(table, 4, 300);
    const before = await rowsOf(table);
    await compactTable(table, { rule: PAGES, compression: 'snappy' });
    expect((await pagesOf(table, await table.files())).pages).toEqual([]);
    expect(await rowsOf(table)).toEqual(before);
    expect(await askDuckDb(table)).toEqual(expectedOf(before));
  });

  test('are sorted in where files overlap', async () => {
    const { table } = await newLake();
    // Every other offset comes later, so that no page of one file lies between two rows of another.
    for (const step of [0, 1]) {
      const rows = new Memtable();
      for (let offset = step; offset < 1200; offset += 2)
        rows.append(0, offset, 20_000 * DAY, 0, null, Buffer.from(random.bytes(4096)), []);
      await flushLarge(table, rows, 600 * step, 600 * (step + 1), 1);
    }
    await flushLarge(table, largeRows(1200, 1800, 1), 1200, 1800, 1);
    const before = await rowsOf(table);
    await compactTable(table, { rule: { ...PAGES, minPieces: 2 } });
    expect(await table.files()).toHaveLength(1);
    expect(await rowsOf(table)).toEqual(before);
    await expectSound(table);
    expect(await askDuckDb(table)).toEqual(expectedOf(before));
  });

  test('have bounds that hold, beside small files too', async () => {
    const { table } = await newLake();
    await largeFlushes(table, 2, 300);
    await flush(table, largeRows(600, 620), 600, 620);
    await compactTable(table, { rule: { ...PAGES, minPieces: 2 } });
    expect(await table.files()).toHaveLength(1);
    const values = (await rowsOf(table)).map((row) => (JSON.parse(row) as (string | null)[])[5]!);
    for (const file of await table.files()) {
      const lower = Buffer.from(file.lowerBounds.get(FIELD_ID.value)!);
      const upper = Buffer.from(file.upperBounds.get(FIELD_ID.value)!);
      for (const value of values) {
        if (value === null) continue;
        expect(Buffer.compare(lower, Buffer.from(value, 'latin1'))).toBeLessThanOrEqual(0);
        expect(Buffer.compare(upper, Buffer.from(value, 'latin1'))).toBeGreaterThanOrEqual(0);
      }
    }
  });
});
