// `node bench/lake/transactions.ts FOLDER BATCHES`: batches of 100 rows, each a commit of its own, then as many in one transaction; JSON.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import {
  type ColumnBatch,
  createIcebergWriter,
  type IcebergWriter,
  openCatalog,
  type Schema,
} from '../../src/lake/index.ts';
import { openObjectStore } from '../../src/objects/open.ts';

const ROWS = 100;
const schema: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 1, name: 'id', required: true, type: 'long' },
    { id: 2, name: 'name', required: false, type: 'string' },
  ],
};
const ids = Array.from({ length: ROWS }, (_, row) => row);
const batch: ColumnBatch = { rows: ROWS, columns: { id: ids, name: ids.map((id) => `name ${id}`) } };

const [folder, count] = process.argv.slice(2) as [string, string];
const batches = Number(count);
const store = await openObjectStore(`file:${folder}`, { clock: systemClock, random: systemRandom });
const catalog = await openCatalog(`sqlite:${join(folder, 'catalog.db')}`);
const config = { catalog, base: pathToFileURL(folder).href, schema, clock: systemClock, random: systemRandom };

/** Batches a second; each way of writing has a table of its own, because commits take longer as a table gets more snapshots. */
async function perSecond(
  table: string,
  work: (writer: IcebergWriter, writeAll: () => Promise<void>) => Promise<void>,
): Promise<number> {
  const writer = createIcebergWriter(config, store, 'bench', 'transactions', table);
  const writeAll = async (): Promise<void> => {
    for (let done = 0; done < batches; done++) await writer.writeBatch(batch);
  };
  await writer.writeBatch(batch);
  const began = process.hrtime.bigint();
  await work(writer, writeAll);
  return batches / (Number(process.hrtime.bigint() - began) / 1e9);
}

await perSecond('warm', (_, writeAll) => writeAll());
const alone = await perSecond('alone', (_, writeAll) => writeAll());
const wrapped = await perSecond('wrapped', async (writer) => {
  for (let done = 0; done < batches; done++) {
    const id = writer.beginTransaction();
    await writer.writeBatch(batch);
    await writer.commitTransaction(id);
  }
});
const together = await perSecond('together', async (writer, writeAll) => {
  const id = writer.beginTransaction();
  await writeAll();
  await writer.commitTransaction(id);
});
await catalog.close();
process.stdout.write(JSON.stringify({ alone, wrapped, together }));
