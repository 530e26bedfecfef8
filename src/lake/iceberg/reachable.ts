import type { Warehouse } from '../warehouse.ts';
import { readManifest, readManifestList } from './files.ts';
import { DELETED } from './manifest.ts';
import type { Snapshot, TableMetadata } from './metadata.ts';

/** URIs of all files that snapshots need: manifest lists, manifests, data and delete files, statistics. */
export async function reachable(
  warehouse: Warehouse,
  metadata: TableMetadata,
  snapshots: readonly Snapshot[],
): Promise<Set<string>> {
  const found = new Set<string>();
  const ids = new Set(snapshots.map((snapshot) => snapshot['snapshot-id']));
  for (const file of [...metadata.statistics, ...metadata['partition-statistics']])
    if (ids.has(file['snapshot-id'])) found.add(file['statistics-path']);
  for (const snapshot of snapshots) {
    found.add(snapshot['manifest-list']);
    for (const manifest of await readManifestList(warehouse, snapshot)) {
      // Snapshots share most manifests: each is read once.
      if (found.has(manifest.manifest_path)) continue;
      found.add(manifest.manifest_path);
      for (const entry of await readManifest(warehouse, manifest))
        if (entry.status !== DELETED) found.add(entry.data_file.file_path);
    }
  }
  return found;
}
