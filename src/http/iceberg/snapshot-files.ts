import type { TableIdentifier } from '../../lake/catalog.ts';
import { InvalidAvro } from '../../lake/iceberg/avro.ts';
import type { CommitContext } from '../../lake/iceberg/commit.ts';
import { keyIn, readManifest, readManifestList } from '../../lake/iceberg/files.ts';
import { InvalidMetadata, type Snapshot, specOf, type TableMetadata } from '../../lake/iceberg/metadata.ts';
import type { TableUpdate } from '../../lake/iceberg/updates.ts';
import { ObjectNotFound } from '../../objects/errors.ts';
import { badIceberg } from './answers.ts';
import { isTopics } from './rights.ts';

/** Of one manifest, or list of them. */
const MAX_BYTES = 64 * 1024 * 1024;

type Warehouse = CommitContext['warehouse'];

/** Throws IcebergError unless a file of the table lies in its folder, and can be read whole. */
async function checkFile(warehouse: Warehouse, folder: string, uri: string): Promise<void> {
  checkPlace(folder, uri);
  const found = await warehouse.store.head(keyIn(warehouse, uri));
  if (found === undefined) throw badIceberg(`${uri} is not there`);
  if (found.size > MAX_BYTES) throw badIceberg(`${uri} is larger than ${MAX_BYTES} bytes`);
}

function checkPlace(folder: string, uri: string): void {
  // Java writes file:/a for what others write as file:///a.
  const normal = uri.replace(/^file:\/(?!\/)/, 'file:///');
  if (!normal.startsWith(folder) || normal.split('/').includes('..'))
    throw badIceberg(`${uri.slice(0, 300)} does not lie in the table's folder`);
}

async function checkSnapshot(warehouse: Warehouse, metadata: TableMetadata, snapshot: Snapshot): Promise<void> {
  const folder = `${metadata.location}/`;
  await checkFile(warehouse, folder, snapshot['manifest-list']);
  const parent = metadata.snapshots.find((one) => one['snapshot-id'] === snapshot['parent-snapshot-id']);
  const before = parent === undefined ? [] : await readManifestList(warehouse, parent);
  const known = new Set(before.map((manifest) => manifest.manifest_path));
  for (const manifest of await readManifestList(warehouse, snapshot)) {
    if (known.has(manifest.manifest_path)) continue;
    specOf(metadata, manifest.partition_spec_id);
    await checkFile(warehouse, folder, manifest.manifest_path);
    for (const entry of await readManifest(warehouse, manifest)) checkPlace(folder, entry.data_file.file_path);
  }
}

/**
 * Looks at the files of snapshots that a client adds to a topic's table. Who may write one topic could otherwise make files of another part of its
 * table, for all who read it, and for what compacts and deletes; and a snapshot that cannot be read would stop the table's own writer. Throws
 * IcebergError.
 */
export async function checkSnapshots(
  { warehouse }: Pick<CommitContext, 'warehouse'>,
  table: TableIdentifier,
  metadata: TableMetadata,
  updates: readonly TableUpdate[],
): Promise<void> {
  if (!isTopics(table.namespace)) return;
  for (const update of updates) {
    if (update.action !== 'add-snapshot') continue;
    try {
      await checkSnapshot(warehouse, metadata, update.snapshot);
    } catch (error) {
      const unreadable = [InvalidAvro, InvalidMetadata, ObjectNotFound].some((kind) => error instanceof kind);
      throw unreadable ? badIceberg(`the snapshot cannot be read: ${(error as Error).message}`) : error;
    }
  }
}
