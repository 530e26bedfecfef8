import type { CommitContext, DataFile, TableMetadata } from '../../../src/lake/index.ts';
import {
  ADDED,
  type Entry,
  encodeManifest,
  encodeManifestList,
  manifestRow,
  rowOf,
} from '../../../src/lake/iceberg/manifest.ts';
import { snapshot } from './iceberg.ts';

const SYNC = new Uint8Array(16).fill(7);

/** Where the parts of a snapshot are: below the table's folder, if nothing else is said. */
export interface Places {
  readonly data?: string;
  readonly manifest?: string;
  readonly list?: string;
}

function fileAt(path: string): DataFile {
  return {
    path,
    partition: [],
    specId: 0,
    recordCount: 1,
    fileSizeInBytes: 10,
    columnSizes: new Map(),
    valueCounts: new Map(),
    nullValueCounts: new Map(),
    nanValueCounts: new Map(),
    lowerBounds: new Map(),
    upperBounds: new Map(),
    splitOffsets: [4],
    sortOrderId: 0,
  };
}

/** Writes manifest and list of one data file, as a client does before its commit; gives the updates of the commit. */
export async function writtenSnapshot(
  { warehouse }: CommitContext,
  metadata: TableMetadata,
  id: number,
  places: Places = {},
): Promise<object[]> {
  const { location } = metadata;
  const [spec] = metadata['partition-specs'];
  const sequence = metadata['last-sequence-number'] + 1;
  const parent = metadata['current-snapshot-id'];
  const file = fileAt(places.data ?? `${location}/data/${id}.parquet`);
  const entry: Entry = {
    status: ADDED,
    snapshot_id: id,
    sequence_number: null,
    file_sequence_number: null,
    data_file: rowOf(file, spec!),
  };
  const manifest = { path: places.manifest ?? `${location}/metadata/${id}-m0.avro`, length: 1000 };
  const put = (uri: string, bytes: Uint8Array) => warehouse.store.put(warehouse.keyOf(uri)!, bytes);
  await put(manifest.path, await encodeManifest(metadata, spec!, [entry], SYNC));
  const row = manifestRow(metadata, spec!, [entry], manifest, { snapshot: id, sequence });
  const list = places.list ?? `${location}/metadata/snap-${id}.avro`;
  await put(list, await encodeManifestList([row], { id, parent, sequence }, SYNC));
  return snapshot(id, sequence, parent === undefined ? undefined : Number(parent), { 'manifest-list': list });
}
