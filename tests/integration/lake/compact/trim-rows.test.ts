import { parquetMetadata } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { eraseRows, trimRows } from '../../../../src/lake/index.ts';
import { flush, flushes, newLake, rowsOf, someRows } from './world.ts';

const SIZES = { cutBytes: 1e9, memoryBytes: 1e9 };
const offsetIn = (row: string): number => Number(/"(\d{9})"/.exec(row)?.[1]);

describe('rows of a table that were deleted from the log', () => {
  test('go with their files, and the file in which the log begins is written anew', async () => {
    const { table } = await newLake();
    await flushes(table, 4);
    const files = (await table.files()).map(({ path }) => path);
    const before = await rowsOf(table);
    const below = new Map([
      [0, 50],
      [1, 50],
    ]);
    const report = await trimRows(table, { ...SIZES, below, olderThan: undefined });
    expect(report).toEqual({ files: 2, rewritten: 1, rows: 100 });
    expect(await rowsOf(table)).toEqual(before.filter((row) => offsetIn(row) >= 50));
    expect((await table.files()).map(({ path }) => path).filter((path) => files.includes(path))).toEqual([files[0]]);
    expect(table.metadata.snapshots.at(-1)?.summary).toMatchObject({
      operation: 'overwrite',
      'quarry.offsets': '{"0":80,"1":80}',
    });
  });

  test('of files with nothing else go without a file being read or written', async () => {
    const { table, warehouse } = await newLake();
    await flushes(table, 3);
    const keys = async () => {
      const found: string[] = [];
      for await (const { key } of warehouse.store.list('')) if (key.endsWith('.parquet')) found.push(key);
      return found;
    };
    const before = await keys();
    const below = new Map([
      [0, 40],
      [1, 40],
    ]);
    expect(await trimRows(table, { ...SIZES, below, olderThan: undefined })).toEqual({
      files: 2,
      rewritten: 0,
      rows: 80,
    });
    expect(await keys()).toEqual(before);
    expect(table.metadata.snapshots.at(-1)?.summary).toMatchObject({
      operation: 'delete',
      'quarry.offsets': '{"0":60,"1":60}',
    });
  });

  test('of one partition go from files that it shares with others', async () => {
    const { table } = await newLake();
    await flushes(table, 3);
    const before = (await rowsOf(table)).length;
    expect(await trimRows(table, { ...SIZES, below: new Map([[1, 30]]), olderThan: undefined })).toEqual({
      files: 0,
      rewritten: 2,
      rows: 30,
    });
    expect(await rowsOf(table)).toHaveLength(before - 30);
  });

  test('are asked for once: the table says that they are gone', async () => {
    const { table } = await newLake();
    await flushes(table, 2);
    const below = new Map([[0, 30]]);
    await trimRows(table, { ...SIZES, below, olderThan: undefined });
    expect(table.metadata.properties['quarry.deleted-below']).toBe('{"0":30}');
    const location = table.metadataLocation;
    expect(await trimRows(table, { ...SIZES, below, olderThan: undefined })).toEqual({
      files: 0,
      rewritten: 0,
      rows: 0,
    });
    expect(table.metadataLocation).toBe(location);
    // Nothing to take out, and all the same never to be asked about again.
    await trimRows(table, { ...SIZES, below: new Map([[7, 5]]), olderThan: undefined });
    expect(table.metadata.properties['quarry.deleted-below']).toBe('{"0":30,"7":5}');
  });
});

test('a file of which a bit is wrong in one of the columns that tell is not taken at its word', async () => {
  const { table, warehouse } = await newLake();
  await flushes(table, 1);
  const [file] = await table.files();
  const key = warehouse.keyOf(file!.path)!;
  const bytes = await warehouse.store.get(key);
  const groups = parquetMetadata(new Uint8Array(bytes).buffer).row_groups;
  const ends = groups.flatMap(({ columns }) =>
    columns.flatMap(({ meta_data: meta }) => {
      const tells = ['partition', 'offset', 'key'].includes(meta!.path_in_schema[0]!);
      const start = Number(meta!.dictionary_page_offset ?? meta!.data_page_offset);
      return tells ? [start + Number(meta!.total_compressed_size) - 1] : [];
    }),
  );
  expect(ends).toHaveLength(9);
  for (const at of ends) {
    const damaged = Uint8Array.from(bytes);
    damaged[at]! ^= 1;
    await warehouse.store.put(key, damaged);
    const erased = eraseRows(table, { ...SIZES, mayHold: () => true, reason: () => -1, discard: async () => {} });
    await expect(erased, `byte ${at}`).rejects.toMatchObject({ name: 'UnreadableFile' });
  }
  await warehouse.store.put(key, bytes);
  await eraseRows(table, { ...SIZES, mayHold: () => true, reason: () => -1, discard: async () => {} });
});

describe('rows of a table that are too old', () => {
  const DAY = 86_400_000;

  test('go with the files of their day, which are not read', async () => {
    const { table } = await newLake();
    await flush(table, someRows(0, 10, 2, 20_000), 0, 10);
    await flush(table, someRows(10, 10, 2, 20_002), 10, 20);
    const report = await trimRows(table, { ...SIZES, below: new Map(), olderThan: 20_001 * DAY });
    expect(report).toEqual({ files: 1, rewritten: 0, rows: 20 });
    expect(await rowsOf(table)).toHaveLength(20);
  });

  test('go from a file that has others when half of its time is past', async () => {
    const { table } = await newLake();
    await flush(table, someRows(0, 100, 1, 20_000), 0, 100);
    const rows = await rowsOf(table);
    const [file] = await table.files();
    const time = (bytes: Uint8Array | undefined): number => Number(Buffer.from(bytes!).readBigInt64LE()) / 1000;
    const [first, last] = [time(file?.lowerBounds.get(3)), time(file?.upperBounds.get(3))];
    expect(last - first).toBeGreaterThan(10);
    const at = (share: number): number => Math.ceil(first + (last - first) * share);
    expect(await trimRows(table, { ...SIZES, below: new Map(), olderThan: at(0.4) })).toMatchObject({ rewritten: 0 });
    const report = await trimRows(table, { ...SIZES, below: new Map(), olderThan: at(0.6) });
    expect(report.rewritten).toBe(1);
    expect(report.rows).toBeGreaterThan(30);
    expect(await rowsOf(table)).toHaveLength(rows.length - report.rows);
    expect(await trimRows(table, { ...SIZES, below: new Map(), olderThan: at(0.7) })).toMatchObject({ rewritten: 0 });
  });
});
