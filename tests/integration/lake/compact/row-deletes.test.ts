import { describe, expect, test } from 'vitest';
import { compactTable, type DataFile, expireSnapshots, type Table } from '../../../../src/lake/index.ts';
import { byKey, byPlace, commitDeletes } from '../row-deletes.ts';
import { flush, flushes, loaded, newLake, RULE, rowsOf, rowsOfFile, someRows } from './world.ts';

const keyOf = (row: string): string | null => (JSON.parse(row) as (string | null)[])[4]!;
const offsetOf = (row: string): number => Number((JSON.parse(row) as string[])[1]);
const lastOf = async (table: Table): Promise<DataFile> => (await table.files()).at(-1)!;

describe('rows that another engine deleted', () => {
  test('by place are not in what is merged, and the delete file goes', async () => {
    const { table } = await newLake();
    await flushes(table, 5);
    const files = await table.files();
    const [one, other] = [files[1]!, files[3]!];
    const gone = (await rowsOfFile(table, one)).filter((_row, at) => at === 3 || at === 39);
    gone.push(...(await rowsOfFile(table, other)).slice(0, 1));
    await commitDeletes(table, [byPlace(one, [39, 3]), byPlace(other, [0])]);
    const before = await rowsOf(table);
    const report = await compactTable(table, { rule: RULE });
    expect(report).toMatchObject({ merges: 1, filesBefore: 5, filesAfter: 1, rows: 197, dropped: 0, deleted: 3 });
    expect(await rowsOf(table)).toEqual(before.filter((row) => !gone.includes(row)));
    expect(await table.deletes()).toEqual([]);
    expect(table.metadata.snapshots.at(-1)?.summary).toMatchObject({
      operation: 'replace',
      'removed-delete-files': '2',
      'removed-position-delete-files': '2',
      'removed-position-deletes': '3',
      'total-delete-files': '0',
      'total-position-deletes': '97',
      'total-records': '197',
      'quarry.offsets': '{"0":100,"1":100}',
    });
  });

  test('by key are not in what is merged, but for those that were written afterwards', async () => {
    const { table } = await newLake();
    await flushes(table, 3);
    await commitDeletes(table, [byKey(['key-1', 'key-42', 'key-77', 'none'])]);
    await flush(table, someRows(60, 20), 60, 80);
    const before = await rowsOf(table);
    expect(await compactTable(table, { rule: RULE })).toMatchObject({ merges: 1, deleted: 4, rows: 156 });
    const left = before.filter((row) => !['key-1', 'key-42'].includes(keyOf(row)!));
    expect(left.some((row) => keyOf(row) === 'key-77')).toBe(true);
    expect(await rowsOf(table)).toEqual(left);
    expect(await table.deletes()).toEqual([]);
  });

  test('by several columns, of which one may be null', async () => {
    const { table } = await newLake();
    await flushes(table, 4);
    const level = table.schema.fields.find(({ name }) => name === 'level')!.id;
    await commitDeletes(table, [
      {
        rows: `SELECT * FROM (VALUES (NULL::BLOB, 'INFO'), ('key-3'::BLOB, 'Fehler ü'), ('key-4'::BLOB, NULL)) t(key, level)`,
        ids: { key: 5, level },
        equalityIds: [5, level],
      },
      { rows: 'SELECT 1::INTEGER AS p, 33 AS o', ids: { p: 1, o: 2 }, equalityIds: [1, 2] },
    ]);
    const before = await rowsOf(table);
    const isGone = (row: string): boolean => {
      const [partition, offset, , , key, , , [found]] = JSON.parse(row) as [
        number,
        string,
        0,
        0,
        string,
        0,
        0,
        string[],
      ];
      if (partition === 1 && Number(offset) === 33) return true;
      return (key === null && found === 'INFO') || (key === 'key-3' && found === 'Fehler ü');
    };
    expect(before.filter(isGone).length).toBeGreaterThan(5);
    await compactTable(table, { rule: RULE });
    expect(await rowsOf(table)).toEqual(before.filter((row) => !isGone(row)));
  });

  test('keep their delete file while it is for a file that is not merged', async () => {
    const { table } = await newLake();
    await flushes(table, 4);
    await flush(table, someRows(80, 20, 2, 20_001), 80, 100);
    const [day] = (await table.files((file) => file.partition[0] === 20_001))!;
    const deletes = [byPlace(await lastOf(table), [0]), byPlace(day!, [1])];
    const [gone, kept] = await commitDeletes(table, deletes);
    await compactTable(table, { rule: RULE });
    expect((await table.deletes()).map(({ path }) => path)).toEqual([kept]);
    expect(gone).not.toBe(kept);
    expect((await table.deletes())[0]).toMatchObject({ sequence: 6, partition: [20_001], kind: 'position' });
    await flush(table, someRows(100, 20), 100, 120);
    expect((await table.deletes()).map(({ path }) => path)).toEqual([kept]);
  });

  test('have their delete file removed when the last snapshot that needs it expires', async () => {
    const { table, warehouse } = await newLake();
    await flushes(table, 4);
    const [path] = await commitDeletes(table, [byPlace(await lastOf(table), [0])]);
    const isThere = async () => (await warehouse.store.head(warehouse.keyOf(path!)!)) !== undefined;
    expect(await expireSnapshots(table, { olderThanMs: Number.MAX_SAFE_INTEGER })).toBe(4);
    expect(await isThere()).toBe(true);
    await compactTable(table, { rule: RULE });
    expect(await isThere()).toBe(true);
    expect(await expireSnapshots(table, { olderThanMs: Number.MAX_SAFE_INTEGER })).toBe(1);
    expect(await isThere()).toBe(false);
    expect(await rowsOf(table)).toHaveLength(159);
  });

  test('of a file that nothing is left of, go with it', async () => {
    const { table } = await newLake();
    await flushes(table, 4, 5);
    for (const file of await table.files())
      await commitDeletes(table, [
        byPlace(
          file,
          Array.from({ length: file.recordCount }, (_none, at) => at),
        ),
      ]);
    expect(await compactTable(table, { rule: RULE })).toMatchObject({ merges: 1, filesAfter: 0, deleted: 40 });
    expect([await table.files(), await table.deletes()]).toEqual([[], []]);
  });

  test('while their files are merged, do not come back', async () => {
    const world = await newLake();
    await flushes(world.table, 4);
    const other = await loaded(world);
    let done = false;
    const report = await compactTable(world.table, {
      rule: RULE,
      announce: async () => {
        if (!done) await commitDeletes(other, [byPlace(await lastOf(other), [5]), byKey(['key-7'])]);
        done = true;
      },
    });
    expect(report).toMatchObject({ conflicts: 1, merges: 1, deleted: 3, rows: 157 });
    const rows = await rowsOf(await loaded(world));
    expect(rows.filter((row) => keyOf(row) === 'key-7')).toEqual([]);
  });
});

describe('a file whose deleted rows cannot be told is left where it is', () => {
  test.each<[string, Parameters<typeof commitDeletes>[1][number], RegExp]>([
    ['deletes in a format that is not read', { ...byKey(['k']), format: 'AVRO' }, /a file of AVRO/],
    ['a damaged delete file', { ...byKey(['k']), bytes: new Uint8Array(200) }, /not known: .*no footer/],
    [
      'deletes outside of the folder',
      { ...byKey(['k']), path: 'memory:/lake/x.parquet' },
      /outside of the table's folder/,
    ],
    [
      'deletes by what files of ours do not have',
      { ...byKey(['k']), equalityIds: [99] },
      /column with the field id 99/,
    ],
  ])('%s', async (_what, deletes, reason) => {
    const { table } = await newLake();
    await flushes(table, 2);
    await commitDeletes(table, [deletes]);
    for (let at = 2; at < 6; at++) await flush(table, someRows(at * 20, 20), at * 20, at * 20 + 20);
    const aside = new Map<string, string>();
    const report = await compactTable(table, { rule: RULE, aside });
    expect(report).toMatchObject({ merges: 1, filesBefore: 4, deleted: 0 });
    expect([...aside.values()]).toEqual([expect.stringMatching(reason), expect.stringMatching(reason)]);
    expect(await table.deletes()).toHaveLength(1);
    expect((await rowsOf(table)).map(offsetOf)).toHaveLength(240);
  });

  test('more values than fit the memory', async () => {
    const { table } = await newLake();
    await flushes(table, 4);
    await commitDeletes(table, [{ ...byKey([]), rows: `SELECT ('other-' || i)::BLOB AS key FROM range(5000) t(i)` }]);
    const aside = new Map<string, string>();
    await compactTable(table, { rule: RULE, aside, memoryBytes: 1_000_000 });
    expect([...aside.values()][0]).toMatch(/do not fit the memory/);
    expect(await compactTable(table, { rule: RULE })).toMatchObject({ merges: 1, deleted: 0 });
  });
});
