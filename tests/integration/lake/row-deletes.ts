import { DuckDBInstance } from '@duckdb/node-api';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataFile, SnapshotId, Table } from '../../../src/lake/index.ts';
import { readManifestList } from '../../../src/lake/iceberg/files.ts';
import {
  ADDED,
  DELETES,
  encodeManifest,
  encodeManifestList,
  type Entry,
  manifestRow,
  rowOf,
} from '../../../src/lake/iceberg/manifest.ts';
import { snapshotOf, specOf } from '../../../src/lake/iceberg/metadata.ts';

/** Rows that another engine deletes, as its delete file says it. */
export interface ForeignDelete {
  /** The query whose rows the file has, for DuckDB. */
  readonly rows: string;
  /** Field ids of its columns, by name. */
  readonly ids: Readonly<Record<string, number>>;
  /** Missing: the deletes are by place. */
  readonly equalityIds?: readonly number[];
  /** The partition of the table; by default that of the first data file. */
  readonly partition?: DataFile['partition'];
  readonly specId?: number;
  readonly referencedFile?: string;
  readonly format?: string;
  /** The least and the greatest path that it names; by default it does not say. */
  readonly paths?: readonly [string, string];
  /** Bytes instead of those of a Parquet file with these rows. */
  readonly bytes?: Uint8Array;
  /** Where it lies; by default in the table's folder. */
  readonly path?: string;
}

const SYNC = new Uint8Array(16).fill(7);
let files = 0;

/** Deletes of rows by their place in a data file. */
export function byPlace(file: DataFile, places: readonly number[]): ForeignDelete {
  const values = places.map((place) => `('${file.path}', ${place}::BIGINT)`).join(', ');
  return {
    rows: `SELECT * FROM (VALUES ${values}) t(file_path, pos)`,
    ids: { file_path: 2_147_483_546, pos: 2_147_483_545 },
    partition: file.partition,
    specId: file.specId,
    paths: [file.path, file.path],
  };
}

/** Deletes of rows by their key. */
export function byKey(keys: readonly string[], more: Partial<ForeignDelete> = {}): ForeignDelete {
  const rows = `SELECT k::BLOB AS "key" FROM (VALUES ${keys.map((key) => `('${key}')`).join(', ')}) t(k)`;
  return { rows, ids: { key: 5 }, equalityIds: [5], ...more };
}

/** The bytes of a Parquet file with the rows of a query. */
async function parquetOf({ rows, ids }: ForeignDelete): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-deletes-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const path = join(folder, 'deletes.parquet');
    const fields = Object.entries(ids).map(([name, id]) => `"${name}": ${id}`);
    await connection.run(`COPY (${rows}) TO '${path}' (FORMAT parquet, FIELD_IDS {${fields.join(', ')}})`);
    return readFileSync(path);
  } finally {
    connection.closeSync();
    instance.closeSync();
    rmSync(folder, { recursive: true });
  }
}

const bound = (path: string | undefined): ReadonlyMap<number, Uint8Array> =>
  new Map(path === undefined ? [] : [[2_147_483_546, Buffer.from(path)]]);

async function rowsIn(bytes: Uint8Array): Promise<number> {
  const { parquetMetadata } = await import('hyparquet');
  return Number(parquetMetadata(new Uint8Array(bytes).buffer).num_rows);
}

/** Commits delete files as another engine does, in one snapshot; gives their paths. */
export async function commitDeletes(table: Table, deletes: readonly ForeignDelete[]): Promise<string[]> {
  const { warehouse } = table.context;
  await table.refresh();
  const { metadata, location } = table;
  const [first] = await table.files();
  const id = 1000 + files++;
  const put = async (uri: string, bytes: Uint8Array): Promise<number> => {
    await warehouse.store.put(warehouse.keyOf(uri)!, bytes);
    return bytes.length;
  };
  const entries: (readonly [number, Entry])[] = [];
  for (const one of deletes) {
    const bytes = one.bytes ?? (await parquetOf(one));
    const path = one.path ?? `${location}/data/deletes-${files++}.parquet`;
    if (warehouse.keyOf(path) !== undefined) await put(path, bytes);
    const specId = one.specId ?? first!.specId;
    const file = {
      path,
      specId,
      partition: one.partition ?? first!.partition,
      recordCount: one.bytes === undefined ? await rowsIn(bytes) : 1,
      fileSizeInBytes: bytes.length,
      columnSizes: new Map(),
      valueCounts: new Map(),
      nullValueCounts: new Map(),
      nanValueCounts: new Map(),
      lowerBounds: bound(one.paths?.[0]),
      upperBounds: bound(one.paths?.[1]),
      splitOffsets: [],
      sortOrderId: 0,
    };
    const row = {
      ...rowOf(file, specOf(metadata, specId)),
      content: one.equalityIds === undefined ? 1 : 2,
      file_format: one.format ?? 'PARQUET',
      equality_ids: one.equalityIds ?? null,
      referenced_data_file: one.referencedFile ?? null,
    };
    const added = { status: ADDED, snapshot_id: id, sequence_number: null, file_sequence_number: null, data_file: row };
    entries.push([specId, added]);
  }
  await commitEntries(table, id, entries, put);
  return entries.map(([, { data_file: file }]) => file.file_path);
}

async function commitEntries(
  table: Table,
  id: SnapshotId,
  entries: readonly (readonly [number, Entry])[],
  put: (uri: string, bytes: Uint8Array) => Promise<number>,
): Promise<void> {
  const { metadata, location, context } = table;
  const parent = snapshotOf(metadata)!;
  const sequence = metadata['last-sequence-number'] + 1;
  const manifests = await readManifestList(context.warehouse, parent);
  for (const [specId, group] of Map.groupBy(entries, ([spec]) => spec)) {
    const spec = specOf(metadata, specId);
    const rows = group.map(([, entry]) => entry);
    const path = `${location}/metadata/${id}-${specId}-deletes.avro`;
    const length = await put(path, await encodeManifest(metadata, spec, rows, SYNC, DELETES));
    manifests.push(manifestRow(metadata, spec, rows, { path, length }, { snapshot: id, sequence }, DELETES));
  }
  const list = `${location}/metadata/snap-${id}.avro`;
  await put(list, await encodeManifestList(manifests, { id, parent: parent['snapshot-id'], sequence }, SYNC));
  await table.update([
    {
      action: 'add-snapshot',
      snapshot: {
        'snapshot-id': id,
        'parent-snapshot-id': parent['snapshot-id'],
        'sequence-number': sequence,
        'timestamp-ms': metadata['last-updated-ms'],
        'manifest-list': list,
        summary: {
          operation: 'delete',
          'total-delete-files': String(entries.length),
          'total-position-deletes': '100',
          'total-equality-deletes': '100',
          'total-records': parent.summary!['total-records']!,
        },
        'schema-id': metadata['current-schema-id'],
      },
    },
    { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': id },
  ]);
}
