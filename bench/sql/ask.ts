// `node bench/sql/ask.ts quarry|pyarrow FOLDER REPEATS`: asks the same of the topic whose table `rows.ts` wrote, as a broker does, and of the files
// that pyarrow made of it, by DuckDB alone. Tells the best time of each query in ms, their sum, and the CPU time of all, as JSON.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock } from '../../src/base/clock.ts';
import { createMetrics } from '../../src/base/metrics.ts';
import type { PartitionLog } from '../../src/log/types.ts';
import { SqlService } from '../../src/sql/service.ts';
import { TOPIC } from './rows.ts';

const THREADS = 2;

const QUERIES: Readonly<Record<string, string>> = {
  count: 'SELECT count(*) AS n FROM TABLE_',
  group:
    'SELECT "partition", min("offset") AS low, max("offset") AS high, count(*) AS n FROM TABLE_ GROUP BY ALL ORDER BY 1',
  promoted: 'SELECT level, count(*) AS n, avg(ms) AS ms FROM TABLE_ GROUP BY level ORDER BY 1',
  filter: `SELECT service, max(ms) AS ms FROM TABLE_ WHERE level = 'error' AND ms > 900 GROUP BY service ORDER BY ms DESC, 1 LIMIT 10`,
  bytes: 'SELECT sum(octet_length("value")) AS bytes, count(DISTINCT "key") AS keys FROM TABLE_',
  range: `SELECT count(*) AS n, sum(ms) AS ms FROM TABLE_ WHERE "partition" = 3 AND "offset" BETWEEN 10000 AND 12000`,
};

type Ask = (query: string) => Promise<unknown>;

/** As a broker whose table has every record of the log. */
function quarry(folder: string): { ask: Ask; close: () => Promise<void> } {
  const objects = join(folder, 'objects');
  const service = new SqlService({
    log: { partition: () => ({ logStartOffset: 0, lastStableOffset: 0 }) as PartitionLog },
    clock: systemClock,
    metrics: createMetrics(),
    tables: {
      has: () => true,
      goneBelow: () => new Map<number, number>(),
      lake: {
        catalogUrl: `sqlite:${join(folder, 'catalog.db')}`,
        objectsUrl: `file:${objects}`,
        baseUri: pathToFileURL(objects).href,
        retry: { attempts: 1, baseMs: 1, maxMs: 1, factor: 1 },
        cacheFolder: join(folder, 'cache'),
        cacheBytes: 0,
        registry: undefined,
      },
    },
    settings: {
      timeoutMs: 600_000,
      maxQueries: 2,
      memoryBytes: 256 * 1024 * 1024,
      threads: THREADS,
      maxRows: 10_000,
      maxAnswerBytes: 16 * 1024 * 1024,
      maxBatchBytes: 1024 * 1024,
    },
  });
  const catalog = { topics: () => [TOPIC], topic: () => TOPIC };
  return {
    ask: async (query) => {
      const sql = query.replace('TABLE_', '"lines"');
      const { bytes } = await service.query(sql, 'json', catalog, new AbortController().signal);
      return (JSON.parse(Buffer.from(bytes).toString()) as { rows: unknown }).rows;
    },
    close: () => service.close(),
  };
}

async function duckdb(folder: string): Promise<{ ask: Ask; close: () => Promise<void> }> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', { threads: `${THREADS}` });
  const connection = await instance.connect();
  const table = `read_parquet('${join(folder, 'pyarrow-*.parquet')}')`;
  return {
    ask: async (query) => (await connection.runAndReadAll(query.replace('TABLE_', table))).getRowObjectsJson(),
    close: async () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function times(ask: Ask, repeats: number): Promise<Record<string, number>> {
  const best: Record<string, number> = {};
  for (let repeat = 0; repeat <= repeats; repeat++)
    for (const [name, query] of Object.entries(QUERIES)) {
      const began = process.hrtime.bigint();
      await ask(query);
      const milliseconds = Number(process.hrtime.bigint() - began) / 1e6;
      // The first round brings the files into the memory of the system.
      if (repeat > 0) best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, milliseconds);
    }
  return best;
}

const [what, folder, repeats] = process.argv.slice(2) as [string, string, string];
const { ask, close } = what === 'quarry' ? quarry(folder) : await duckdb(folder);
const best = await times(ask, Number(repeats));
await close();
const { user, system } = process.cpuUsage();
const p50Ms = Object.values(best).reduce((sum, one) => sum + one, 0);
process.stdout.write(JSON.stringify({ ...best, p50Ms, brokerCpuSeconds: (user + system) / 1e6 }));
