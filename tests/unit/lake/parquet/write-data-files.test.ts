import { expect, test } from 'vitest';
import {
  type DataFile,
  Memtable,
  parsePromotedColumns,
  RECORD_SPEC,
  recordSchema,
  type WriteOptions,
  writeDataFiles,
} from '../../../../src/lake/index.ts';

const DAY = 86_400_000;

async function written(
  table: Memtable,
  options: Partial<WriteOptions> & { promoted?: string } = {},
): Promise<DataFile[]> {
  let count = 0;
  return writeDataFiles(table.freeze(), {
    schema: recordSchema(parsePromotedColumns(options.promoted ?? '')),
    spec: RECORD_SPEC,
    write: async (_bytes, day) => `memory:/${day}/${count++}.parquet`,
    ...options,
  });
}

const int = (bytes: Uint8Array | undefined) => Buffer.from(bytes!).readInt32LE();
const long = (bytes: Uint8Array | undefined) => Number(Buffer.from(bytes!).readBigInt64LE());

test('each UTC day has a file of its own, before 1970 too', async () => {
  const table = new Memtable();
  for (const time of [DAY, -1, 2 * DAY - 1, 0]) table.append(0, table.rows, time, 0, null, null, []);
  const files = await written(table);
  expect(files.map((file) => [file.path, file.partition, file.recordCount])).toEqual([
    ['memory:/-1/0.parquet', [-1], 1],
    ['memory:/0/1.parquet', [0], 1],
    ['memory:/1/2.parquet', [1], 2],
  ]);
});

test('files have at most maxRows rows, in order of partition and offset', async () => {
  const table = new Memtable();
  for (let row = 0; row < 10; row++) table.append(row % 2, 100 - row, 0, 0, null, null, []);
  const files = await written(table, { maxRows: 4 });
  expect(files.map((file) => file.recordCount)).toEqual([4, 4, 2]);
  expect(files.map((file) => [int(file.lowerBounds.get(1)), int(file.upperBounds.get(1))])).toEqual([
    [0, 0],
    [0, 1],
    [1, 1],
  ]);
  expect(files.map((file) => [long(file.lowerBounds.get(2)), long(file.upperBounds.get(2))])).toEqual([
    [92, 98],
    [91, 100],
    [97, 99],
  ]);
});

test('files end when their keys, values and headers pass maxBytes', async () => {
  const table = new Memtable();
  for (let row = 0; row < 6; row++) table.append(0, row, 0, 0, null, Buffer.alloc(100), []);
  expect((await written(table, { maxBytes: 150 })).map((file) => file.recordCount)).toEqual([2, 2, 2]);
});

test('a file tells counts, bounds and where its row groups begin', async () => {
  const table = new Memtable();
  for (let row = 0; row < 5; row++) {
    const headers =
      row === 0
        ? [
            { key: Buffer.from('h'), value: null },
            { key: Buffer.from('i'), value: Buffer.from('x') },
          ]
        : [];
    table.append(
      0,
      row,
      1000 + row,
      0,
      row < 2 ? null : Buffer.from(`k${row}`),
      Buffer.from(`{"level":"L${row}"}`),
      headers,
    );
  }
  const [file] = await written(table, { rowGroupRows: 2, promoted: 'level string' });
  expect(file?.splitOffsets).toHaveLength(3);
  expect(file?.splitOffsets[0]).toBe(4);
  expect(file?.sortOrderId).toBe(1);
  expect(file?.nullValueCounts.get(5)).toBe(2);
  expect(file?.valueCounts.get(5)).toBe(5);
  expect(file?.valueCounts.get(9)).toBe(6);
  expect(file?.nullValueCounts.get(10)).toBe(5);
  expect([file?.lowerBounds.get(5), file?.upperBounds.get(5)].map(String)).toEqual(
    ['k2', 'k4'].map((text) => String(Buffer.from(text))),
  );
  expect([long(file?.lowerBounds.get(3)), long(file?.upperBounds.get(3))]).toEqual([1_000_000, 1_004_000]);
  expect(Buffer.from(file!.upperBounds.get(11)!).toString()).toBe('L4');
  expect(file?.lowerBounds.has(9)).toBe(false);
});

test('values that do not fit are counted over all files', async () => {
  const table = new Memtable();
  for (let row = 0; row < 4; row++) table.append(0, row, row * DAY, 0, null, Buffer.from('{"n":"no"}'), []);
  const told: number[] = [];
  await written(table, { promoted: 'n int', onMisfits: (count) => told.push(count) });
  expect(told).toEqual([4]);
});

test('no rows make no files', async () => {
  expect(await written(new Memtable())).toEqual([]);
});

test('columns that others added to the table, and JSON cannot fill, are left out of the file', async () => {
  const table = new Memtable();
  table.append(0, 0, 0, 0, null, Buffer.from('{"a":1,"raw":2}'), []);
  const schema = recordSchema(parsePromotedColumns('a int'));
  const more = { id: 12, name: 'raw', required: false, type: 'binary' } as const;
  const [file] = await written(table, { schema: { ...schema, fields: [...schema.fields, more] } });
  expect([...file!.valueCounts.keys()]).toEqual([1, 2, 3, 4, 5, 6, 9, 10, 11]);
});
