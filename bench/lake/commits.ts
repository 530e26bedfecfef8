// `node bench/lake/commits.ts CATALOG FOLDER COMMITS TABLES`: commits one data file after another to several tables at once; tells the times as JSON.
import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import {
  createTable,
  type DataFile,
  NamespaceExists,
  openCatalog,
  RECORD_ORDER,
  RECORD_SPEC,
  recordSchema,
  type Table,
  warehouseAt,
  writeDataFiles,
} from '../../src/lake/index.ts';
import { openObjectStore } from '../../src/objects/open.ts';
import { percentile } from '../disk.ts';
import { frozenRows } from './rows.ts';

const [url, folder, commits, tables] = process.argv.slice(2) as [string, string, string, string];
const catalog = await openCatalog(url);
const store = await openObjectStore(`file:${folder}`, { clock: systemClock, random: systemRandom });
const warehouse = warehouseAt(pathToFileURL(folder).href, store);

/** The description of a file of 100 rows. Commits write down what a file is, they do not read it. */
async function exampleFile(): Promise<DataFile> {
  const write = (): Promise<string> => Promise.resolve('');
  const [file] = await writeDataFiles(frozenRows(100), { schema: recordSchema(), spec: RECORD_SPEC, write });
  if (file === undefined) throw new Error('no file');
  return file;
}

async function newTable(): Promise<Table> {
  const definition = { schema: recordSchema(), spec: RECORD_SPEC, sortOrder: RECORD_ORDER };
  const identifier = { namespace: ['bench'], name: `t-${randomUUID()}` };
  return createTable({ catalog, warehouse, clock: systemClock, random: systemRandom }, identifier, definition);
}

async function commitAll(table: Table, example: DataFile, count: number, times: number[]): Promise<void> {
  for (let done = 0; done < count; done++) {
    const path = `${table.location}/data/${randomUUID()}.parquet`;
    const offsets = new Map([[0, { from: 100 * done, to: 100 * (done + 1) }]]);
    const began = process.hrtime.bigint();
    await table.commit({ add: [{ ...example, path }], offsets });
    times.push(Number(process.hrtime.bigint() - began) / 1e6);
  }
}

const example = await exampleFile();
await catalog.createNamespace(['bench']).catch((error: unknown) => {
  if (!(error instanceof NamespaceExists)) throw error;
});
await commitAll(await newTable(), example, 20, []);
const opened = await Promise.all(Array.from({ length: Number(tables) }, newTable));
const times: number[] = [];
const cpu = process.cpuUsage();
const began = process.hrtime.bigint();
const each = Math.ceil(Number(commits) / opened.length);
await Promise.all(opened.map((table) => commitAll(table, example, each, times)));
const seconds = Number(process.hrtime.bigint() - began) / 1e9;
const { user, system } = process.cpuUsage(cpu);
await catalog.close();
times.sort((a, b) => a - b);
const told = {
  perSecond: times.length / seconds,
  p50Ms: percentile(times, 0.5),
  p99Ms: percentile(times, 0.99),
  cpuMsEach: (user + system) / 1e3 / times.length,
};
process.stdout.write(JSON.stringify(told));
