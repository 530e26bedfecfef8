import { DuckDBInstance } from '@duckdb/node-api';
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { type Catalog, loadTable, openCatalog, type Table, warehouseAt } from '../../../src/lake/index.ts';
import { openObjectStore } from '../../../src/objects/open.ts';

/** A row as a foreign engine reads it from the table's files. */
export interface Row {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
}

/** What lies in the catalog of a data directory. */
export class Lake {
  readonly #folder: string;
  readonly #url: string | undefined;

  /** `url`: where the catalog is, when it is not in the directory. */
  constructor(folder: string, url?: string) {
    this.#folder = folder;
    this.#url = url;
  }

  async #catalog(): Promise<Catalog | undefined> {
    if (this.#url !== undefined) return openCatalog(this.#url);
    const file = `${this.#folder}/catalog.db`;
    return existsSync(file) ? openCatalog(`sqlite:${file}`) : undefined;
  }

  async tables(): Promise<string[]> {
    const catalog = await this.#catalog();
    if (catalog === undefined) return [];
    const found = await catalog.listTables(['topics']).catch(() => []);
    await catalog.close();
    return found.map(({ name }) => name);
  }

  /** What is done with the table, as a process that shares the catalog has it; undefined while there is none. */
  async with<T>(topic: string, use: (table: Table) => Promise<T>): Promise<T | undefined> {
    if (!(await this.tables()).includes(topic)) return undefined;
    const catalog = (await this.#catalog())!;
    const objects = `${this.#folder}/objects`;
    const store = await openObjectStore(`file:${objects}`, { clock: systemClock, random: systemRandom });
    try {
      const warehouse = warehouseAt(pathToFileURL(objects).href, store);
      return await use(
        await loadTable(
          { catalog, warehouse, clock: systemClock, random: systemRandom },
          { namespace: ['topics'], name: topic },
        ),
      );
    } finally {
      await catalog.close();
      await store.close();
    }
  }

  /** Paths of the table's files. */
  async files(topic: string): Promise<string[]> {
    const found = await this.with(topic, async (table) => (await table.files()).map(({ path }) => path));
    return (found ?? []).map((path) => fileURLToPath(path));
  }

  /** How far the log is in the table, and how many snapshots it has. */
  state(topic: string): Promise<{ offsets: Record<string, number>; snapshots: number } | undefined> {
    return this.with(topic, async (table) => ({
      offsets: Object.fromEntries(table.logOffsets()),
      snapshots: table.metadata.snapshots.length,
    }));
  }

  /** Rows that the table's metadata says are there. */
  async count(topic: string): Promise<number> {
    const counts = await this.with(topic, async (table) => (await table.files()).map((file) => file.recordCount));
    return (counts ?? []).reduce((sum, count) => sum + count, 0);
  }

  /** All rows as DuckDB reads them, by partition and offset. */
  async rows(topic: string): Promise<Row[]> {
    return this.rowsIn(await this.files(topic));
  }

  /** All rows of some files. */
  async rowsIn(files: readonly string[]): Promise<Row[]> {
    const what = 'SELECT partition, "offset", decode(key) AS key, decode(value) AS value';
    return (await this.#read(files, what)).map((row) => ({
      partition: Number(row['partition']),
      offset: Number(row['offset']),
      key: row['key'] as string | null,
      value: row['value'] as string | null,
    }));
  }

  /** What DuckDB selects from the rows, by partition and offset. */
  async select(topic: string, what: string): Promise<Record<string, unknown>[]> {
    return this.#read(await this.files(topic), what);
  }

  async #read(files: readonly string[], what: string): Promise<Record<string, unknown>[]> {
    if (files.length === 0) return [];
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(',');
    const reader = await connection.runAndReadAll(
      `SET TimeZone = 'UTC'; ${what} FROM read_parquet([${list}]) ORDER BY partition, "offset"`,
    );
    const rows = reader.getRowObjects();
    connection.closeSync();
    instance.closeSync();
    return rows;
  }
}
