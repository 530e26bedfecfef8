import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import {
  CommitConflict,
  createIcebergWriter,
  type IcebergWriter,
  MemoryCatalog,
  type Schema,
} from '../../../src/lake/index.ts';
import { memoryStore } from '../../../src/objects/memory.ts';
import type { ObjectStore } from '../../../src/objects/types.ts';

const SCHEMA: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 1, name: 'at', required: true, type: 'timestamptz' },
    { id: 2, name: 'name', required: false, type: 'string' },
    { id: 3, name: 'value', required: false, type: 'double' },
  ],
};

function newWriter(): { writer: IcebergWriter; store: ObjectStore; other: () => IcebergWriter } {
  const store = memoryStore(systemClock);
  const catalog = new MemoryCatalog();
  const make = (seed: number): IcebergWriter => {
    const config = { catalog, base: 'memory:/lake', schema: SCHEMA, clock: systemClock, random: seededRandom(seed) };
    return createIcebergWriter(config, store, 'my_tenant', 'my_dataset', 'metrics_gauge');
  };
  return { writer: make(1), store, other: () => make(2) };
}

const rows = (count: number, from = 0) => ({
  rows: count,
  columns: {
    at: Array.from({ length: count }, (_, i) => new Date(1000 + from + i)),
    name: Array.from({ length: count }, (_, i) => (i % 2 === 0 ? `row ${from + i}` : null)),
  },
});

async function read(writer: IcebergWriter, store: ObjectStore): Promise<Record<string, unknown>[]> {
  const table = await writer.table();
  await table.refresh();
  const found: Record<string, unknown>[] = [];
  for (const { path } of await table.files()) {
    const bytes = await store.get(table.context.warehouse.keyOf(path) ?? '');
    found.push(...(await parquetReadObjects({ file: new Uint8Array(bytes).buffer, compressors })));
  }
  return found;
}

async function dataFiles(store: ObjectStore): Promise<number> {
  let count = 0;
  for await (const { key } of store.list('')) if (key.endsWith('.parquet')) count++;
  return count;
}

test('the first batch creates the table, and its rows can be read', async () => {
  const { writer, store } = newWriter();
  await writer.writeBatch(rows(2));
  expect(await read(writer, store)).toEqual(
    [
      { at: new Date(1000), name: 'row 0', value: undefined },
      { at: new Date(1001), name: undefined, value: undefined },
    ].map((row) => expect.objectContaining({ at: row.at })),
  );
  const [file] = await (await writer.table()).files();
  expect([file?.nullValueCounts.get(2), file?.nullValueCounts.get(3)]).toEqual([1, 2]);
});

test('a file tells the bounds of its columns, and how many values are no numbers', async () => {
  const { writer } = newWriter();
  await writer.writeBatch({ ...rows(3), columns: { ...rows(3).columns, value: [Number.NaN, 2.5, -1] } });
  const [file] = await (await writer.table()).files();
  const double = (bounds: ReadonlyMap<number, Uint8Array> | undefined) =>
    Buffer.from(bounds?.get(3) ?? []).readDoubleLE();
  expect([double(file?.lowerBounds), double(file?.upperBounds), file?.nanValueCounts.get(3)]).toEqual([-1, 2.5, 1]);
  expect(Buffer.from(file?.upperBounds.get(2) ?? []).toString()).toBe('row 2');
});

test('a large batch becomes files within the limits, in one snapshot; or is refused', async () => {
  const { writer, store } = newWriter();
  writer.setBatchConfig({ maxRowsPerBatch: 4 });
  await writer.writeBatch(rows(10));
  const table = await writer.table();
  expect((await table.files()).map((file) => file.recordCount).sort((a, b) => a - b)).toEqual([2, 4, 4]);
  expect(table.metadata.snapshots).toHaveLength(1);
  writer.setBatchConfig({ maxRowsPerBatch: 100, maxMemoryPerBatchBytes: 60 });
  await writer.writeBatch(rows(10));
  expect(await dataFiles(store)).toBeGreaterThan(3 + 3);
  writer.setBatchConfig({ enableAutoSplit: false });
  await expect(writer.writeBatch(rows(10))).rejects.toThrow(RangeError);
});

test('batches of a transaction appear together, and not at all after a rollback', async () => {
  const { writer, store } = newWriter();
  const id = writer.beginTransaction();
  expect(() => writer.beginTransaction()).toThrow('is open');
  await writer.writeBatch(rows(1));
  await writer.writeBatch(rows(1, 5));
  expect(await read(writer, store)).toEqual([]);
  await expect(writer.commitTransaction('another')).rejects.toThrow('is not open');
  await writer.commitTransaction(id);
  expect(await read(writer, store)).toHaveLength(2);
  const second = writer.beginTransaction();
  await writer.writeBatch(rows(1, 9));
  await writer.rollbackTransaction(second);
  expect([(await read(writer, store)).length, await dataFiles(store)]).toEqual([2, 2]);
});

test('batches that are written at the same time are all there, each as a commit of its own', async () => {
  const { writer, store } = newWriter();
  writer.setRetryConfig({ initialDelayMs: 1, attempts: 20 });
  await writer.writeBatch(rows(1));
  await Promise.all([1, 2, 3, 4].map((n) => writer.writeBatch(rows(n, 10 * n))));
  expect(await read(writer, store)).toHaveLength(11);
  expect((await writer.table()).metadata.snapshots).toHaveLength(5);
});

test('a batch whose transaction ended before it was stored is refused, and leaves no file', async () => {
  const { writer, store } = newWriter();
  const id = writer.beginTransaction();
  const refused = expect(writer.writeBatch(rows(1))).rejects.toThrow('ended before the batch was stored');
  await writer.commitTransaction(id);
  await refused;
  expect(await dataFiles(store)).toBe(0);
});

test.each([
  ['a required value that is missing', { rows: 1, columns: { name: ['x'] } }],
  ['a column that the table does not have', { rows: 1, columns: { at: [1n], colour: ['x'] } }],
  ['a value of another type', { rows: 1, columns: { at: [1n], value: ['x'] } }],
  ['columns of different lengths', { rows: 2, columns: { at: [1n] } }],
])('%s refuses all batches of the call and leaves no file', async (_, bad) => {
  const { writer, store } = newWriter();
  await expect(writer.writeBatches([rows(3), bad])).rejects.toThrow(RangeError);
  expect([(await read(writer, store)).length, await dataFiles(store)]).toEqual([0, 0]);
  await writer.writeBatch(rows(1));
  expect(await read(writer, store)).toHaveLength(1);
});

test('a remembered table that is behind does no harm', async () => {
  const { writer, store, other } = newWriter();
  expect(writer.catalogCacheInfo()).toBeUndefined();
  writer.setRetryConfig({ initialDelayMs: 1 });
  await writer.writeBatch(rows(1));
  expect(writer.catalogCacheInfo()?.expired).toBe(false);
  await other().writeBatch(rows(1, 1));
  await writer.writeBatch(rows(1, 2));
  expect(await read(writer, store)).toHaveLength(3);
  writer.setBatchConfig({ catalogCacheTtlMs: 0 });
  expect(writer.catalogCacheInfo()?.expired).toBe(true);
  writer.clearCatalogCache();
  expect(writer.catalogCacheInfo()).toBeUndefined();
  expect(writer.retryConfig).toMatchObject({ attempts: 5, initialDelayMs: 1 });
});

test('every line of a transaction has its id, whatever became of it', async () => {
  const lines: (readonly [string, Record<string, unknown>, string])[] = [];
  const at = (level: string) => (fields: Record<string, unknown>, message: string) =>
    void lines.push([level, fields, message]);
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn') };
  const store = memoryStore(systemClock);
  const catalog = new MemoryCatalog();
  let isDown = false;
  const config = {
    catalog: new Proxy(catalog, {
      get(target, name) {
        const found = Reflect.get(target, name) as unknown;
        if (typeof found !== 'function') return found;
        if (isDown && name === 'commit') return () => Promise.reject(new CommitConflict('somebody was first'));
        return found.bind(target) as unknown;
      },
    }),
    base: 'memory:/lake',
    schema: SCHEMA,
    clock: systemClock,
    random: seededRandom(1),
    retry: { attempts: 1 },
    logger,
  };
  const writer = createIcebergWriter(config, store, 'my_tenant', 'my_dataset', 'metrics_gauge');
  const said = (): string[] => lines.splice(0).map(([level, , message]) => `${level}: ${message}`);

  const first = writer.beginTransaction();
  await writer.writeBatch(rows(3));
  await writer.commitTransaction(first);
  expect(lines.map(([, { transaction, table }]) => [transaction, table])).toEqual(
    lines.map(() => [first, 'my_tenant.my_dataset.metrics_gauge']),
  );
  expect(lines.at(-1)?.[1]).toMatchObject({ files: 1, rows: 3 });
  expect(said()).toEqual([
    'debug: a batch is written',
    'info: a table is made',
    'debug: a table was loaded',
    'info: a transaction was committed',
  ]);

  const second = writer.beginTransaction();
  await writer.writeBatch(rows(3));
  await writer.rollbackTransaction(second);
  expect(new Set(lines.map(([, { transaction }]) => transaction))).toEqual(new Set([second]));
  expect(said()).toEqual(['debug: a batch is written', 'info: a transaction was rolled back']);

  isDown = true;
  await expect(writer.writeBatch(rows(1))).rejects.toThrow(CommitConflict);
  expect(lines.at(-1)?.[1]).toMatchObject({ cause: 'conflict', rows: 1 });
  expect(said()).toEqual(['debug: a batch is written', 'warn: a transaction was not committed']);
});
