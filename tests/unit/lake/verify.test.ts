import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { mutate } from '../../../fuzz/mutate.ts';
import { below, seededRandom } from '../../../src/base/random.ts';
import { type DataFile, verifyDataFile } from '../../../src/lake/index.ts';
import { DataFileReader } from '../../../src/lake/parquet/data-file-reader.ts';
import { UnreadableFile } from '../../../src/lake/parquet/group-reader.ts';
import { memoryStore } from '../../../src/objects/memory.ts';
import { PARQUET_KEY, PARQUET_SCHEMA, parquetFile } from './parquet-file.ts';

async function storeOf(bytes: Uint8Array) {
  const store = memoryStore(systemClock);
  await store.put(PARQUET_KEY, bytes);
  return store;
}

const check = async (bytes: Uint8Array, file: DataFile): Promise<string> => {
  try {
    await verifyDataFile(await storeOf(bytes), PARQUET_KEY, file, PARQUET_SCHEMA);
    return 'whole';
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
};

/** A hash of all rows. */
async function rowsOf(bytes: Uint8Array, file: DataFile): Promise<string> {
  const reader = await DataFileReader.open(await storeOf(bytes), PARQUET_KEY, file, PARQUET_SCHEMA);
  const blocks: unknown[] = [];
  for (let block = await reader.next(); block !== undefined; block = await reader.next()) blocks.push(block);
  const text = JSON.stringify(blocks, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
  return createHash('sha256').update(text).digest('hex');
}

async function keysOf(bytes: Uint8Array, file: DataFile): Promise<void> {
  const reader = await DataFileReader.open(await storeOf(bytes), PARQUET_KEY, file, PARQUET_SCHEMA);
  while ((await reader.nextKeys()) !== undefined);
}

test('a file as it was written is whole', async () => {
  const { bytes, file } = await parquetFile();
  expect(await check(bytes, file)).toBe('whole');
});

test('a file that was cut off anywhere is found', async () => {
  const { bytes, file } = await parquetFile();
  for (let length = 0; length < bytes.length; length += 97)
    expect(await check(bytes.subarray(0, length), file), `cut at ${length}`).toMatch(/^UnreadableFile: memory:/);
});

test('a bit that changed is found wherever it would change a row', async () => {
  const { bytes, file } = await parquetFile();
  const rows = await rowsOf(bytes, file);
  const random = seededRandom(11);
  let found = 0;
  for (let round = 0; round < 400; round++) {
    const damaged = new Uint8Array(bytes);
    const at = below(random, bytes.length);
    damaged[at]! ^= 1 << below(random, 8);
    if ((await check(damaged, file)).startsWith('UnreadableFile')) found++;
    else expect(await rowsOf(damaged, file), `byte ${at} of ${bytes.length}`).toBe(rows);
  }
  expect(found).toBeGreaterThan(200);
});

test('of a damaged footer whoever reads is told, and nobody else', async () => {
  const { bytes, file } = await parquetFile();
  const elsewhere: unknown[] = [];
  const hear = (reason: unknown): void => void elsewhere.push(reason);
  process.on('unhandledRejection', hear);
  try {
    for (let seed = 90; seed < 100; seed++) {
      const footer = mutate(seededRandom(seed), bytes.subarray(-1500));
      const damaged = Buffer.concat([bytes.subarray(0, -1500), footer]);
      const read = keysOf(damaged, { ...file, fileSizeInBytes: damaged.length });
      // Seed 94 gives a column whose first bytes are asked for before it is clear that it cannot be read.
      if (seed === 94) await expect(read).rejects.toThrow(UnreadableFile);
      else await read.catch(() => {});
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(elsewhere).toEqual([]);
  } finally {
    process.off('unhandledRejection', hear);
  }
});

test.each([
  ['rows', (file: DataFile) => ({ ...file, recordCount: 299 }), /it has 300 rows, the table says 299/],
  ['the day', (file: DataFile) => ({ ...file, partition: [1] }), /is of another day than its file/],
  [
    'bounds',
    (file: DataFile) => ({ ...file, upperBounds: new Map([[2, int64(298)]]) }),
    /outside of the table's bounds/,
  ],
  ['nulls', (file: DataFile) => ({ ...file, nullValueCounts: new Map([[5, 59]]) }), /60 rows have no key/],
])('a file whose %s are not what the table says is found', async (_what, change, problem) => {
  const { bytes, file } = await parquetFile();
  expect(await check(bytes, change(file) as DataFile)).toMatch(problem);
});

test('a file that is gone is found', async () => {
  const { file } = await parquetFile();
  await expect(verifyDataFile(memoryStore(systemClock), PARQUET_KEY, file, PARQUET_SCHEMA)).rejects.toThrow(
    /file.parquet/,
  );
});

test('a file of another engine is checked as far as Parquet goes', async () => {
  const { bytes, file } = await parquetFile();
  const foreign = { ...file, sortOrderId: 0, partition: [] };
  expect(await check(bytes, foreign)).toBe('whole');
  const damaged = new Uint8Array(bytes);
  damaged[file.splitOffsets[1]! + 60]! ^= 1;
  expect(await check(damaged, foreign)).toMatch(/^UnreadableFile/);
});

function int64(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
}
