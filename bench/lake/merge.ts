// `node bench/lake/merge.ts quarry|duckdb ROWS FOLDER REPEATS`: small table files become one, sorted; tells what that cost, as JSON.
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { rewriteFiles } from '../../src/lake/compact.ts';
import {
  createTable,
  type DataFile,
  MemoryCatalog,
  RECORD_ORDER,
  RECORD_SPEC,
  recordSchema,
  warehouseAt,
  writeDataFiles,
} from '../../src/lake/index.ts';
import { openObjectStore } from '../../src/objects/open.ts';
import { measured } from './measured.ts';
import { frozenRows } from './rows.ts';

const FILES = 8;
const GROUP_ROWS = 25_000;
const CUT_BYTES = 256 * 1024 * 1024;

const [tool, rows, folder, repeats] = process.argv.slice(2) as [string, string, string, string];

/** Eight files: each has an eighth of the rows, of all partitions, as flushes leave them. */
async function smallFiles(): Promise<DataFile[]> {
  const whole = frozenRows(Number(rows));
  mkdirSync(join(folder, 'small'));
  let made = 0;
  const write = async (bytes: Uint8Array): Promise<string> => {
    const path = join(folder, 'small', `${made++}.parquet`);
    writeFileSync(path, bytes);
    return pathToFileURL(path).href;
  };
  const maxRows = Math.ceil(Number(rows) / FILES);
  return writeDataFiles(whole, { schema: recordSchema(), spec: RECORD_SPEC, maxRows, write });
}

/** Each time a new table of the same small files is merged. */
async function quarry(): Promise<() => Promise<number>> {
  const files = await smallFiles();
  const store = await openObjectStore(`file:${folder}`, { clock: systemClock, random: systemRandom });
  const warehouse = warehouseAt(pathToFileURL(folder).href, store);
  const catalog = new MemoryCatalog();
  await catalog.createNamespace(['bench']);
  const definition = { schema: recordSchema(), spec: RECORD_SPEC, sortOrder: RECORD_ORDER };
  let tables = 0;
  return async () => {
    const identifier = { namespace: ['bench'], name: `merged${tables++}` };
    const table = await createTable(
      { catalog, warehouse, clock: systemClock, random: systemRandom },
      identifier,
      definition,
    );
    await table.commit({ add: files });
    const { added } = await rewriteFiles(table, files, { cutBytes: CUT_BYTES });
    return added.reduce((sum, { fileSizeInBytes }) => sum + fileSizeInBytes, 0);
  };
}

/** One thread; its files are those that the run of ours left in the folder. */
async function duckdb(): Promise<() => Promise<number>> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const path = join(folder, 'duckdb.parquet');
  const from = `FROM '${join(folder, 'small', '*.parquet')}' ORDER BY "partition", "offset"`;
  const options = `FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE ${GROUP_ROWS}`;
  return async () => {
    rmSync(path, { force: true });
    await connection.run(`COPY (${from}) TO '${path}' (${options})`);
    return statSync(path).size;
  };
}

await measured(tool === 'quarry' ? await quarry() : await duckdb(), Number(repeats));
