import { expect, test } from 'vitest';
import { systemClock } from '../../../../src/base/clock.ts';
import { DataFileReader } from '../../../../src/lake/parquet/data-file-reader.ts';
import { readDeletedRows } from '../../../../src/lake/parquet/deleted-rows.ts';
import { UnreadableFile } from '../../../../src/lake/parquet/group-reader.ts';
import { memoryStore } from '../../../../src/objects/memory.ts';
import { DELETES_KEY, PARQUET_KEY, PARQUET_SCHEMA, parquetFile, positionDeletes } from '../parquet-file.ts';

/** The places of the rows that such a file deletes. */
async function deleted(places: readonly bigint[], recordCount = 300): Promise<number[]> {
  const { bytes, file: whole } = await parquetFile();
  const file = { ...whole, recordCount };
  const deletes = positionDeletes(file.path, places);
  const store = memoryStore(systemClock);
  await store.put(PARQUET_KEY, bytes);
  await store.put(DELETES_KEY, deletes.bytes);
  const options = { store, keyOf: () => DELETES_KEY, schema: PARQUET_SCHEMA, memoryBytes: 1e6, pace: async () => {} };
  const isDeleted = (await readDeletedRows([{ file, deletes: [deletes.file] }], options))(file);
  const reader = await DataFileReader.open(store, PARQUET_KEY, file, PARQUET_SCHEMA);
  const found: number[] = [];
  for (let block = await reader.next(); block !== undefined; block = await reader.next())
    for (let row = 0; row < block.rows; row++) if (isDeleted?.(block, row) === true) found.push(block.start + row);
  return found;
}

test('rows are deleted at their places', async () => {
  expect(await deleted([0n, 7n, 8n, 150n, 299n])).toEqual([0, 7, 8, 150, 299]);
});

test('a place behind the end of a file, however far, deletes nothing', async () => {
  expect(await deleted([300n, 303n, 2n ** 31n + 5n, 2n ** 32n + 5n, 2n ** 40n])).toEqual([]);
});

test('a place that is none makes the deletes unreadable', async () => {
  await expect(deleted([-3n])).rejects.toThrow(UnreadableFile);
  await expect(deleted([2n ** 62n])).rejects.toThrow(UnreadableFile);
});

test('rows that a manifest makes up take no memory', async () => {
  await expect(deleted([1n], 2 ** 50)).rejects.toThrow(/do not fit the memory/);
});
