import { systemClock } from '../../../src/base/clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Catalog } from '../../../src/lake/catalog.ts';
import {
  createTable,
  type DataFile,
  MemoryCatalog,
  type PartitionSpec,
  type Schema,
  type Table,
  type Warehouse,
  warehouseAt,
} from '../../../src/lake/index.ts';
import { memoryStore } from '../../../src/objects/memory.ts';

export const SCHEMA: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 1, name: 'partition', required: true, type: 'int' },
    { id: 2, name: 'offset', required: true, type: 'long' },
    { id: 3, name: 'timestamp', required: true, type: 'timestamptz' },
  ],
};

export const BY_DAY: PartitionSpec = {
  'spec-id': 0,
  fields: [{ 'source-id': 3, 'field-id': 1000, name: 'timestamp_day', transform: 'day' }],
};

/** A data file that only its manifest knows of. */
export function someFile(table: Table, name: string, day = 20_000, records = 10): DataFile {
  return {
    path: `${table.location}/data/${name}.parquet`,
    partition: [day],
    specId: 0,
    recordCount: records,
    fileSizeInBytes: 1000,
    columnSizes: new Map([[1, 40]]),
    valueCounts: new Map([[1, records]]),
    nullValueCounts: new Map([[1, 0]]),
    nanValueCounts: new Map(),
    lowerBounds: new Map([[1, new Uint8Array([0, 0, 0, 0])]]),
    upperBounds: new Map([[1, new Uint8Array([3, 0, 0, 0])]]),
    splitOffsets: [4],
    sortOrderId: 0,
  };
}

export const IDENTIFIER = { namespace: ['topics'], name: 'orders' };
export const QUICK = { attempts: 5, initialDelayMs: 1, maxDelayMs: 2, factor: 2.5 };

export interface World {
  readonly catalog: Catalog;
  readonly warehouse: Warehouse;
  readonly table: Table;
  /** Keys of all objects. */
  keys(): Promise<string[]>;
}

/** A new table in memory; `around` may put something between the table and its catalog. */
export async function newTable(
  properties: Record<string, string> = {},
  around: (catalog: Catalog) => Catalog = (catalog) => catalog,
): Promise<World> {
  const warehouse = warehouseAt('memory:/lake', memoryStore(systemClock));
  const catalog = around(new MemoryCatalog());
  await catalog.createNamespace(['topics']);
  const definition = { schema: SCHEMA, spec: BY_DAY, properties };
  const table = await createTable(
    { catalog, warehouse, clock: systemClock, random: seededRandom(7), retry: QUICK },
    IDENTIFIER,
    definition,
  );
  return {
    catalog,
    warehouse,
    table,
    async keys() {
      const keys: string[] = [];
      for await (const { key } of warehouse.store.list('')) keys.push(key);
      return keys;
    },
  };
}
