import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { DEFAULT_MERGE } from '../../../src/base/merge-policy.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { below, type Random, seededRandom } from '../../../src/base/random.ts';
import {
  compactTable,
  createTable,
  type DataFile,
  eraseRows,
  Memtable,
  openCatalog,
  parsePromotedColumns,
  RECORD_ORDER,
  RECORD_SPEC,
  recordSchema,
  type Table,
  TOPIC_ID,
  warehouseAt,
  writeDataFiles,
} from '../../../src/lake/index.ts';
import { openObjectStore } from '../../../src/objects/open.ts';
import type { PartitionLog } from '../../../src/log/types.ts';
import { SqlService } from '../../../src/sql/service.ts';
import { folderOfEachTest } from '../broker/process.ts';
import { byPlace, commitDeletes, type ForeignDelete } from './row-deletes.ts';

const folder = folderOfEachTest();
const TOPIC = { name: 'rows', topicId: 'the id', partitions: 1 };
const DAY_MS = 86_400_000;
const LEVEL_ID = 11;
const GLOBAL_SPEC = 1;

interface Row {
  readonly offset: number;
  readonly key: string | null;
  readonly level: string | null;
  readonly day: number;
}

/** A table, and beside it the rows that it should have, as the order of what was done to it says. */
class World {
  readonly table: Table;
  readonly #random: Random;
  readonly #sql: SqlService;
  rows: Row[] = [];
  #offset = 0;

  constructor(table: Table, random: Random, sql: SqlService) {
    this.table = table;
    this.#random = random;
    this.#sql = sql;
  }

  static async open(folder: string, seed: number): Promise<World> {
    const objects = join(folder, 'objects');
    mkdirSync(objects);
    const random = seededRandom(seed);
    const catalogUrl = `sqlite:${join(folder, 'catalog.db')}`;
    const [catalog, baseUri] = [await openCatalog(catalogUrl), pathToFileURL(objects).href];
    const store = await openObjectStore(`file:${objects}`, { clock: systemClock, random });
    await catalog.createNamespace(['topics']);
    const context = { catalog, warehouse: warehouseAt(baseUri, store), clock: systemClock, random };
    const table = await createTable(
      context,
      { namespace: ['topics'], name: TOPIC.name },
      {
        schema: recordSchema(parsePromotedColumns('level string')),
        spec: RECORD_SPEC,
        sortOrder: RECORD_ORDER,
        properties: { [TOPIC_ID]: TOPIC.topicId },
      },
    );
    await table.update([{ action: 'add-spec', spec: { 'spec-id': GLOBAL_SPEC, fields: [] } }]);
    const retry = { attempts: 1, baseMs: 1, maxMs: 1, factor: 1 };
    const cache = { cacheFolder: join(folder, 'cache'), cacheBytes: 0 };
    const sql = new SqlService({
      log: { partition: () => ({ logStartOffset: 0, lastStableOffset: 0 }) as PartitionLog },
      clock: systemClock,
      metrics: createMetrics(),
      tables: {
        has: () => true,
        goneBelow: () => new Map<number, number>(),
        lake: { catalogUrl, objectsUrl: `file:${objects}`, baseUri, retry, ...cache, registry: undefined },
      },
      settings: {
        timeoutMs: 60_000,
        maxQueries: 1,
        memoryBytes: 64 << 20,
        threads: 1,
        maxRows: 10_000,
        maxAnswerBytes: 1 << 20,
        maxBatchBytes: 1 << 20,
      },
    });
    return new World(table, random, sql);
  }

  below(bound: number): number {
    return below(this.#random, bound);
  }

  #some(): Omit<Row, 'offset'> {
    const pick = (name: string): string | null => (this.below(8) === 0 ? null : `${name}${this.below(6)}`);
    return { key: pick('k'), level: pick('l'), day: 20_000 + this.below(2) };
  }

  async flush(): Promise<void> {
    await this.table.refresh();
    const rows = new Memtable();
    const from = this.#offset;
    for (let left = 1 + this.below(30); left > 0; left--) {
      const row = { ...this.#some(), offset: this.#offset++ };
      this.rows.push(row);
      const value = Buffer.from(JSON.stringify(row.level === null ? {} : { level: row.level }));
      const key = row.key === null ? null : Buffer.from(row.key);
      rows.append(0, row.offset, row.day * DAY_MS, 0, key, value, []);
    }
    const { warehouse, random } = this.table.context;
    const add = await writeDataFiles(rows.freeze(), {
      schema: this.table.schema,
      spec: RECORD_SPEC,
      rowGroupRows: 5,
      write: async (bytes) => {
        const uri = `${this.table.location}/data/${Buffer.from(random.bytes(8)).toString('hex')}.parquet`;
        await warehouse.store.put(warehouse.keyOf(uri)!, bytes);
        return uri;
      },
    });
    await this.table.commit({ add, offsets: new Map([[0, { from, to: this.#offset }]]) });
  }

  /** Another engine deletes rows at some places of some files. */
  async deletePlaces(): Promise<void> {
    await this.table.refresh();
    const files = await this.table.files();
    const deletes: ForeignDelete[] = [];
    for (let left = 1 + this.below(3); left > 0 && files.length > 0; left--) {
      const file = files[this.below(files.length)]!;
      const places = Array.from({ length: 1 + this.below(4) }, () => this.below(file.recordCount));
      const told = byPlace(file, places);
      const { paths: _paths, ...untold } = told;
      deletes.push([told, untold, { ...untold, referencedFile: file.path }][this.below(3)]!);
      const offsets = await this.#offsetsOf(file);
      this.rows = this.rows.filter(({ offset }) => !places.some((place) => offsets[place] === offset));
    }
    if (deletes.length > 0) await commitDeletes(this.table, deletes);
  }

  async #offsetsOf(file: DataFile): Promise<number[]> {
    const { DataFileReader } = await import('../../../src/lake/parquet/data-file-reader.ts');
    const { warehouse } = this.table.context;
    const key = warehouse.keyOf(file.path)!;
    const reader = await DataFileReader.open(warehouse.store, key, file, this.table.schema);
    const offsets: number[] = [];
    for (let block = await reader.next(); block !== undefined; block = await reader.next())
      for (let row = 0; row < block.rows; row++) offsets.push(block.offset[row]!);
    return offsets;
  }

  /** Another engine deletes all rows that are like some: in one day or in all, by key, level or both. */
  async deleteValues(): Promise<void> {
    await this.table.refresh();
    if ((await this.table.files()).length === 0) return;
    const columns = (['key', 'level', 'both'] as const)[this.below(3)]!;
    const like = Array.from({ length: 1 + this.below(2) }, () => this.#some());
    const day = this.below(3) === 0 ? undefined : 20_000 + this.below(2);
    const text = (value: string | null, type: string): string =>
      value === null ? `NULL::${type}` : `'${value}'::${type}`;
    const ids = { ...(columns !== 'level' && { key: 5 }), ...(columns !== 'key' && { level: LEVEL_ID }) };
    const rows = like.map(({ key, level }) =>
      [
        ...(columns === 'level' ? [] : [text(key, 'BLOB')]),
        ...(columns === 'key' ? [] : [text(level, 'VARCHAR')]),
      ].join(),
    );
    await commitDeletes(this.table, [
      {
        rows: `SELECT * FROM (VALUES ${rows.map((row) => `(${row})`).join(', ')}) t(${Object.keys(ids).join(', ')})`,
        ids,
        equalityIds: Object.values(ids),
        ...(day === undefined ? { specId: GLOBAL_SPEC, partition: [] } : { specId: 0, partition: [day] }),
      },
    ]);
    const isLike = (row: Row): boolean =>
      (day === undefined || row.day === day) &&
      like.some(
        ({ key, level }) => (columns === 'level' || row.key === key) && (columns === 'key' || row.level === level),
      );
    this.rows = this.rows.filter((row) => !isLike(row));
  }

  /** Files are merged. */
  async merge(): Promise<void> {
    const aside = new Map<string, string>();
    await compactTable(this.table, { rule: { ...DEFAULT_MERGE, minPieces: 2 }, aside });
    expect([...aside]).toEqual([]);
  }

  /** A key goes for good. */
  async erase(): Promise<void> {
    const gone = Buffer.from(`k${this.below(6)}`);
    await eraseRows(this.table, {
      mayHold: () => true,
      reason: ({ key }, row) => (key[row] !== null && Buffer.compare(key[row]!, gone) === 0 ? 0 : -1),
      namesKey: (key) => Buffer.compare(key, gone) === 0,
      cutBytes: 1 << 20,
      memoryBytes: 1 << 24,
      discard: (keys) => this.table.context.warehouse.store.delete(keys),
    });
    this.rows = this.rows.filter(({ key }) => key !== String(gone));
  }

  /** What SQL reads, and what the table's rows should be. */
  async seen(): Promise<readonly [unknown, unknown]> {
    const catalog = { topics: () => [TOPIC], topic: () => TOPIC };
    const text = 'SELECT "offset" AS o, decode("key") AS k, level AS l FROM "rows" ORDER BY 1';
    const { bytes } = await this.#sql.query(text, 'json', catalog, new AbortController().signal);
    const { rows } = JSON.parse(Buffer.from(bytes).toString()) as { rows: unknown };
    return [rows, this.rows.map(({ offset, key, level }) => ({ o: offset, k: key, l: level }))];
  }

  async close(): Promise<void> {
    await this.#sql.close();
    await this.table.context.catalog.close();
    await this.table.context.warehouse.store.close();
  }
}

test.each([1, 2, 3, 4])(
  'whatever is written, deleted by others, merged and erased, SQL reads the rows that are left (seed %d)',
  async (seed) => {
    const world = await World.open(folder.path, seed);
    const done: string[] = [];
    try {
      await world.flush();
      for (let step = 0; step < 21; step++) {
        const what = (
          ['flush', 'flush', 'deletePlaces', 'deletePlaces', 'deleteValues', 'deleteValues', 'merge', 'erase'] as const
        )[world.below(8)]!;
        done.push(what);
        await world[what]();
        if (step % 3 > 0) continue;
        const [found, expected] = await world.seen();
        expect(found, done.join(', ')).toEqual(expected);
      }
      await world.merge();
      const [found, expected] = await world.seen();
      expect(found, done.join(', ')).toEqual(expected);
    } finally {
      await world.close();
    }
  },
  120_000,
);
