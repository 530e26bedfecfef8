import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { below, seededRandom } from '../../../src/base/random.ts';
import {
  type DataFile,
  Memtable,
  parsePromotedColumns,
  RECORD_SPEC,
  recordSchema,
  verifyDataFile,
  writeDataFiles,
} from '../../../src/lake/index.ts';
import { DataFileReader } from '../../../src/lake/parquet/data-file-reader.ts';
import { memoryStore } from '../../../src/objects/memory.ts';

const SCHEMA = recordSchema(parsePromotedColumns('level string, n long, ok boolean'));
const KEY = 'data/file.parquet';

/** A file of 300 rows in three row groups, as it was written and as the table knows it. */
async function written(): Promise<{ bytes: Uint8Array; file: DataFile }> {
  const table = new Memtable();
  for (let row = 0; row < 300; row++) {
    const value = JSON.stringify({ level: row % 2 === 0 ? 'INFO' : 'WARN', n: row * 7, ok: row % 3 === 0 });
    const headers = row % 10 === 0 ? [{ key: Buffer.from('h'), value: Buffer.from(String(row)) }] : [];
    table.append(
      row % 3,
      row,
      1000 + row,
      0,
      row % 5 === 0 ? null : Buffer.from(`k${row}`),
      Buffer.from(value),
      headers,
    );
  }
  let bytes: Uint8Array = new Uint8Array(0);
  const [file] = await writeDataFiles(table.freeze(), {
    schema: SCHEMA,
    spec: RECORD_SPEC,
    rowGroupRows: 100,
    write: async (whole) => {
      bytes = new Uint8Array(whole);
      return `memory:/${KEY}`;
    },
  });
  return { bytes, file: file! };
}

async function storeOf(bytes: Uint8Array) {
  const store = memoryStore(systemClock);
  await store.put(KEY, bytes);
  return store;
}

const check = async (bytes: Uint8Array, file: DataFile): Promise<string> => {
  try {
    await verifyDataFile(await storeOf(bytes), KEY, file, SCHEMA);
    return 'whole';
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
};

/** A hash of all rows. */
async function rowsOf(bytes: Uint8Array, file: DataFile): Promise<string> {
  const reader = await DataFileReader.open(await storeOf(bytes), KEY, file, SCHEMA);
  const blocks: unknown[] = [];
  for (let block = await reader.next(); block !== undefined; block = await reader.next()) blocks.push(block);
  const text = JSON.stringify(blocks, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
  return createHash('sha256').update(text).digest('hex');
}

test('a file as it was written is whole', async () => {
  const { bytes, file } = await written();
  expect(await check(bytes, file)).toBe('whole');
});

test('a file that was cut off anywhere is found', async () => {
  const { bytes, file } = await written();
  for (let length = 0; length < bytes.length; length += 97)
    expect(await check(bytes.subarray(0, length), file), `cut at ${length}`).toMatch(/^UnreadableFile: memory:/);
});

test('a bit that changed is found wherever it would change a row', async () => {
  const { bytes, file } = await written();
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
  const { bytes, file } = await written();
  expect(await check(bytes, change(file) as DataFile)).toMatch(problem);
});

test('a file that is gone is found', async () => {
  const { file } = await written();
  await expect(verifyDataFile(memoryStore(systemClock), KEY, file, SCHEMA)).rejects.toThrow(/file.parquet/);
});

test('a file of another engine is checked as far as Parquet goes', async () => {
  const { bytes, file } = await written();
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
