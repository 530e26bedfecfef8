import { describe, expect, test } from 'vitest';
import { memoryDisk } from '../../../../src/base/disk-memory.ts';
import {
  compactTable,
  diskSpool,
  Memtable,
  RECORD_SPEC,
  type SnapshotId,
  writeDataFiles,
} from '../../../../src/lake/index.ts';
import { DAY, flush, flushes, loaded, newLake, RULE, rowsOf, rowsOfFile, someRows } from './world.ts';

describe('merging the files of a table', () => {
  test('keeps every row as it is, in fewer files that are sorted', async () => {
    const { table } = await newLake();
    await flushes(table, 5);
    const before = await rowsOf(table);
    expect(before).toHaveLength(200);
    const report = await compactTable(table, { rule: RULE, rowGroupRows: 64 });
    expect(report).toMatchObject({ merges: 1, filesBefore: 5, filesAfter: 1, rows: 200, conflicts: 0 });
    const [file, ...more] = await table.files();
    expect(more).toEqual([]);
    expect(await rowsOf(table)).toEqual(before);
    expect(await rowsOfFile(table, file!)).toEqual(before);
    expect(file).toMatchObject({ recordCount: 200, partition: [20_000], specId: 0, sortOrderId: 1 });
    expect(file?.splitOffsets).toHaveLength(4);
  });

  test('is a snapshot that replaces files, carries the offsets of the log, and leaves the old one readable', async () => {
    const { table } = await newLake();
    await flushes(table, 4);
    const old = table.metadata['current-snapshot-id'] as SnapshotId;
    const before = await rowsOf(table);
    await compactTable(table, { rule: RULE });
    const snapshot = table.metadata.snapshots.at(-1);
    expect(snapshot?.summary).toMatchObject({
      operation: 'replace',
      'deleted-data-files': '4',
      'added-data-files': '1',
      'total-records': '160',
      'quarry.offsets': '{"0":80,"1":80}',
    });
    expect(table.logOffsets()).toEqual(
      new Map([
        [0, 80],
        [1, 80],
      ]),
    );
    expect(await rowsOf(table, old)).toEqual(before);
  });

  test('leaves out the rows that it is told to, and files of which nothing is left', async () => {
    const { table } = await newLake();
    await flushes(table, 5);
    const before = await rowsOf(table);
    const report = await compactTable(table, { rule: RULE, drop: ({ offset }, row) => offset[row]! < 50 });
    expect(report).toMatchObject({ merges: 1, filesBefore: 5, filesAfter: 1, rows: 100, dropped: 100 });
    expect(await rowsOf(table)).toEqual(before.filter((row) => Number(/"(\d{9})"/.exec(row)?.[1]) >= 50));
    expect(table.metadata.snapshots.at(-1)?.summary).toMatchObject({ operation: 'overwrite', 'total-records': '100' });
    expect(table.logOffsets()).toEqual(
      new Map([
        [0, 100],
        [1, 100],
      ]),
    );
    for (let at = 5; at < 8; at++) await flush(table, someRows(at * 20, 20), at * 20, at * 20 + 20);
    expect(await compactTable(table, { rule: RULE, drop: () => true })).toMatchObject({ filesAfter: 0, dropped: 220 });
    expect(await table.files()).toEqual([]);
    await flush(table, someRows(160, 20), 160, 180);
    expect(await rowsOf(table)).toHaveLength(40);
  });

  test('keeps values that are no numbers, and says how many there are', async () => {
    const { table } = await newLake();
    const { warehouse, random } = table.context;
    for (let at = 0; at < 4; at++) {
      const rows = new Memtable();
      rows.append(0, at, 20_000 * DAY, 0, null, Buffer.from('framed'), []);
      const add = await writeDataFiles(rows.freeze(), {
        schema: table.schema,
        spec: RECORD_SPEC,
        read: () => ({ ratio: at === 0 ? 1.5 : Number.NaN }),
        write: async (bytes) => {
          const uri = `${table.location}/data/${Buffer.from(random.bytes(8)).toString('hex')}.parquet`;
          await warehouse.store.put(warehouse.keyOf(uri)!, bytes);
          return uri;
        },
      });
      await table.commit({ add });
    }
    const aside = new Map<string, string>();
    expect(await compactTable(table, { rule: RULE, aside })).toMatchObject({ merges: 1, filesAfter: 1, rows: 4 });
    expect([...aside.values()]).toEqual([]);
    const [file] = await table.files();
    const ratio = table.schema.fields.find(({ name }) => name === 'ratio')!.id;
    expect(file?.nanValueCounts.get(ratio)).toBe(3);
    const upper = Buffer.from(file?.upperBounds.get(ratio) ?? []);
    expect(upper.readDoubleLE()).toBe(1.5);
  });

  test('leaves alone what is few, and other days', async () => {
    const { table } = await newLake();
    for (let at = 0; at < 3; at++) await flush(table, someRows(at * 5, 5), at * 5, at * 5 + 5);
    for (let at = 3; at < 6; at++) await flush(table, someRows(at * 5, 5, 2, 20_001), at * 5, at * 5 + 5);
    const paths = (await table.files()).map(({ path }) => path);
    expect(await compactTable(table, { rule: RULE })).toMatchObject({ merges: 0 });
    expect((await table.files()).map(({ path }) => path)).toEqual(paths);
  });

  test('cuts its results, which are collected on disk, at the target', async () => {
    const { table } = await newLake();
    await flushes(table, 6, 100);
    const disk = memoryDisk();
    const before = await rowsOf(table);
    const sizes = (await table.files()).map(({ fileSizeInBytes }) => fileSizeInBytes);
    const rule = { ...RULE, targetBytes: Math.ceil(Math.max(...sizes) * 1.5) };
    disk.makeDirectory('/tmp');
    await compactTable(table, { rule, rowGroupRows: 50, spool: () => diskSpool(disk, '/tmp/merged', false) });
    const files = await table.files();
    expect(files.length).toBeGreaterThan(1);
    expect(files.length).toBeLessThan(6);
    expect(await rowsOf(table)).toEqual(before);
    expect(disk.list('/tmp')).toEqual([]);
  });

  test('takes fewer files at once where their row groups do not fit into the memory', async () => {
    const { table } = await newLake();
    await flushes(table, 8);
    const before = await rowsOf(table);
    const report = await compactTable(table, { rule: RULE, memoryBytes: 30_000 });
    expect(report.merges).toBeGreaterThan(1);
    expect(await rowsOf(table)).toEqual(before);
  });

  test('writes columns as the schema is now: those that came later are null, widened ones wide, renamed ones found', async () => {
    const { table } = await newLake();
    await flushes(table, 2);
    const fields = table.schema.fields.map((field) =>
      field.name === 'level' ? { ...field, name: 'severity' } : field,
    );
    const added = { id: 17, name: 'later', required: false, type: 'string' } as const;
    await table.commit({ schema: { ...table.schema, fields: [...fields, added] } });
    const rows = await rowsOf(table);
    for (const at of [2, 3]) await flush(table, someRows(at * 20, 20), at * 20, at * 20 + 20);
    const before = await rowsOf(table);
    expect(before).toEqual(expect.arrayContaining(rows));
    await compactTable(table, { rule: RULE });
    expect(await table.files()).toHaveLength(1);
    expect(await rowsOf(table)).toEqual(before);
  });

  test('leaves a file that cannot be read where it is, and says so', async () => {
    const { table, warehouse } = await newLake();
    await flushes(table, 5);
    const [bad] = await table.files();
    const key = warehouse.keyOf(bad!.path)!;
    const bytes = await warehouse.store.get(key);
    await warehouse.store.put(key, bytes.fill(7, 4, bytes.length - 8));
    const aside = new Map<string, string>();
    const report = await compactTable(table, { rule: RULE, aside });
    expect(report).toMatchObject({ merges: 1, filesBefore: 4 });
    expect([...aside.keys()]).toEqual([bad!.path]);
    expect((await table.files()).map(({ path }) => path)).toContain(bad!.path);
  });
});

describe('beside other writers', () => {
  test('rows that the sink adds meanwhile are kept', async () => {
    const world = await newLake();
    await flushes(world.table, 4);
    const other = await loaded(world);
    let added = false;
    await compactTable(world.table, {
      rule: RULE,
      announce: async () => {
        if (!added) await flush(other, someRows(80, 20), 80, 100);
        added = true;
      },
    });
    const table = await loaded(world);
    expect(await rowsOf(table)).toHaveLength(200);
    expect(await table.files()).toHaveLength(2);
    expect(table.logOffsets().get(0)).toBe(100);
  });

  test('a file that somebody else took makes it look anew, and nothing comes back', async () => {
    const world = await newLake();
    await flushes(world.table, 6);
    const other = await loaded(world);
    const [gone] = await other.files();
    const settled: { committed: readonly string[]; abandoned: readonly string[] }[] = [];
    let done = false;
    const report = await compactTable(world.table, {
      rule: RULE,
      announce: async () => {
        if (!done) await other.commit({ remove: [gone!.path] });
        done = true;
      },
      settle: async (files) => void settled.push(files),
    });
    expect(report).toMatchObject({ conflicts: 1, merges: 1, filesBefore: 5 });
    expect(await rowsOf(await loaded(world))).toHaveLength(200);
    expect(settled.map(({ committed, abandoned }) => [committed.length, abandoned.length])).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  test('two that merge the same table at once merge it once', async () => {
    const world = await newLake();
    await flushes(world.table, 5);
    const before = await rowsOf(world.table);
    const [first, second] = [await loaded(world, 1), await loaded(world, 2)];
    const reports = await Promise.all([compactTable(first, { rule: RULE }), compactTable(second, { rule: RULE })]);
    expect(reports.reduce((sum, { merges }) => sum + merges, 0)).toBe(1);
    expect(await rowsOf(await loaded(world))).toEqual(before);
  });
});
