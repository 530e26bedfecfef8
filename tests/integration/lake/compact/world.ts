import { systemClock } from '../../../../src/base/clock.ts';
import { DEFAULT_MERGE } from '../../../../src/base/merge-policy.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import type { Catalog } from '../../../../src/lake/catalog.ts';
import {
  createTable,
  type DataFile,
  loadTable,
  Memtable,
  MemoryCatalog,
  parsePromotedColumns,
  RECORD_ORDER,
  RECORD_SPEC,
  recordSchema,
  type SnapshotId,
  type Table,
  type Warehouse,
  warehouseAt,
  writeDataFiles,
} from '../../../../src/lake/index.ts';
import { DataFileReader } from '../../../../src/lake/parquet/data-file-reader.ts';
import { memoryStore } from '../../../../src/objects/memory.ts';
import { IDENTIFIER, QUICK } from '../../../unit/lake/tables.ts';

export const RULE = { ...DEFAULT_MERGE, targetBytes: 1024 * 1024 };
export const DAY = 86_400_000;

export interface LakeWorld {
  readonly catalog: Catalog;
  readonly warehouse: Warehouse;
  readonly table: Table;
}

/** A table of records with promoted columns, in memory. */
export async function newLake(): Promise<LakeWorld> {
  const warehouse = warehouseAt('memory:/lake', memoryStore(systemClock));
  const catalog = new MemoryCatalog();
  await catalog.createNamespace(['topics']);
  const definition = {
    schema: recordSchema(
      parsePromotedColumns('level string, n long, ratio double, at timestamptz, day date, ok boolean'),
    ),
    spec: RECORD_SPEC,
    sortOrder: RECORD_ORDER,
  };
  const table = await createTable(
    { catalog, warehouse, clock: systemClock, random: seededRandom(7), retry: QUICK },
    IDENTIFIER,
    definition,
  );
  return { catalog, warehouse, table };
}

/** Another lake with the same objects and tables. */
export async function copyOf({ catalog, warehouse, table }: LakeWorld): Promise<Omit<LakeWorld, 'table'>> {
  const store = memoryStore(systemClock);
  for await (const { key } of warehouse.store.list('')) await store.put(key, await warehouse.store.get(key));
  const copy = new MemoryCatalog();
  await copy.createNamespace(['topics']);
  await copy.commit([{ table: table.identifier, from: undefined, to: (await catalog.metadataLocation(IDENTIFIER))! }]);
  return { catalog: copy, warehouse: warehouseAt('memory:/lake', store) };
}

export const loaded = ({ catalog, warehouse }: Omit<LakeWorld, 'table'>, seed = 9): Promise<Table> =>
  loadTable({ catalog, warehouse, clock: systemClock, random: seededRandom(seed), retry: QUICK }, IDENTIFIER);

/** Records of `partitions` partitions, `each` of every one, from `offset` on: with and without key, value, headers, columns. */
export function someRows(offset: number, each: number, partitions = 2, day = 20_000): Memtable {
  const rows = new Memtable();
  for (let at = offset; at < offset + each; at++)
    for (let partition = 0; partition < partitions; partition++) {
      const value = {
        level: at % 2 === 0 ? 'INFO' : 'Fehler ü',
        n: at * 1_000_003,
        ratio: at / 3,
        at: '2026-01-02T03:04:05.678901Z',
        day: '2026-01-02',
        ok: at % 3 === 0,
      };
      const headers = [
        { key: Buffer.from('trace'), value: Buffer.from([at & 255, 0, 255]) },
        { key: Buffer.from('empty'), value: at % 2 === 0 ? null : Buffer.alloc(0) },
      ];
      rows.append(
        partition,
        at,
        day * DAY + at,
        at % 2,
        at % 5 === 0 ? null : Buffer.from(`key-${at}`),
        at % 7 === 0 ? null : Buffer.from(at % 11 === 0 ? 'no json' : JSON.stringify(value)),
        headers.slice(0, at % 3),
      );
    }
  return rows;
}

/** Writes and commits rows as the table sink does. */
export async function flush(
  table: Table,
  rows: Memtable,
  from: number,
  to: number,
  partitions = 2,
  rowGroupRows = 16,
): Promise<void> {
  const { warehouse, random } = table.context;
  const files = await writeDataFiles(rows.freeze(), {
    schema: table.schema,
    spec: RECORD_SPEC,
    rowGroupRows,
    write: async (bytes) => {
      const uri = `${table.location}/data/${Buffer.from(random.bytes(8)).toString('hex')}.parquet`;
      await warehouse.store.put(warehouse.keyOf(uri)!, bytes);
      return uri;
    },
  });
  const offsets = new Map(Array.from({ length: partitions }, (_none, partition) => [partition, { from, to }]));
  await table.commit({ add: files, offsets });
}

/** `count` flushes of `each` offsets. */
export async function flushes(table: Table, count: number, each = 20): Promise<void> {
  for (let at = 0; at < count; at++) await flush(table, someRows(at * each, each), at * each, (at + 1) * each);
}

/** Every row of a snapshot as text, in order. */
export async function rowsOf(table: Table, snapshotId?: SnapshotId): Promise<string[]> {
  const rows: string[] = [];
  for (const file of await table.files(undefined, snapshotId)) rows.push(...(await rowsOfFile(table, file)));
  return rows.sort();
}

export async function rowsOfFile(table: Table, file: DataFile): Promise<string[]> {
  const { warehouse } = table.context;
  const reader = await DataFileReader.open(warehouse.store, warehouse.keyOf(file.path)!, file, table.schema);
  const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('latin1'));
  const rows: string[] = [];
  for (let block = await reader.next(); block !== undefined; block = await reader.next())
    for (let row = 0; row < block.rows; row++)
      rows.push(
        JSON.stringify(
          [
            block.partition[row],
            String(block.offset[row]).padStart(9, '0'),
            block.timestamp[row],
            block.timestampType[row],
            text(block.key[row]!),
            text(block.value(row)!),
            block.headers[row]!.map(({ key, value }) => [text(key), text(value)]),
            block.promoted.map((column) => column[row]!),
          ],
          (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value),
        ),
      );
  return rows;
}
