// `node bench/sql/rows.ts ROWS FOLDER` makes the table of a topic with log lines, as a broker would.
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import {
  createTable,
  Memtable,
  openCatalog,
  parsePromotedColumns,
  RECORD_ORDER,
  RECORD_SPEC,
  recordSchema,
  type Table,
  TOPIC_ID,
  TOPICS_NAMESPACE,
  type Warehouse,
  warehouseAt,
  writeDataFiles,
} from '../../src/lake/index.ts';
import { openObjectStore } from '../../src/objects/open.ts';

export const TOPIC = { name: 'lines', topicId: 'bench', partitions: 6 };

/** Rows of a commit: ten files. */
const COMMIT_ROWS = 500_000;
const BEGAN = Date.UTC(2026, 0, 2);
const LEVELS = ['info', 'info', 'info', 'debug', 'warn', 'error'];

function line(row: number): Buffer {
  const level = LEVELS[row % LEVELS.length];
  const trace = createHash('md5').update(`${row}`).digest('hex').slice(0, 16);
  const ms = (row * 7919) % 1000;
  return Buffer.from(JSON.stringify({ level, service: `service-${row % 97}`, ms, trace, message: 'request served' }));
}

async function open(folder: string): Promise<{ table: Table; warehouse: Warehouse; close: () => Promise<void> }> {
  const objects = join(folder, 'objects');
  mkdirSync(objects, { recursive: true });
  const store = await openObjectStore(`file:${objects}`, { clock: systemClock, random: systemRandom });
  const catalog = await openCatalog(`sqlite:${join(folder, 'catalog.db')}`);
  const warehouse = warehouseAt(pathToFileURL(objects).href, store);
  await catalog.createNamespace([TOPICS_NAMESPACE]);
  const table = await createTable(
    { catalog, warehouse, clock: systemClock, random: systemRandom },
    { namespace: [TOPICS_NAMESPACE], name: TOPIC.name },
    {
      location: `lake/${TOPIC.name}`,
      schema: recordSchema(parsePromotedColumns('level string, service string, ms int')),
      spec: RECORD_SPEC,
      sortOrder: RECORD_ORDER,
      properties: { [TOPIC_ID]: TOPIC.topicId },
    },
  );
  return { table, warehouse, close: () => catalog.close() };
}

/** Records of one partition come in batches. */
const partitionOf = (row: number): number => Math.floor(row / 100) % TOPIC.partitions;

async function write(rows: number, folder: string): Promise<void> {
  const { table, warehouse, close } = await open(folder);
  const next = new Array<number>(TOPIC.partitions).fill(0);
  const memtable = new Memtable();
  for (let first = 0; first < rows; first += COMMIT_ROWS) {
    const from = [...next];
    for (let row = first; row < Math.min(rows, first + COMMIT_ROWS); row++) {
      const partition = partitionOf(row);
      const key = Buffer.from(`user-${row % 100_000}`);
      memtable.append(partition, next[partition]!++, BEGAN + row, 0, key, line(row), []);
    }
    let files = 0;
    const add = await writeDataFiles(memtable.freeze(), {
      schema: table.schema,
      spec: RECORD_SPEC,
      write: async (bytes) => {
        const key = `lake/${TOPIC.name}/data/${first}-${files++}.parquet`;
        await warehouse.store.put(key, bytes);
        return warehouse.uriOf(key);
      },
    });
    await table.commit({
      add,
      offsets: new Map(from.map((at, partition) => [partition, { from: at, to: next[partition]! }])),
    });
  }
  await close();
}

if (import.meta.main) {
  const [rows, folder] = process.argv.slice(2) as [string, string];
  await write(Number(rows), folder);
  process.stdout.write('{}');
}
